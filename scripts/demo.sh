#!/bin/sh
# A first look: builds fg, denoises the made clip in testdata/clip with the classical filters and with factor graphs,
# learns XOR, a curve, and to tell the made digits in testdata/digits apart. Opens nothing: it prints tables, and leaves
# its pictures in out/demo. Works for about half a minute once everything is built.
set -u
cd "$(dirname "$0")/.." || exit 1
clip=testdata/clip
out=out/demo
noise=0.1

fail() {
    echo "demo: $*" >&2
    exit 1
}

sh scripts/setup.sh || exit 1
echo "Building (make) ..."
mkdir -p "$out" || exit 1
make -j "$(nproc 2>/dev/null || echo 2)" >"$out/build.log" 2>&1 || { tail -n 20 "$out/build.log" && fail "make failed"; }
PATH=$PWD/build/release:$PATH

# row NAME METRICS: a line of the table from a command's JSON lines.
row() {
    awk -v name="$1" '
        function value(key) {
            if (!match($0, "\"" key "\": *-?[0-9.eE+-]+")) return ""
            s = substr($0, RSTART, RLENGTH)
            sub(/.*: */, "", s)
            return s + 0
        }
        /"summary": *true/ { seconds = value("seconds"); next }
        /"frame":/ {
            psnr = value(name == "noisy input" ? "psnr_input" : "psnr")
            if (!n || psnr < worst) { worst = psnr; at = value("frame") }
            sum += psnr
            n++
        }
        END {
            if (!n) exit 1
            took = name == "noisy input" ? "" : sprintf("%9.2f", seconds)
            printf "%-28s %8.2f %11.2f (%d) %s\n", name, sum / n, worst, at, took
        }' "$2"
}

denoise() { # denoise LABEL NAME OPTION...: runs fg-denoise on the clip, prints its row of the table
    label=$1 name=$2
    shift 2
    fg-denoise "$clip" --corrupt "$noise" --seed 1 --metrics "$out/$name.jsonl" -o "$out/$name" "$@" ||
        fail "fg-denoise failed ($label)"
    [ "$name" != median ] || row "noisy input" "$out/$name.jsonl"
    row "$label" "$out/$name.jsonl" || fail "$out/$name.jsonl has no frames"
}

echo
echo "Denoising $clip: $(find "$clip" -name '*.png' | wc -l | tr -d ' ') frames, 10 % of the pixels replaced by noise"
printf '%-28s %8s %15s %9s\n' method 'mean dB' 'worst (frame)' seconds
denoise "median 3x3" median --baseline median
denoise "switching median" switching --baseline switching
denoise "ROAD + harmonic fill" road --baseline road
fg-build denoise-pairwise >"$out/denoise-pairwise.json" || fail "fg-build failed"
denoise "factor graph, pairwise" pairwise -g "$out/denoise-pairwise.json"
fg-build denoise-best >"$out/denoise-best.json" || fail "fg-build failed"
denoise "factor graph, learned" best -g "$out/denoise-best.json" --panel "$out/before-after.png" --filters "$out/filters.png"

echo
echo "Learning XOR from its four points (dense 8, dense 2, softmax): points, classes, probabilities of class 1"
xor=$out/xor.fgm
fg-build xor | fg-train --data testdata/xor.csv --seed 1 -o "$xor" || fail "XOR failed"
fg-infer -g "$xor" --data testdata/xor.csv --picture "$out/xor.png" -o "$out/xor.csv" || fail "XOR failed"
printf '%8s %8s %8s %12s %12s\n' x y label predicted probability
paste -d , testdata/xor.csv "$out/xor.csv" | tail -n +2 |
    awk -F , '{ printf "%8g %8g %8d %12d %12.3f\n", $1, $2, $3, $4, $6 }'

echo
echo "Learning a curve from 90 noisy points (testdata/regression), scored against the curve without noise:"
curve=$out/curve.fgm
fg-build regression --set inference.iterations=1000 | fg-train --data testdata/regression/data-1.csv --seed 1 -o "$curve" ||
    fail "the curve failed"
fg-infer -g "$curve" --data testdata/regression/data-1.csv --parameters marginal --picture "$out/curve.png" \
    -o "$out/curve.csv" || fail "the curve failed"
fg-infer -g "$curve" --data testdata/regression/curve-1.csv --parameters marginal --score || fail "the curve failed"

echo
echo "Learning 500 made digits of 12 x 12 pixels in batches of 50 (the mnist preset, fewer iterations); 200 others test:"
printf '%8s %10s %10s %9s\n' digits accuracy nll seconds
fg-build mnist --input 12x12x1 --set inference.iterations=60 |
    fg-continual --data testdata/digits --test testdata/digits --seed 1 --eval-every 100 --metrics "$out/digits.jsonl" \
        -o "$out/digits.fgm" || fail "the digits failed"
sed -n '/"summary"/d; /"examples"/{ s/[{}"]//g; s/[a-z]*://g; p; }' "$out/digits.jsonl" |
    awk -F , '{ printf "%8d %10.3f %10.3f %9.1f\n", $1, $4, $5, $6 }'
fg-infer -g "$out/digits.fgm" --test testdata/digits --by forward --score --confusion "$out/confusion.png" ||
    fail "the digits failed"
curves=
if command -v gnuplot >/dev/null && sh scripts/plot-curves.sh -o "$out/learning.png" "$out/digits.jsonl"; then
    curves="
  learning.png      accuracy on the test digits while learning"
fi
echo "
Pictures, in $out:
  before-after.png  the clip's last frame: true, noisy, denoised, difference, uncertainty
  filters.png       the filters learned from the noisy clip
  xor.png           probability of class 1 around the four points, and the uncertainty of the class
  curve.png         the curve, its points, and two deviations
  confusion.png     test digits (rows) and what they are taken for (columns)$curves
What a model is: build/release/fg-infer -g $out/digits.fgm --inspect"
