# needs: fg-build fg-denoise
# A frame on which inference diverges is tried again with more damping, the first one and later ones.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in
ppm 20 16 0 >in/0.ppm
ppm 20 16 1 >in/1.ppm
fg-build denoise-best --set inference.damping=0 --set inference.dropout=0 --set inference.iterations=24 >bold.json
for how in '' --per-frame; do
    fg-denoise in -g bold.json $how --corrupt 0.1 --seed 1 --metrics m -o out 2>warnings ||
        echo "status $?$(cat warnings)"
    [ "$(grep -c '"frame":.*"retries":[12],' m)" -eq 2 ] || cat m
    grep -o 'frame [0-9]: inference diverged' warnings | sort -u
    grep -o 'half of what was learned' warnings | sort -u
    grep -q 'psnr":-\?[0-9.]*,' m || cat m
done

# What a state has learned is half forgotten, too.
fg-build --from bold.json --set inference.damping=0.7 --set inference.dropout=0.5 -o calm.json
fg-denoise in -g calm.json --corrupt 0.1 --seed 1 --save calm.fgm -o out
fg-denoise in -g calm.fgm --damping 0 --dropout 0 --iters 60 --corrupt 0.1 --seed 1 --metrics m -o out 2>warnings ||
    echo "status $?$(cat warnings)"
grep -c 'frame 0: inference diverged.* half of what was learned' warnings
grep -q 'psnr":[0-9.]*,' m || cat m

# Layers that have a damping of their own are damped more, too: the same layer with and without is the same run.
for own in '' ,damping=0; do
    fg-build --input 16x20x3 observation:sigma=0.1 tconv:2,sigma=0.2,weight_init=0.3,weight_prior=0.3,dropout=0$own \
        -o own.json
    rm -r out
    fg-denoise in/0.ppm -g own.json --damping 0 --iters 24 --metrics m -o out 2>warnings ||
        echo "status $?$(cat warnings)"
    grep -o 'retries":[0-9]*' m | tail -n 1
    grep -o 'once more.*' warnings
    sha256sum <out/0.ppm >sum
    cmp sum sums 2>/dev/null || mv sum sums
done
