#!/bin/sh
# Everything that must hold before a change is taken: the lint, then the tests of each variant.
#   FG_VARIANTS="release asan tsan"   which variants; FG_DATA=DIR where the public data sets are
# The last line gives the sums over all in Check's form; the status is 0 only when nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1
variants=${FG_VARIANTS:-release asan tsan}
jobs=$(nproc 2>/dev/null || echo 2)
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM
checks=0 failures=0 errors=0
started=$(date +%s)

section() {
    echo "== $* ($(($(date +%s) - started)) s)"
}

count() { # count NAME STATUS: one more check
    checks=$((checks + 1))
    if [ "$2" -ne 0 ]; then
        failures=$((failures + 1))
        echo "FAIL $1"
    fi
}

# A sanitizer that sees no race, or sees races where there are none, would prove nothing.
probe_tsan() {
    clang=$(command -v clang) || return 0
    for race in 0 1; do
        "$clang" -fopenmp -fsanitize=thread -O1 -g -DRACE=$race testdata/tsan/race.c -o "$log.race" || return 1
        TSAN_OPTIONS=ignore_noninstrumented_modules=1 "$log.race" >/dev/null 2>&1
        status=$?
        rm -f "$log.race"
        [ $((status != 0)) -eq "$race" ] || return 1
    done
}

sh scripts/setup.sh --all || exit 1

section lint
make --no-print-directory lint
count lint $?

for variant in $variants; do
    section "$variant: build"
    # The file keeps make's status, which the pipe would lose.
    if ! make --no-print-directory -j "$jobs" WERROR=1 VARIANT="$variant" all tests >"$log" 2>&1; then
        grep -vE '^  (CC|LD|AR) ' "$log" | head -n 60
        count "$variant does not build" 1
        continue
    fi
    if [ "$variant" = tsan ]; then
        probe_tsan
        count "tsan: the probe in testdata/tsan" $?
    fi
    section "$variant: tests"
    make --no-print-directory WERROR=1 VARIANT="$variant" check >"$log" 2>&1
    status=$?
    sed '$d' "$log" | grep -vE '^(ok  |  (CC|LD|AR)) '
    line=$(grep -E '^[0-9]+%: Checks: ' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        tail -n 5 "$log"
        count "$variant printed no sums" 1
        continue
    fi
    echo "$variant $line"
    f=$(echo "$line" | sed 's/.*Failures: \([0-9]*\).*/\1/')
    e=$(echo "$line" | sed 's/.*Errors: \([0-9]*\).*/\1/')
    checks=$((checks + $(echo "$line" | sed 's/.*Checks: \([0-9]*\).*/\1/')))
    failures=$((failures + f)) errors=$((errors + e))
    [ "$status" -eq 0 ] || [ $((f + e)) -gt 0 ] || errors=$((errors + 1))
done

section "all done"
echo "$((100 * (checks - failures - errors) / checks))%: Checks: $checks, Failures: $failures, Errors: $errors"
[ $((failures + errors)) -eq 0 ]
