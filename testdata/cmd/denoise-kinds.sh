# needs: fg-build fg-denoise
# A learned model on pictures of every kind, from files and through pipes, and of several sizes.
. "$FG_TESTDATA/cmd/helpers.inc"
fg-build --input '?x?x?' mixture tconv:2,sigma=0.05 upsample tconv:2 --set inference.iterations=12 \
    --set inference.damping=0.8 --set inference.dropout=0.3 >tiny.json
# pnm MAGIC WIDTH HEIGHT MAXIMUM: a made picture of 8 or 16 bits in grey (P5) or colour (P6).
pnm() {
    LC_ALL=C awk -v magic="$1" -v w="$2" -v h="$3" -v most="$4" 'BEGIN {
        printf "%s\n%d %d\n%d\n", magic, w, h, most
        for (y = 0; y < h; y++)
            for (x = 0; x < w; x++)
                for (c = 0; c < (magic == "P6" ? 3 : 1); c++) {
                    if (most > 255)
                        printf "%c", 60 + (x + 2 * y) % 90
                    printf "%c", 40 + (3 * x + 5 * y + 20 * c) % 150
                }
    }'
}
for kind in "P5 255" "P6 255" "P5 65535" "P6 65535"; do
    rm -rf in out flat && mkdir in
    set -- $kind
    pnm "$1" 21 17 "$2" >in/a.pnm
    cp in/a.pnm in/b.pnm
    fg-denoise in -g tiny.json --corrupt 0.1 --seed 1 --metrics m -o out || echo "files: status $?"
    cat out/* >files
    cat in/* | fg-denoise -g tiny.json --corrupt 0.1 --seed 1 - >stream || echo "stream: status $?"
    same files stream
    echo "$kind: $(head -n 3 stream | tr -s '\n' ' ' | cut -c 1-14 | tr -d '\000-\011\013-\037\177-\377'), $(grep -c '"frame"' m)"
    # Through PNG and back: a clip of PNG files becomes a stream of PNG files.
    fg-denoise in --baseline switching -o - | fg-denoise -g tiny.json - | cat >chain.pnm
    fg-denoise in --baseline switching -o flat && fg-denoise flat -g tiny.json -o - | cmp - chain.pnm
done
# PNG in, PNG out, and a single picture.
fg-denoise "$FG_TESTDATA/clip/00000.png" -g tiny.json --iters 2 -o png
head -c 4 png/00000.png | tail -c 3
echo
cat "$FG_TESTDATA/clip/00000.png" "$FG_TESTDATA/clip/00001.png" | fg-denoise -g tiny.json --iters 2 - >stream.png
fg-denoise "$FG_TESTDATA/clip" --limit 2 -g tiny.json --iters 2 -o png
cat png/00000.png png/00001.png | cmp - stream.png

# What one clip taught goes on to another, of the same and of another size; colour does not become grey.
mkdir -p clip large grey
pnm P6 40 30 255 >clip/0.pnm
pnm P6 47 35 255 >large/0.pnm
pnm P5 40 30 255 >grey/0.pnm
fg-denoise clip -g tiny.json --save taught.fgm -o out
for other in clip large; do
    fg-denoise $other -g taught.fgm --corrupt 0.1 --metrics - | grep -c '"frame"'
    fg-denoise $other -g taught.fgm --corrupt 0.1 -o - >a
    fg-denoise $other -g tiny.json --corrupt 0.1 -o - >b
    cmp -s a b && echo "$other: nothing was taught"
done
refused 1 fg-denoise grey -g taught.fgm -o none
# A clip has one size; what came before the frame that differs is there.
cat clip/0.pnm clip/0.pnm large/0.pnm | fg-denoise -g tiny.json -o some 2>err
echo "status $?: $(cat err)"
ls some
# Per frame nothing is carried on: the second of two equal frames is as the first.
cp clip/0.pnm clip/1.pnm
fg-denoise clip -g tiny.json --per-frame -o afresh
same afresh/0.ppm afresh/1.ppm
fg-denoise clip -g tiny.json -o carried
same afresh/0.ppm carried/0.ppm
cmp -s carried/0.ppm carried/1.ppm && echo 'nothing was carried on'

# The filters as a picture.
fg-denoise clip -g tiny.json --filters f.png -o out && head -c 24 f.png | tail -c 8 | od -An -tu1
refused 1 fg-denoise clip -g tiny.json --filters nowhere/f.png -o out
fg-build denoise-pairwise >pairwise.json
refused 1 fg-denoise clip -g pairwise.json --filters g.png -o out
refused 2 fg-denoise clip --baseline road --filters g.png -o out
[ ! -e g.png ] || echo 'g.png was written'
