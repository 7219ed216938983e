#!/bin/sh
# Runs every test of one build folder and adds the sums up: sh scripts/test.sh build/release
# JOBS (default: the processors) tests run at a time; TEST_SECONDS (default 600) is the most one may take. Tests whose
# name the extended regular expression TESTS_LEFT_OUT matches are left out. TESTS_EMULATED says that programs run on
# another processor than this machine's.
set -u
cd "$(dirname "$0")/.." || exit 1
B=${1:?usage: test.sh BUILD_FOLDER}
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 2)}
LOGS=$B/test-logs
export TEST_SECONDS="${TEST_SECONDS:-600}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-allocator_may_return_null=1:detect_stack_use_after_return=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-ignore_noninstrumented_modules=1:allocator_may_return_null=1}"
# Tests share the processors: threads that spin while they wait would take them from each other.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
rm -rf "$LOGS"
mkdir -p "$LOGS" || exit 1

# Numbers must not depend on the locale, so there is one with a decimal comma for the tests to try.
locale_sources=${I18NPATH:-/usr/share/i18n}
has_comma() {
    locale -a 2>/dev/null | grep -qiE '^(de_DE|fr_FR)'
}
if ! has_comma && [ -f "$locale_sources/locales/de_DE" ] && mkdir -p "$B/locale"; then
    LOCPATH=$(cd "$B/locale" && pwd)
    export LOCPATH
    [ -d "$LOCPATH/de_DE.utf8" ] || localedef -i de_DE -f UTF-8 "$LOCPATH/de_DE.utf8" >/dev/null 2>&1
fi

# Only binaries whose source is still there: a folder of old builds proves nothing.
list_tests() {
    for s in $(find lib cmd -name '*_test.c' | LC_ALL=C sort); do
        t=${s#lib/}
        echo "$B/test/${t%.c}"
    done
    for s in $(find lib cmd -name '*_fuzz.c' | LC_ALL=C sort); do
        t=${s#lib/}
        echo "$B/replay/${t%.c}"
    done
}

list_commands() {
    for s in testdata/cmd/*.sh; do
        [ "$s" = testdata/cmd/run.sh ] || echo "$B/${s#testdata/}"
    done
}

# The longest first, so that none of them is left when the others are done.
longest() {
    cat <<'EOF'
test/factor/kernels/grid_test
cmd/man-examples.sh
cmd/default-memory.sh
test/engine/conformance_test
cmd/denoise-retry.sh
cmd/denoise-learn.sh
cmd/on-divergence.sh
test/engine/conv_test
cmd/faults-memory-more.sh
cmd/golden.sh
test/engine/missing_test
cmd/numerics.sh
cmd/continual-learn.sh
cmd/continual-joint.sh
cmd/faults-files.sh
test/engine/rebuilt_test
cmd/continual-guard.sh
cmd/faults-memory.sh
cmd/readme-pipelines.sh
test/engine/planar_test
cmd/denoise-kinds.sh
cmd/denoise-fig3.sh
test/factor/kernels/joint_test
cmd/continual-kill.sh
cmd/max-memory.sh
cmd/baselines.sh
cmd/terminal.sh
test/engine/linear_test
test/engine/predict_test
test/engine/properties_test
EOF
}
in_order() {
    awk -v folder="$B/" 'NR == FNR { first[++n] = folder $0; next }
        { here[$0] = 1; rest[++m] = $0 }
        END {
            for (i = 1; i <= n; i++) if (first[i] in here) { print first[i]; delete here[first[i]] }
            for (i = 1; i <= m; i++) if (rest[i] in here) print rest[i]
        }' "$LOGS/longest" -
}

# One test: its output and status are left in LOGS. For a replay the arguments are its corpus.
cat >"$LOGS/run-one" <<'EOF'
test=${2#"$3"/}
log=$1/$(echo "${test%.sh}" | tr / -)
started=$(date +%s)
case $test in
cmd/*) sh testdata/cmd/run.sh -j 1 "$3" "$(basename "$test" .sh)" ;;
replay/*)
    name=$(basename "$test" _fuzz)
    corpus=testdata/fuzz/$name
    [ -d "$corpus" ] || corpus=
    timeout "$TEST_SECONDS" "$2" $corpus
    ;;
*) timeout "$TEST_SECONDS" "$2" ;;
esac >"$log.log" 2>&1 </dev/null
echo $? >"$log.rc"
echo $(($(date +%s) - started)) >"$log.seconds"
EOF
longest >"$LOGS/longest"
{ list_tests && list_commands; } >"$LOGS/all"
grep -vE "${TESTS_LEFT_OUT:-^$}" "$LOGS/all" >"$LOGS/chosen"
in_order <"$LOGS/chosen" | xargs -P "$JOBS" -I '{}' sh "$LOGS/run-one" "$LOGS" '{}' "$B"

checks=0 failures=0 errors=0 skipped=0 unjust=0

# Is there no kernel for it in this build, or not this feature in the processor that programs run on?
lacks() {
    [ -n "${TESTS_EMULATED-}" ] || ! grep -q FG_HAVE_X86_KERNELS "$B/flags" || ! grep -qw "$1" /proc/cpuinfo 2>/dev/null
}

# A skip is just only where its reason can be seen to hold on this machine.
skip_is_just() {
    case $1 in
    *"no data folder"*) [ ! -d "${FG_DATA:-../shared/data}" ] ;;
    *avx512*) lacks avx512f ;;
    *avx2*) lacks avx2 ;;
    *locale*) [ ! -f "$locale_sources/locales/de_DE" ] && ! has_comma ;;
    *pseudo-terminal*) [ ! -e /dev/pts/ptmx ] ;;
    *"as root"*) [ "$(id -u)" -eq 0 ] ;;
    *"no curl"*) ! command -v curl >/dev/null ;;
    *"no bash"*) ! command -v bash >/dev/null ;;
    *"no gnuplot"*) ! command -v gnuplot >/dev/null ;;
    *"no ffmpeg"*) ! command -v ffmpeg >/dev/null ;;
    *"no zsh"*) ! command -v zsh >/dev/null ;;
    *"no python3"*) ! command -v python3 >/dev/null ;;
    *"no numpy"*) ! { python3 -c 'import numpy' || /usr/bin/python3 -c 'import numpy'; } 2>/dev/null ;;
    *"no torch"*) ! { python3 -c 'import torch' || /usr/bin/python3 -c 'import torch'; } 2>/dev/null ;;
    *"cannot trace"*) [ "$(uname -m)" != x86_64 ] || grep -q '^Seccomp:.*2' /proc/self/status ;;
    *"no pkg-config"*) ! command -v pkg-config >/dev/null ;;
    *"no mandoc and no groff"*) ! command -v mandoc >/dev/null && ! command -v groff >/dev/null ;;
    *"needs Linux"*) [ "$(uname -s)" != Linux ] ;;
    *"under a sanitizer"*) case $B in */asan | */tsan) true ;; *) false ;; esac ;;
    *) false ;;
    esac
}

