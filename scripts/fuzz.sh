#!/bin/sh
# Runs every fuzz target of a build folder: sh scripts/fuzz.sh build/fuzz SECONDS
# New inputs are kept in the build folder; testdata/fuzz/NAME is where NAME_fuzz starts from.
set -u
cd "$(dirname "$0")/.." || exit 1
B=$1
seconds=$2
bad=0
export ASAN_OPTIONS=allocator_may_return_null=1
for source in $(find lib -name '*_fuzz.c' | LC_ALL=C sort); do
    target=${source#lib/}
    target=${target%.c}
    name=$(basename "$target" _fuzz)
    corpus=$B/corpus/$name
    mkdir -p "$corpus" "$B/found"
    seeds=
    [ ! -d "testdata/fuzz/$name" ] || seeds=testdata/fuzz/$name
    echo "== $name: $seconds s"
    # shellcheck disable=SC2086
    if ! "$B/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 \
        -artifact_prefix="$B/found/$name-" "$corpus" $seeds >"$B/$name.log" 2>&1; then
        tail -n 40 "$B/$name.log"
        echo "FAIL $name: the input is in $B/found"
        bad=1
    fi
    tail -n 1 "$B/$name.log"
done
exit "$bad"
