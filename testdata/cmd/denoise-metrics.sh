# needs: fg-denoise
# One JSON line a frame and a summary; the noise depends on the seed alone.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in
for i in 0 1 2; do ppm 40 30 $i >in/f$i.ppm; done
run() { fg-denoise in --corrupt 0.1 --baseline "$@"; }
run road --seed 1 --metrics - >a
sed 's/:[-0-9.e+][-0-9.e+]*/:N/g' a
run road --seed 1 --metrics b -o out >/dev/null || echo "file: $?"
run road --seed 2 --metrics - >c
strip() { sed 's/"seconds":[-0-9.e+]*//; s/"peak_mb":[-0-9.e+]*//' "$1" >"$1.s"; }
for f in a b c; do strip $f; done
same a.s b.s
cmp -s a.s c.s && echo "the seed changes nothing"
run median --seed 1 --metrics - | grep -c '"frame":'
# Scored against the truth given apart, nothing is scored without one.
fg-denoise in --clean in --baseline median --metrics - | grep -c psnr_input
fg-denoise in --baseline median --metrics - | grep -c psnr
fg-denoise in --corrupt 0.1 --baseline road --metrics - --limit 1 | grep -c '"frame":'
