# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# scripts/reproduce.sh at a scale of its own on small made data: report, going on, data that are not there, a script that
# fails, wrong variables; and scripts/reproduce-fig2.sh.
. "$FG_TESTDATA/cmd/helpers.inc"
script_test
unset SCALE SEEDS CURVES ITERS OUT FG_DATA
mkdir -p data/mnist bin
# Plots are not what is tested here; with or without gnuplot the output is the same.
cat >bin/gnuplot <<END
#!/bin/sh
for argument; do
    case \$argument in
    "out = '"*) cp "$FG_TESTDATA/pictures/xor.png" "\$(echo "\$argument" | cut -d "'" -f 2)" ;;
    esac
done
END
chmod +x bin/gnuplot
PATH=$PWD/bin:$PATH
images 30 0 >data/mnist/train-images-idx3-ubyte
labels 30 0 >data/mnist/train-labels-idx1-ubyte
images 10 1 >data/mnist/t10k-images-idx3-ubyte
labels 10 1 >data/mnist/t10k-labels-idx1-ubyte
for i in 0 1; do ppm 40 30 $i; done | fg-denoise --baseline median - -o data/bear_258x454 >/dev/null
fg-build --input 4x4x1 dense:2,weight_prior=0.5,sigma=0.2 softmax --set inference.damping=0.9 >tiny.json
cat >'a<b&c.plan' <<'END'
piece fig2 fig2 SEEDS="1 2" CURVES=1 ITERS=20
piece fig3 fig3 METHODS="noisy road" SEEDS=1 CROP=16x12+4+2
piece sets fig4 SETS="mnist cifar10" MODELS=mnist:tiny.json SEEDS=1 SIZES="10 30" ITERS=2 BASELINES= REPLAY=
piece sets async SETS=mnist MODELS=mnist:tiny.json SEEDS=1 ITERS=2 SCHEDULES=often
END
# Numbers measured here and now are left out.
run() {
    script=$1
    shift
    env "$@" sh "$FG_TESTDATA/../scripts/$script.sh" build/here >said 2>said.err
    echo "status $?"
    sed "s/[0-9.]* s\$/N s/; s|$PWD/||" said
    cat said.err
}
shown() {
    sed "s|$PWD/||g"'; s/-*[0-9][0-9]*\.[0-9][0-9]*/N/g; s/^\* \([A-Z][a-z]*\): .*/* \1: .../' "$1" |
        grep -v -e 'psnr.png' -e 'panel.png' -e 'fig4.png'
}

echo "-- without data"
run reproduce SCALE='a<b&c.plan' FG_DATA=nowhere OUT="it's"
shown "it's/report.md"

echo "-- with some: the pictures are in the page, and nothing is outside"
run reproduce SCALE='a<b&c.plan' FG_DATA=data OUT="it's" SEEDS=7 LIMIT=1
page="it's/report.html"
sed -n 's/.*<img alt="xor-1" src="data:image\/png;base64,\([^"]*\)".*/\1/p' "$page" | base64 -d >xor.png
same xor.png "it's/fig2/xor-1.png"
grep -o -e 'src="[^d].\{9\}' -e '<link.*' -e '@import.*' -e 'url(.*' "$page"
grep -o 'SCALE=[^.]*' "$page"
for tag in html head style body nav h1 h2 p ul li div table tr th td pre code strong figure figcaption; do
    [ "$(grep -o "<${tag}[ >]" "$page" | wc -l)" -eq "$(grep -o "</$tag>" "$page" | wc -l)" ] || echo "$tag is not closed"
done
sed -n '/^## Figure 3/,$p' "it's/report.md" | grep -e '^## ' -e '^Missing' -e '^    [cr]' -e '^\*\*Not'
sed -n 's/^| \(mnist\|tiny\)[^|]*| [^|]*|.*/\1/p; s/^| \(noisy\|road\) .*/\1/p' "it's/report.md"
ls "it's"

echo "-- what is missing or of another model is run again"
rm "it's/fig2/xor-1.png"
sed -i 's/"model":"/&1/' "it's/fig2/xor-2.jsonl"
run reproduce-fig2 OUT="it's/fig2" SEEDS='1 2' CURVES=1 ITERS=20
mean=$(sed -n 's/^{"parameters".*"nll":\([0-9.]*\).*/\1/p' "it's"/fig2/xor-?.jsonl | awk '{ s += $1 } END { printf "%.4f", s / NR }')
grep -c "^| 2 | . | $mean |" "it's/fig2/xor.md"

echo "-- wrong variables"
for wrong in SCALE=slow FG_DATA="$(printf 'a\tb')"; do
    run reproduce "$wrong"
done
for wrong in SEEDS=x CURVES=11 ITERS=0; do
    run reproduce-fig2 "$wrong"
done