for rc_file in "$LOGS"/*.rc; do
    log=${rc_file%.rc}.log
    name=$(basename "$log" .log)
    rc=$(cat "$rc_file")
    line=$(grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$log" | tail -n 1)
    if [ -n "$line" ]; then
        c=$(echo "$line" | sed 's/.*Checks: \([0-9]*\).*/\1/')
        f=$(echo "$line" | sed 's/.*Failures: \([0-9]*\).*/\1/')
        e=$(echo "$line" | sed 's/.*Errors: \([0-9]*\).*/\1/')
    else
        c=1 f=0 e=0
        [ "$rc" -ne 0 ] || echo "FAIL $name: printed no sums"
        e=1
    fi
    if [ "$rc" -ne 0 ] && [ $((f + e)) -eq 0 ]; then
        e=1
    fi
    if [ $((f + e)) -gt 0 ]; then
        echo "FAIL $name (status $rc)"
        tail -n 60 "$log" | sed 's/^/    /'
    else
        seconds=$(cat "${rc_file%.rc}.seconds")
        [ "$seconds" -ge 5 ] && slow=", $seconds s" || slow=
        echo "ok   $name ($c$slow)"
    fi
    checks=$((checks + c)) failures=$((failures + f)) errors=$((errors + e))
    skips=$(grep -E '(^|[^[:alnum:]])skipped: ' "$log")
    [ -n "$skips" ] || continue
    while IFS= read -r reason; do
        skipped=$((skipped + 1))
        if skip_is_just "$reason"; then
            echo "skip $name: ${reason#*skipped: }"
        else
            unjust=$((unjust + 1))
            echo "FAIL $name skipped what could have run: ${reason#*skipped: }"
        fi
    done <<EOF
$skips
EOF
done

[ "$checks" -gt 0 ] || errors=1
failures=$((failures + unjust)) checks=$((checks + unjust))
[ "$checks" -gt 0 ] || checks=1
[ "$skipped" -eq 0 ] || echo "skipped: $skipped, of these wrongly: $unjust"
out=$(($(wc -l <"$LOGS/all") - $(wc -l <"$LOGS/chosen")))
[ "$out" -eq 0 ] || echo "left out: $out of $(wc -l <"$LOGS/all") tests"
good=$((checks - failures - errors))
[ "$good" -ge 0 ] || good=0
percent=$((100 * good / checks))
echo "$percent%: Checks: $checks, Failures: $failures, Errors: $errors"
[ $((failures + errors)) -eq 0 ]
