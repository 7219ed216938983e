# needs: fg-build fg-denoise
# The learned model: what is learned is carried on, saved and taken up again.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in
# Waves, moving by a pixel a frame: what a filter made for smooth pictures takes for noise.
waves() {
    awk -v n="$1" 'BEGIN {
        printf "P6\n60 44\n255\n"
        for (y = 0; y < 44; y++)
            for (x = n; x < 60 + n; x++) {
                wave = 90 * sin(0.9 * x + 0.5 * y) * cos(0.8 * y - 0.2 * x)
                printf "%c%c%c", 120 + wave, 110 + 0.8 * wave, 100 - 0.9 * wave
            }
    }'
}
for i in 0 1; do LC_ALL=C waves $i >in/$i.ppm; done
# In haste: pixels are judged, and filters move, from the start.
fg-build denoise-best --set layers.0.robust_after=0 --set layers.1.learn_after=0 --set layers.3.learn_after=0 \
    --set layers.5.learn_after=0 >best.json
run() { fg-denoise in --corrupt 0.1 --seed 1 "$@"; }
db() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$2" | tail -n 1; }
run --baseline road --limit 2 --metrics road -o road.out
run -g best.json --limit 2 --iters 20 --metrics best --save best.fgm -o best.out
echo "$(db psnr_mean best) $(db psnr_mean road)" | awk '{ print ($1 > $2 + 2 ? "learned: well above ROAD" : "learned " $1 ", ROAD " $2) }'

# From frame to frame: the second frame of a clip with what the first taught, or afresh.
run -g best.json --limit 2 --iters 6 --metrics carried -o carried.out
run -g best.json --limit 2 --iters 6 --per-frame --metrics afresh -o afresh.out
echo "$(db psnr carried) $(db psnr afresh)" | awk '{ print ($1 > $2 + 0.5 ? "carried on: better" : "carried " $1 ", afresh " $2) }'
same carried.out/0.ppm afresh.out/0.ppm

# A saved state is a head start, is a state for others too, and rests on two frames.
run -g best.fgm --limit 1 --iters 6 --metrics saved -o saved.out
run -g best.json --limit 1 --iters 6 --metrics none -o none.out
echo "$(db psnr saved) $(db psnr none)" | awk '{ print ($1 > $2 + 1 ? "saved: a head start" : "saved " $1 ", none " $2) }'
fg-build --from best.fgm | cmp - best.json
head -c 4096 best.fgm | grep -ao '"examples":"[0-9]*"'

# The same bytes for any number of threads.
for t in 1 2 3; do run -g best.json --limit 1 --iters 3 --threads "$t" --save s$t -o - >t$t.ppm; done
same t1.ppm t2.ppm t3.ppm
[ "$(wc -c <s1)" -eq "$(wc -c <s2)" ] || echo 'states of different sizes'

refused 2 fg-denoise in --baseline road --save x -o out
refused 2 fg-denoise in -g best.json --forget 1 -o out
fg-build denoise-pairwise >pairwise.json
refused 1 fg-denoise in -g pairwise.json --limit 1 --save x -o pairwise.out
[ ! -e x ] || echo 'x was written'
