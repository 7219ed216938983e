#!/bin/sh
# What fg needs, built for musl, whose programs cannot take glibc's libraries: zlib, libpng, cJSON, and Check for the
# tests, from the sources Debian has.
#   sh scripts/ports-musl.sh FOLDER   leaves headers, libraries and pkg-config files in FOLDER/root
# Sources lie in FOLDER/sources; those that are not there are fetched by apt-get, for which nobody has to be root.
set -u
folder=${1:?usage: ports-musl.sh FOLDER}
fail() {
    echo "ports-musl: $*" >&2
    exit 1
}
mkdir -p "$folder/sources" "$folder/root/include" "$folder/root/lib/pkgconfig" || exit 1
folder=$(cd "$folder" && pwd)
root=$folder/root
export CC="${CC:-musl-gcc}"
[ ! -e "$root/done" ] || exit 0

# The first file of a source package, "" where it is not there.
archive() {
    find "$folder/sources" -name "$1_*.orig.tar.*" | LC_ALL=C sort | head -n 1
}

# apt-get with lists of sources, made from this machine's lists of packages and kept apart from them.
apt() {
    apt-get -qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$folder/lists.d" \
        -o "Dir::State::Lists=$folder/lists" -o APT::Sandbox::User=root "$@" </dev/null
}

fetch() { # fetch PACKAGE...
    command -v apt-get >/dev/null || fail "put the sources of $* into $folder/sources, as NAME_VERSION.orig.tar.gz"
    mkdir -p "$folder/lists/partial" "$folder/lists.d" || exit 1
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$folder/lists.d/${file##*/}"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -f "$file" ] || sed -n 's/^deb /deb-src /p' "$file" >"$folder/lists.d/$(basename "$file" .list).list"
    done
    (
        cd "$folder/sources" || exit 1
        apt update
        # Debian's changes to a source are not needed: that they cannot be fetched is no fault.
        for package; do
            apt source --download-only "$package"
        done
    ) >"$folder/fetch.log" 2>&1
}

unpack() { # unpack PACKAGE: into folder/PACKAGE
    from=$(archive "$1")
    [ -n "$from" ] || fail "could not fetch the source of $1: see $folder/fetch.log"
    rm -rf "${folder:?}/$1"
    if ! mkdir "$folder/$1" || ! tar -xf "$from" -C "$folder/$1" --strip-components=1; then
        fail "cannot unpack $from"
    fi
}

made() { # made PACKAGE COMMAND...: runs it in the package's folder
    package=$1
    shift
    (cd "$folder/$package" && "$@") >>"$folder/$package.log" 2>&1 </dev/null ||
        fail "$package does not build: see $folder/$package.log"
}

wanted=
for package in zlib libpng1.6 cjson check; do
    [ -n "$(archive "$package")" ] || wanted="$wanted $package"
done
# shellcheck disable=SC2086
[ -z "$wanted" ] || fetch $wanted
for package in zlib libpng1.6 cjson check; do
    unpack "$package"
    : >"$folder/$package.log"
done

export CFLAGS="-O2" CPPFLAGS="-I$root/include" LDFLAGS="-L$root/lib" PKG_CONFIG_LIBDIR="$root/lib/pkgconfig"
made zlib ./configure --static --prefix="$root"
made zlib make libz.a
made zlib cp zlib.h zconf.h "$root/include"
made zlib cp libz.a "$root/lib"
made zlib cp zlib.pc "$root/lib/pkgconfig"
made libpng1.6 ./configure --quiet --disable-shared --prefix="$root"
made libpng1.6 make libpng16.la
made libpng1.6 make install-libLTLIBRARIES install-header-links install-pkgincludeHEADERS \
    install-nodist_pkgincludeHEADERS install-pkgconfigDATA install-library-links
made libpng1.6 ln -sf libpng16.pc "$root/lib/pkgconfig/libpng.pc"
made cjson "$CC" -O2 -c cJSON.c
made cjson ar rcs "$root/lib/libcjson.a" cJSON.o
made cjson install -D -m 644 cJSON.h "$root/include/cjson/cJSON.h"
printf '%s\n' 'Name: libcjson' 'Description: JSON' 'Version: 1' "Cflags: -I$root/include -I$root/include/cjson" \
    "Libs: -L$root/lib -lcjson" >"$root/lib/pkgconfig/libcjson.pc"
made check ./configure --quiet --disable-shared --disable-subunit --prefix="$root"
made check make -C lib
made check make -C src
made check make -C src install
made check install -m 644 check_stdint.h "$root/include"
made check install -m 644 check.pc "$root/lib/pkgconfig"
touch "$root/done"
