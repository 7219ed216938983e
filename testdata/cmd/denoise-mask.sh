# needs: fg-build fg-denoise
# Missing pixels: white in a mask for all frames or in one for each; whatever stands in them is not looked at.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in holes masks few wide
for i in 0 1; do ppm 32 24 $i >in/f$i.ppm; done
# pgm WIDTH HEIGHT LEFT: a mask, white from column LEFT on, five columns wide.
pgm() {
    awk -v w="$1" -v h="$2" -v left="$3" 'BEGIN {
        printf "P5\n%d\n%d\n255\n", w, h
        for (y = 0; y < h; y++)
            for (x = 0; x < w; x++)
                printf "%c", (x >= left && x < left + 5 && y > 3 && y < h - 4 ? 126 : 32)
    }' | tr '~ ' '\377\000'
}
# hidden FILE LEFT: the same picture with something else where the mask is white.
hidden() {
    LC_ALL=C awk -v left="$2" -v n="${1##*f}" 'BEGIN {
        printf "P6\n32 24\n255\n"
        for (y = 0; y < 24; y++)
            for (x = 0; x < 32; x++)
                if (x >= left && x < left + 5 && y > 3 && y < 20)
                    printf "%c%c%c", 7 * x + 1, 120, 30 + 3 * y
                else
                    printf "%c%c%c", 40 + 2 * ((x + n) % 40), 50 + (3 * y + n) % 60, (x + y > 32 ? 200 : 90)
    }'
}
LC_ALL=C pgm 32 24 9 >masks/0.pgm
LC_ALL=C pgm 32 24 20 >masks/1.pgm
LC_ALL=C pgm 30 24 20 >wide/0.pgm
cp masks/0.pgm few/0.pgm
for i in 0 1; do hidden in/f$i 9 >holes/f$i.ppm; done
fg-build denoise-pairwise >pairwise.json
fg-build --input '?x?x?' mixture tconv:2,sigma=0.05 pairwise:sigma=0.2 --set inference.damping=0.85 \
    --set inference.dropout=0.4 >learned.json
db() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$2" | tail -n 1; }
for how in "-g pairwise.json" "-g learned.json --iters 30" "--baseline median" "--baseline switching" \
    "--baseline road" "--baseline nlm --noise 0.05"; do
    fg-denoise in $how --mask few --clean in --metrics m -o - >a.ppm || echo "status $?: $how"
    fg-denoise holes $how --mask masks/0.pgm --clean in --metrics n -o - >b.ppm || echo "status $?: $how"
    same a.ppm b.ppm
    echo "$(db psnr_missing m) $(db psnr_missing n) $(db psnr_input m)" |
        awk -v how="$how" '{ print how ": " ($1 == $2 && $1 > $3 + 3 ? "filled" : "missing pixels have " $1 " and " $2 " dB") }'
done
fg-denoise in -g pairwise.json --mask masks --clean in --metrics m -o - >each.ppm
fg-denoise in -g pairwise.json --mask masks/0.pgm --clean in --metrics n -o - >first.ppm
cmp -s each.ppm first.ppm && echo 'the second mask changes nothing'
sed 's/:[-0-9.e+][-0-9.e+]*/:N/g' m
# A black mask is none: everything is scored, nothing apart.
tr '\377' '\000' <masks/0.pgm >none.pgm
fg-denoise in -g pairwise.json -o - >without.ppm
fg-denoise in -g pairwise.json --mask none.pgm --clean in --metrics m -o - >with.ppm
same without.ppm with.ppm
grep -c psnr_missing m
ppm 32 24 2 >in/f2.ppm
refused 1 fg-denoise in -g pairwise.json --mask masks -o out
refused 1 fg-denoise in -g pairwise.json --mask wide -o out
refused 1 fg-denoise in -g pairwise.json --mask nowhere -o out
refused 2 fg-denoise in -g pairwise.json --mask - -o out
[ ! -e out ] || find out -type f
