# needs: fg-denoise
# Clean frames and masks belong to the frames of the same name, whatever else there is in their folder; where no names are
# the same the numbers must be.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in clean masks other
for i in 1 2 3 4; do
    ppm 12 10 "$i" >clean/$i.ppm
    ppm 12 10 "$i" >other/frame-$i.ppm
    { printf 'P5 12 10 255\n' && head -c $((12 * i)) /dev/zero | tr '\0' '\377' && head -c $((120 - 12 * i)) /dev/zero; } >masks/$i.pgm
done
cp clean/2.ppm clean/4.ppm in
run() { fg-denoise --baseline median "$@" --metrics - | sed 's/,"iters":.*//; s/"frames":\([0-9]*\),.*/"frames":\1/'; }

echo "of more frames:"
run in --clean clean
run in/4.ppm --clean clean
run in/4.ppm in/2.ppm --clean clean
echo "of as many of other names:"
run clean --clean other
run clean --clean other --limit 2
refused 1 fg-denoise --baseline median in --clean other -o out
mv in/2.ppm in/5.ppm
refused 1 fg-denoise --baseline median in --clean clean -o out
refused 1 fg-denoise --baseline median in --mask masks -o out
mv in/5.ppm in/2.ppm
echo "masks:"
fg-denoise --baseline median in --mask masks -o out
for i in 2 4; do
    fg-denoise --baseline median clean/$i.ppm --mask masks/$i.pgm -o one
    cmp one/$i.ppm out/$i.ppm
done
