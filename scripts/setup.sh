#!/bin/sh
# Installs on Debian and its kin what is missing: sh scripts/setup.sh        what building needs
#                                                 sh scripts/setup.sh --all  and what all checks need
#                                                 sh scripts/setup.sh --ports  and what make ports needs
# Says nothing and touches nothing where everything is there.
set -u
all=0 ports=0
[ "${1-}" != --all ] || all=1
[ "${1-}" != --ports ] || all=1 ports=1
packages='' foreign=''

want() { # want PACKAGES: to be installed
    packages="$packages $*"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

header() { # header COMPILER FILE [FLAG...]: can the compiler include it?
    compiler=$1 file=$2
    shift 2
    flags="$*"
    cflags=$(pkg-config --cflags libpng libcjson 2>/dev/null)
    # shellcheck disable=SC2086
    printf '#include <stdio.h>\n#include <stdint.h>\n#include <%s>\n' "$file" |
        "$compiler" $flags $cflags -x c -fsyntax-only - 2>/dev/null
}

links() { # links COMPILER FLAG...: can the compiler link with these?
    compiler=$1
    shift
    echo 'int main(void) { return 0; }' | "$compiler" "$@" -x c - -o /dev/null 2>/dev/null
}

have cc || want gcc libc6-dev
have make || want make
have pkg-config || want pkg-config
if ! have cc; then
    want libpng-dev zlib1g-dev libcjson-dev
else
    header cc stdlib.h || want libc6-dev
    header cc png.h || want libpng-dev
    header cc zlib.h || want zlib1g-dev
    header cc cjson/cJSON.h || want libcjson-dev
fi
if [ "$all" -eq 1 ]; then
    if ! have cc || ! header cc check.h; then
        want check
    fi
    have clang-format || want clang-format
    have shellcheck || want shellcheck
    # Without these the tests of completion, pages, fetching and the Python example would be skipped.
    have zsh || want zsh
    have curl || want curl
    have python3 || want python3
    have mandoc || have groff || want mandoc
    [ -f /usr/share/i18n/locales/de_DE ] || [ ! -f /etc/debian_version ] || want locales
    if ! have clang; then
        want clang libomp-dev libclang-rt-dev
    else
        header clang omp.h -fopenmp || want libomp-dev
        links clang -fsanitize=thread || want libclang-rt-dev
    fi
fi
if [ "$ports" -eq 1 ]; then
    have musl-gcc || want musl-tools
    have qemu-aarch64 || want qemu-user
    have aarch64-linux-gnu-gcc || want gcc-aarch64-linux-gnu
    if [ "$(uname -m)" != aarch64 ]; then
        for package in libpng-dev zlib1g-dev libcjson-dev libgomp1 check; do
            dpkg-query -W -f '${db:Status-Status}' "$package:arm64" 2>/dev/null | grep -qx installed && continue
            want "$package:arm64"
            foreign=arm64
        done
    fi
fi
[ -n "$packages" ] || exit 0

fail() {
    echo "setup: $*" >&2
    exit 1
}

have apt-get || fail "please install what these Debian packages hold:$packages"
as_root=
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "not root, and no sudo without a password; please install:$packages"
    as_root="sudo -n"
fi
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" \
        </dev/null >"$log" 2>&1
}
echo "setup: installing$packages" >&2
if [ -n "$foreign" ]; then
    $as_root dpkg --add-architecture "$foreign" || fail "dpkg takes no packages for $foreign"
fi
apt update || { tail -n 5 "$log" >&2 && fail "apt-get update failed (no network?); still missing:$packages"; }
# shellcheck disable=SC2086
apt install -y --no-install-recommends $packages || { tail -n 3 "$log" >&2 && fail "could not install:$packages"; }
