# needs: fg-denoise fg-build
# scripts/reproduce-fig3.sh on a small made clip: table and pictures, going on after a stop, failures, wrong variables.
. "$FG_TESTDATA/cmd/helpers.inc"
build=$(dirname "$(command -v fg-denoise)")
unset METHODS SEEDS LIMIT CORRUPT CLIP CROP OUT
# Numbers measured here and now are left out.
fig3() {
    env "$@" sh "$FG_TESTDATA/../scripts/reproduce-fig3.sh" "$build" >said 2>said.err
    echo "status $?"
    sed 's/[0-9.]* s$/N s/' said | grep -v 'they need gnuplot$'
    cat said.err
}
picture() { # a PNG file, where gnuplot is there to make it
    ! command -v gnuplot >/dev/null || [ "$(od -An -c -j1 -N3 "$1" | tr -d ' ')" = PNG ] || echo "$1 is no picture"
}
for i in 0 1 2; do ppm 40 30 $i; done | fg-denoise --baseline median - -o clip >/dev/null
cheap="CLIP=clip OUT=out LIMIT=2"

fig3 $cheap METHODS='noisy road denoise-pairwise-per-frame' SEEDS='2 1'
picture out/psnr.png
picture out/panel.png
ls out/[!p]*
sed 's/[0-9][0-9]*\.[0-9]*/N/g; s/| [0-9][0-9]* |$/| MB |/; s/| -/| N/g; s/([01], [12])/(F, S)/; s/^\* \([A-Z][a-z]*\): .*/* \1: .../' out/table.md
sed 's/\.[0-9]*//g; s/^\([^,]*,[^,]*\),.*/\1/' out/table.csv
sed 's/[0-9]*\.[0-9]*/N/g' out/psnr.csv

echo "-- the figures are those of the runs"
mean() { sed -n "s/^{\"frame\":.*\"$1\":\([0-9.]*\).*/\1/p" out/$2-[12].jsonl | awk '{ s += $1 } END { printf "%.4f\n", s / NR }'; }
for m in road denoise-pairwise-per-frame; do
    [ "$(mean psnr $m)" = "$(sed -n "s/^$m,2,\([0-9.]*\),.*/\1/p" out/table.csv)" ] || echo "$m: another mean"
done
[ "$(mean psnr_input noisy)" = "$(sed -n 's/^noisy,2,\([0-9.]*\),.*/\1/p' out/table.csv)" ] || echo "noisy: another mean"


echo "-- calibration is taken from the summaries"
sed -i '$s/}$/,"within1":0.5,"within2":0.75}/' out/road-1.jsonl
fig3 $cheap METHODS=road SEEDS='1 2' | tail -n 1
grep -o '| 50.0 | 75.0 |' out/table.md
sed -i 's/,"within1".*/}/' out/road-1.jsonl

echo "-- what is missing, cut short, or of another model is run again, nothing else"
rm out/road-1.jsonl
sed -i '$d' out/road-2.jsonl
sed -i 's/"model":"/&1/' out/denoise-pairwise-per-frame-1.jsonl
cp out/noisy-1.jsonl kept
fig3 $cheap METHODS='noisy road denoise-pairwise-per-frame' SEEDS='1 2'
ls out/part* 2>/dev/null
same kept out/noisy-1.jsonl
fig3 $cheap METHODS=road SEEDS=1 CORRUPT=0.2

echo "-- learned filters, in a folder named by what differs"
mkdir build
cp "$build/fg-denoise" "$build/fg-build" build/
build=build
for i in 0 1; do ppm 20 16 $i; done | fg-denoise --baseline median - -o small >/dev/null
fig3 CLIP=small LIMIT=1 CORRUPT=impulse:0.2 METHODS=denoise-best SEEDS=1 CROP=16x12+4+2
dir=fig3-small-impulse-0.2-first1
picture $dir/panel.png
! fg-denoise --help | grep -q -e '--filters ' || [ -s $dir/denoise-best-1-filters.png ] || echo "no filters"

echo "-- a run that fails: the others go on"
ppm 4 3 1 | fg-denoise --baseline median - -o tiny >/dev/null
fig3 CLIP=tiny OUT=bad METHODS='denoise-best road' SEEDS=1
grep 'not measured' bad/table.md
cut -d, -f1,2 bad/table.csv

echo "-- wrong variables"
for wrong in METHODS=nonesuch METHODS='../x' SEEDS='1 a' SEEDS=01 SEEDS=' ' LIMIT=0 LIMIT=x CROP=3x3 CORRUPT=2 CLIP=nowhere \
    METHODS=noisy-per-frame; do
    fig3 $cheap METHODS=median SEEDS=1 "$wrong"
done
if command -v gnuplot >/dev/null; then
    fig3 $cheap METHODS=road SEEDS=1 CROP=16x12+30+2 >said.all
    grep -q '^status 1' said.all || cat said.all
    grep -q 'lies outside the frame of 40 x 30' said.all || cat said.all
fi
