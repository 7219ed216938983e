#!/bin/sh
# Builds fg as other compilers, C libraries and processors have it, and runs its tests there: sh scripts/ports.sh [PORT...]
# Where tools are missing the table names their Debian packages; sh scripts/setup.sh --ports installs all of them.
# OUT (build/ports) gets a folder and a log for each port, and the table, table.md. CFLAGS, JOBS and TEST_SECONDS are as
# in make check, but that a test under an emulator may take an hour. The status is 1 if a port does not build or a test fails.
set -u
cd "$(dirname "$0")/.." || exit 1
OUT=${OUT:-build/ports}
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 2)}
mkdir -p "$OUT" || exit 1
OUT=$(cd "$OUT" && pwd)
export JOBS
unset MAKEFLAGS MFLAGS MAKELEVEL
all="clang no-openmp no-avx old-x86 musl aarch64"
arm=aarch64-linux-gnu

have() {
    command -v "$1" >/dev/null 2>&1
}

installed() {
    dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

# How a port is told, what make is given, what is missing for it, what runs its programs (empty: this machine does), and
# where the libraries for it are (empty: in their usual place).
describe() {
    tells='' flags="BUILD=$OUT/$1" missing='' emulator='' libraries=''
    case $1 in
    clang)
        tells=$(clang --version 2>/dev/null | head -n 1 | sed 's/.*clang version \([0-9.]*\).*/clang \1/')
        flags="$flags CC=clang"
        have clang || missing="clang libomp-dev"
        ;;
    no-openmp)
        tells="without OpenMP"
        flags="$flags OPENMP=0"
        ;;
    no-avx)
        tells="without AVX kernels"
        flags="$flags AVX=0"
        ;;
    old-x86)
        tells="the ordinary build on a processor without AVX"
        flags=''
        emulator="qemu-x86_64 -cpu Nehalem"
        have qemu-x86_64 || missing="qemu-user"
        [ "$(uname -m)" = x86_64 ] || missing="an x86-64 processor"
        ;;
    musl)
        tells="musl, linked statically, without OpenMP"
        flags="$flags CC=musl-gcc OPENMP=0 LDFLAGS=-static"
        libraries=$OUT/musl/root/lib/pkgconfig
        have musl-gcc || missing="musl-tools"
        ;;
    aarch64)
        tells="64-bit Arm"
        [ "$(uname -m)" != aarch64 ] || return 0
        flags="$flags CC=$arm-gcc"
        emulator=qemu-aarch64
        libraries=/usr/lib/$arm/pkgconfig:/usr/share/pkgconfig
        have $arm-gcc || missing="gcc-$arm"
        have qemu-aarch64 || missing="$missing qemu-user"
        for package in libpng-dev zlib1g-dev libcjson-dev libgomp1 check; do
            installed "$package:arm64" || missing="$missing $package:arm64"
        done
        ;;
    *)
        echo "ports: \"$1\" is no port; there are: $all" >&2
        exit 2
        ;;
    esac
}

# Under an emulator every program is a script that calls it; all else is as in the build folder.
emulated() { # emulated FROM TO
    rm -rf "$2"
    find "$1" -type f ! -name '*.[od]' ! -path "$1/test-logs/*" | while read -r file; do
        to=$2${file#"$1"}
        mkdir -p "$(dirname "$to")"
        if [ -x "$file" ]; then
            printf '#!/bin/sh\nexec %s %s "$@"\n' "$emulator" "$file" >"$to" && chmod +x "$to"
        else
            ln -s "$file" "$to"
        fi
    done
}

# Tests that make no sense under an emulator: those that take it too long, that trace system calls, count on times or on
# how much memory there is, or run what they compile.
left_out='(conv|missing|linear|planar|tconv|learn)_test'
left_out="$left_out|(properties|conformance)_test|denoise-|continual-(kill|tasks|images|guard|learn)|golden|man-examples"
left_out="$left_out|faults-|max-memory|default-memory|two-writers|-signal|-interrupt|example-factor|install|made-digits|regression|reproduce|build-bad"

row() { # row BUILT TESTS
    printf '| %s | %s | %s | %s |\n' "$name" "$tells" "$1" "$2" >"$OUT/$name.row"
    echo "$name: $1; $2"
}

build() {
    if [ "$name" = musl ] && ! sh scripts/ports-musl.sh "$OUT/musl"; then
        return 1
    fi
    [ -z "$libraries" ] || export PKG_CONFIG_LIBDIR="$libraries"
    # shellcheck disable=SC2086
    make --no-print-directory -j "$JOBS" VARIANT=release WERROR=1 $flags all tests
}

# What the last line of the tests' log says, as a row; status 1 if a test failed.
verdict() {
    out=$(sed -n 's/^left out: \([0-9]* of [0-9]*\) tests$/; \1 tests left out/p' "$log")
    # shellcheck disable=SC2046
    set -- $(sed -n '$s/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$log")
    if [ "$#" -eq 3 ] && [ "$(($2 + $3))" -eq 0 ]; then
        row "built" "$1 checks passed${emulator:+ under $emulator}$out"
        return 0
    fi
    [ "$#" -eq 3 ] && bad="$(($2 + $3)) of $1 checks failed" || bad="the tests printed no sums"
    row "built" "$bad: see ${log#"$PWD/"}"
    return 1
}

port() { # in a subshell: what it sets is gone afterwards
    name=$1 log=$OUT/$1.log
    describe "$name"
    if [ -n "$missing" ]; then
        row "not built" "missing: ${missing# }"
        return 0
    fi
    if ! build >"$log" 2>&1 </dev/null; then
        row "does not build" "see ${log#"$PWD/"}"
        return 1
    fi
    folder=$OUT/$name/release
    [ -n "$flags" ] || folder=$PWD/build/release
    if [ -n "$emulator" ]; then
        emulated "$folder" "$OUT/$name/emulated/release"
        folder=$OUT/$name/emulated/release
        export TESTS_LEFT_OUT="$left_out" TESTS_EMULATED=1
        export TEST_SECONDS="${TEST_SECONDS:-3600}" CMD_SECONDS="${CMD_SECONDS:-1800}"
    fi
    scripts/test.sh "$folder" >>"$log" 2>&1
    verdict
}

# shellcheck disable=SC2086
[ "$#" -gt 0 ] || set -- $all
for wanted; do
    describe "$wanted"
done
status=0
for wanted; do
    (port "$wanted") || status=1
done
{
    echo "| port | what it is | built | tests |"
    echo "|---|---|---|---|"
    for wanted in $all; do
        [ ! -f "$OUT/$wanted.row" ] || cat "$OUT/$wanted.row"
    done
} >"$OUT/table.md"
echo "Table: ${OUT#"$PWD/"}/table.md"
exit "$status"
