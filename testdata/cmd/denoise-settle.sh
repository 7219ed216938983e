# needs: fg-build fg-denoise
# A frame ends when its pixels have settled, at the same iteration for any number of threads.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in
for i in 0 1; do ppm 45 31 $i >in/f$i.ppm; done
fg-build denoise-pairwise >spec.json
run() { fg-denoise in -g spec.json --corrupt 0.1 --seed 1 "$@"; }
value() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$2" | tail -n 1; }
run --settle 0 --metrics whole -o whole.out
run --metrics default -o out
for t in 1 2 3; do
    run --threads $t --metrics m$t --require-convergence -o - >t$t.ppm || echo "status $?"
    sed -E 's/"(seconds|peak_mb)":[-0-9.e+]*//g' m$t >m$t.s
done
same t1.ppm t2.ppm t3.ppm
same m1.s m2.s m3.s
value iters_mean whole
echo "$(value iters_mean default) $(value psnr_mean default) $(value psnr_mean whole)" |
    awk '{ print ($1 < 120 && $2 > $3 - 0.05 ? "fewer iterations, as good" : $0) }'
run --settle 1000 --metrics - | grep -c '"iters":20,'
run --settle 1e-30 --iters 40 --require-convergence -o out
echo "status $?"
run --settle 0.01 --metrics m -o out
fg-build --from spec.json --set inference.settle=0.01 >set.json
fg-denoise in -g set.json --corrupt 0.1 --seed 1 --metrics n -o out
[ "$(value iters_mean m)" = "$(value iters_mean n)" ] || echo 'the option is not the spec'
refused 2 fg-denoise in -g spec.json --settle -1 -o out
refused 2 fg-denoise in --baseline median --settle 0.1 -o out
