# needs: fg-denoise
# What cannot be denoised: one line that says why, and no file left behind.
. "$FG_TESTDATA/cmd/helpers.inc"
ppm 20 10 0 >a.ppm
ppm 20 11 0 >b.ppm
mkdir empty mixed
cp a.ppm mixed/0.ppm
cp b.ppm mixed/1.ppm
echo text >text.png
head -c 300 a.ppm >short.ppm
m="fg-denoise --baseline median"
refused 1 $m nowhere.png -o out
refused 1 $m empty -o out
refused 1 $m mixed -o out
refused 1 $m text.png -o out
refused 1 $m short.ppm -o out
refused 1 $m a.ppm -o a.ppm/out
refused 1 $m . -o .
refused 1 $m a.ppm --clean b.ppm -o out
refused 1 $m mixed --clean a.ppm -o out
refused 1 $m a.ppm --panel p.png --panel-frame 3 -o out2
refused 1 fg-denoise -g nowhere.json a.ppm -o out
refused 1 fg-denoise -g text.png a.ppm -o out
refused 2 $m a.ppm --corrupt 1.5
refused 2 $m a.ppm --corrupt salt:0.1
refused 2 $m a.ppm --sd sd
refused 2 $m a.ppm -g spec.json
refused 2 $m a.ppm --metrics - -o -
refused 2 fg-denoise --baseline mean a.ppm
refused 2 fg-denoise -g - -
refused 2 $m a.ppm --panel-frame 1
refused 1 $m a.ppm -o /dev/full
find . -path './out/*' ! -name '[01].ppm'
find . -name '*tmp*' -o -name '.[a-z]*'
head -c 300 a.ppm | $m >stream.out
echo "short stream: status $?"
: | $m >stream.out
echo "no stream: status $?"
