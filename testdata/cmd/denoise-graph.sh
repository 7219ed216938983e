# needs: fg-build fg-denoise
# The pairwise model: the same pictures for any number of threads, from files, a stream, a piped or a named spec.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in
for i in 0 1 2; do ppm 45 31 $i >in/f$i.ppm; done
fg-build denoise-pairwise >spec.json
run() { fg-denoise in -g spec.json --corrupt 0.1 --seed 1 --iters 40 "$@"; }
for t in 1 2 3; do
    run --threads "$t" --metrics m$t --sd sd$t --log log$t --panel p$t.png -o - >t$t.ppm || echo "status $?"
    cat sd$t/* >sd$t.all
    for f in m$t log$t; do sed -E 's/"(seconds|peak_mb)":[-0-9.e+]*//g' "$f" >"$f.s"; done
done
same t1.ppm t2.ppm t3.ppm
same sd1.all sd2.all sd3.all
same p1.png p2.png p3.png
same m1.s m2.s m3.s
same log1.s log2.s log3.s
ls sd1
head -n 1 m1 | sed 's/:[-0-9.e+][-0-9.e+]*/:N/g'
tail -n 1 m1 | sed 's/:[-0-9.e+][-0-9.e+]*/:N/g'
awk -F'[:,]' '{ if ($4 < $6 + 3) print "hardly better than the noise: " $0 }' m1 | grep -v summary
fg-build denoise-pairwise | fg-denoise in --corrupt 0.1 --seed 1 --iters 40 -o - >piped.ppm || echo "status $?"
same t1.ppm piped.ppm
fg-denoise in -g spec.json --corrupt 0.1 --seed 1 --iters 40 --limit 1 -o - >one.ppm
head -c "$(wc -c <one.ppm)" t1.ppm >first.ppm
same one.ppm first.ppm
# Without made noise a stream gives what the files give.
fg-denoise in -g spec.json --iters 40 -o - >files.ppm
cat in/* | fg-denoise -g spec.json --iters 40 - >stream.ppm
same files.ppm stream.ppm
run --tol 0.00001 --require-convergence --iters 2 -o never >/dev/null
echo "not converged: status $?"
fg-build xor >xor.json
refused 1 fg-denoise in -g xor.json -o out
refused 1 fg-denoise in -g "$FG_TESTDATA/graphs/tree.json" -o out
fg-build denoise-pairwise --input 30x45x3 >size.json
refused 1 fg-denoise in -g size.json -o out
fg-build denoise-pairwise --input '?x?x1' >grey.json
refused 1 fg-denoise in -g grey.json -o out
[ ! -e out ] || find out -type f
