# needs: fg-build fg-denoise
# Gaussian noise: estimated or told, it is the observation's sigma, and what nlm goes by.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in
for i in 0 1; do ppm 48 40 $i >in/f$i.ppm; done
fg-build denoise-gaussian --set inference.iterations=10 >told.json
fg-build --from told.json --set layers.0.sigma=0.2 >wrong.json
run() { fg-denoise in --corrupt gaussian:0.05 --seed 1 "$@"; }
run -g told.json --noise 0.05 -o - >a.ppm
run -g wrong.json --noise 0.05 -o - >b.ppm
fg-build --from told.json --set layers.0.sigma=0.05 >right.json
run -g right.json -o - >c.ppm
same a.ppm b.ppm c.ppm
run -g wrong.json -o - >d.ppm
cmp -s a.ppm d.ppm && echo 'the noise changes nothing'
for how in "-g told.json --noise auto" "--baseline nlm" "--baseline nlm --noise auto"; do
    run $how --metrics m -o out
    sed -n 's/.*"noise":\([0-9.]*\).*/\1/p' m | awk -v how="$how" '{ bad += !($1 > 0.03 && $1 < 0.07) } END { print how ": " NR ", " bad+0 " bad" }'
done
run --baseline nlm --metrics - | awk -F'[:,]' '!/summary/ { print ($4 > $6 + 3 ? "nlm: better" : "nlm: " $0) }'
for t in 1 2 3; do
    run -g told.json --noise auto --threads $t -o - >t$t.ppm
    run --baseline nlm -o - --threads $t >n$t.ppm
done
same t1.ppm t2.ppm t3.ppm
same n1.ppm n2.ppm n3.ppm
# One colour, and a picture of one pixel, have no noise to be seen.
printf 'P5\n1 1\n255\n@' >dot.pgm
fg-denoise dot.pgm --baseline nlm -o - | cmp - dot.pgm
fg-build denoise-pairwise >pairwise.json
refused 1 fg-denoise in -g pairwise.json --noise auto -o none
refused 2 fg-denoise in -g told.json --noise 0 -o none
refused 2 fg-denoise in -g told.json --noise loud -o none
refused 2 fg-denoise in --baseline road --noise 0.1 -o none
