#!/bin/sh
# Runs every test of one build folder and adds the sums up: sh scripts/test.sh build/release
# JOBS (default 2) tests run at a time; TEST_SECONDS (default 600) is the most one binary may take.
set -u
cd "$(dirname "$0")/.." || exit 1
B=${1:?usage: test.sh BUILD_FOLDER}
JOBS=${JOBS:-2}
LOGS=$B/test-logs
export TEST_SECONDS="${TEST_SECONDS:-600}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-allocator_may_return_null=1:detect_stack_use_after_return=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-ignore_noninstrumented_modules=1:allocator_may_return_null=1}"
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
    for s in $(find lib -name '*_fuzz.c' | LC_ALL=C sort); do
        t=${s#lib/}
        echo "$B/replay/${t%.c}"
    done
}

# One binary: its output and status are left in LOGS. For a replay the arguments are its corpus.
cat >"$LOGS/run-one" <<'EOF'
log=$1/$(echo "${2#"$3"/}" | tr / -)
corpus=
case $2 in
*/replay/*)
    name=$(basename "$2" _fuzz)
    [ -d "testdata/fuzz/$name" ] && corpus=testdata/fuzz/$name
    ;;
esac
started=$(date +%s)
timeout "$TEST_SECONDS" "$2" $corpus >"$log.log" 2>&1 </dev/null
echo $? >"$log.rc"
echo $(($(date +%s) - started)) >"$log.seconds"
EOF
list_tests | xargs -P "$JOBS" -I '{}' sh "$LOGS/run-one" "$LOGS" '{}' "$B"

started=$(date +%s)
sh testdata/cmd/run.sh -j "$JOBS" "$B" >"$LOGS/commands.log" 2>&1
echo $? >"$LOGS/commands.rc"
echo $(($(date +%s) - started)) >"$LOGS/commands.seconds"

checks=0 failures=0 errors=0 skipped=0 unjust=0

# A skip is just only where its reason can be seen to hold on this machine.
skip_is_just() {
    case $1 in
    *"no data folder"*) [ ! -d "${FG_DATA:-../shared/data}" ] ;;
    *avx512*) ! grep -qw avx512f /proc/cpuinfo 2>/dev/null ;;
    *avx2*) ! grep -qw avx2 /proc/cpuinfo 2>/dev/null ;;
    *locale*) [ ! -f "$locale_sources/locales/de_DE" ] && ! has_comma ;;
    *pseudo-terminal*) [ ! -e /dev/pts/ptmx ] ;;
    *"as root"*) [ "$(id -u)" -eq 0 ] ;;
    *"no curl"*) ! command -v curl >/dev/null ;;
    *"no bash"*) ! command -v bash >/dev/null ;;
    *"no gnuplot"*) ! command -v gnuplot >/dev/null ;;
    *"no ffmpeg"*) ! command -v ffmpeg >/dev/null ;;
    *"no zsh"*) ! command -v zsh >/dev/null ;;
    *"no python3"*) ! command -v python3 >/dev/null ;;
    *"no torch"*) ! { python3 -c 'import torch' || /usr/bin/python3 -c 'import torch'; } 2>/dev/null ;;
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
good=$((checks - failures - errors))
[ "$good" -ge 0 ] || good=0
percent=$((100 * good / checks))
echo "$percent%: Checks: $checks, Failures: $failures, Errors: $errors"
[ $((failures + errors)) -eq 0 ]
