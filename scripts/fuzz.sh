#!/bin/sh
# Runs fuzz targets: sh scripts/fuzz.sh BUILD_FOLDER SECONDS [TARGET...]   each of them, or those named, one after the other
#                    sh scripts/fuzz.sh --record                           prints the sums, for testdata/fuzz/RECORD
#                    sh scripts/fuzz.sh --merge BUILD_FOLDER TARGET...     the inputs worth keeping go to testdata/fuzz
# Inputs that reach something new are kept in CORPUS/NAME (the variable CORPUS, default build/fuzz/corpus), from which, and
# from testdata/fuzz/NAME, the next call goes on. Each run adds a line to CORPUS/runs: target, seconds of processor time,
# executions, findings; a new CORPUS begins with those of the record. What a target trips over is left in CORPUS/found.
set -u
cd "$(dirname "$0")/.." || exit 1
CORPUS=${CORPUS:-build/fuzz/corpus}
export ASAN_OPTIONS=allocator_may_return_null=1

begin() {
    mkdir -p "$CORPUS/found" || exit 1
    [ -f "$CORPUS/runs" ] || awk 'NR > 1 { print $1, 60 * $2, $3, $4 }' testdata/fuzz/RECORD >"$CORPUS/runs"
}

# merge SOURCE: few inputs that reach all that the target's corpus does, at most 60 and 100 kB. Inputs whose name
# is no checksum were made by hand and stay.
merge() {
    target=${1%.c}
    target=${target#lib/}
    name=$(basename "$target" _fuzz)
    kept=testdata/fuzz/$name
    rm -rf "$CORPUS/merged"
    mkdir -p "$CORPUS/merged" "$CORPUS/$name" "$kept"
    "$B/fuzz/$target" -set_cover_merge=1 -use_counters=0 "$CORPUS/merged" "$kept" "$CORPUS/$name" >"$CORPUS/$name.log" 2>&1 || return 1
    find "$kept" -type f | grep -E '/[0-9a-f]{12}$' | xargs -r rm
    find "$CORPUS/merged" -type f -exec ls -Sr {} + | awk 'NR <= 60' | while read -r input; do
        sum=$(sha1sum <"$input" | cut -c1-40)
        [ "$(cat "$kept"/* "$input" 2>/dev/null | wc -c)" -lt 100000 ] || break
        sha1sum "$kept"/* 2>/dev/null | grep -q "^$sum" || cp "$input" "$kept/$(echo "$sum" | cut -c1-12)"
    done
    echo "$name: $(find "$kept" -type f | wc -l) files, $(cat "$kept"/* | wc -c) bytes"
}

if [ "${1-}" = --record ]; then
    begin
    sort "$CORPUS/runs" | awk 'BEGIN { printf "%-12s %12s %14s %9s\n", "target", "CPU minutes", "executions", "findings" }
        function put() { if (name != "") printf "%-12s %12.1f %14.0f %9d\n", name, cpu / 60, runs, found }
        $1 != name { put(); name = $1; cpu = runs = found = 0 }
        { cpu += $2; runs += $3; found += $4 }
        END { put() }'
    exit
fi
if [ "${1-}" = --merge ]; then
    B=${2:?usage: fuzz.sh --merge BUILD_FOLDER TARGET...}
    shift 2
    for name; do
        merge "$(find lib cmd -name "${name}_fuzz.c")" || exit 1
    done
    exit
fi
B=${1:?usage: fuzz.sh BUILD_FOLDER SECONDS [TARGET...]}
seconds=${2:?usage: fuzz.sh BUILD_FOLDER SECONDS [TARGET...]}
shift 2
bad=0
begin

# cpu LOG: the processor time of the last command of a shell, out of what its `times` said.
cpu() {
    tail -n 1 "$1" | awk '{ for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); s += 60 * t[1] + t[2] } printf "%.1f", s }'
}

# fuzz SOURCE: the target built from it.
fuzz() {
    target=${1%.c}
    target=${target#lib/}
    name=$(basename "$target" _fuzz)
    mkdir -p "$CORPUS/$name"
    set -- "$CORPUS/$name"
    [ ! -d "testdata/fuzz/$name" ] || set -- "$@" "testdata/fuzz/$name"
    [ ! -f "testdata/fuzz/$name.dict" ] || set -- -dict="testdata/fuzz/$name.dict" "$@"
    log=$CORPUS/$name.log
    found=0
    (
        "$B/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="$CORPUS/found/$name-" "$@" >"$log" 2>&1
        got=$?
        times >"$log.times"
        exit "$got"
    )
    case $? in
    0 | 72) ;; # 72: interrupted
    *) found=1 ;;
    esac
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    [ -n "$runs" ] || runs=$(sed -n 's/^#\([0-9]*\).*/\1/p' "$log" | tail -n 1)
    echo "$name $(cpu "$log.times") ${runs:-0} $found" >>"$CORPUS/runs"
    rm "$log.times"
    if [ "$found" -eq 1 ]; then
        tail -n 40 "$log"
        echo "FAIL $name: the input is in $CORPUS/found"
        bad=1
    fi
    sed -n 's/^\(#[0-9]*\).*\(cov:.*\)/'"$name: \1 \2/p" "$log" | tail -n 1
}

for source in $(find lib cmd -name '*_fuzz.c' | LC_ALL=C sort); do
    name=$(basename "$source" _fuzz.c)
    case " $* " in
    "  " | *" $name "*) fuzz "$source" ;;
    esac
done
exit "$bad"
