#!/bin/sh
# A first look: builds fg, denoises the made clip in testdata/clip with the classical filters and with factor graphs,
# and learns XOR. Leaves its pictures in out/demo.
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
denoise "factor graph, learned" best -g "$out/denoise-best.json" --panel "$out/before-after.png"
echo "Before and after (true, noisy, denoised, difference, uncertainty): $out/before-after.png"

echo
echo "Learning XOR from its four points (dense 8, dense 2, softmax):"
fg-build xor | fg-train --data testdata/xor.csv --seed 1 | fg-infer --data testdata/xor.csv --score || fail "XOR failed"
