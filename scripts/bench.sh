#!/bin/sh
# Times whole commands on the bundled data, with one thread and with two: the median of three runs each.
# Usage: bench.sh BUILD_FOLDER
set -eu

bin=$(cd "${1:-build/release}" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$bin:$PATH

fg-build xor >"$work/xor.json"
fg-build regression >"$work/regression.json"
fg-build denoise-pairwise >"$work/pairwise.json"
fg-train -g "$work/xor.json" --data testdata/xor.csv --seed 1 -o "$work/xor.fgm"
fg-train -g "$work/regression.json" --data testdata/regression/data-1.csv --seed 1 -o "$work/regression.fgm"

# Seconds of one run of "$@".
once() {
    began=$(date +%s.%N)
    "$@" >/dev/null
    echo "$began $(date +%s.%N)" | awk '{ printf "%.4f\n", $2 - $1 }'
}

median() {
    for _ in 1 2 3; do once "$@"; done | sort -n | sed -n 2p
}

# A row of the table: a name, and a command that takes --threads.
row() {
    name=$1
    shift
    one=$(median "$@" --threads 1)
    two=$(median "$@" --threads 2)
    echo "$one $two" | awk -v name="$name" '{ printf "%-34s %9.3f %9.3f %9.2f\n", name, $1, $2, $1 / $2 }'
}

printf '%-34s %9s %9s %9s\n' command '1 thread' '2 threads' 'speed-up'
row 'fg-train xor' fg-train -g "$work/xor.json" --data testdata/xor.csv --seed 1 -o "$work/out.fgm"
row 'fg-infer xor' fg-infer -g "$work/xor.fgm" --data testdata/xor.csv
row 'fg-train regression' fg-train -g "$work/regression.json" --data testdata/regression/data-1.csv --seed 1 \
    -o "$work/out.fgm"
row 'fg-infer regression' fg-infer -g "$work/regression.fgm" --data testdata/regression/curve-1.csv
row 'fg-denoise pairwise, 8 frames' fg-denoise -g "$work/pairwise.json" testdata/clip --corrupt 0.1 --seed 1 -o "$work/out"
row 'fg-denoise ROAD, 8 frames' fg-denoise --baseline road testdata/clip --corrupt 0.1 --seed 1 -o "$work/out"
data=${FG_DATA:-../shared/data}/bear_258x454
if [ -d "$data" ]; then
    row 'fg-denoise pairwise, bear, 10 frames' fg-denoise -g "$work/pairwise.json" "$data" --limit 10 --corrupt 0.1 \
        --seed 1 -o "$work/out"
fi
