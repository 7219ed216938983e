# needs: fg-build
# What make install lays down is whole: the commands run, the pages are there, and a program is compiled against the
# library with pkg-config alone and runs. make uninstall takes all of it away.
command -v pkg-config >/dev/null || { echo "skipped: no pkg-config" && exit 77; }
top=$(dirname "$FG_TESTDATA")
build=$(dirname "$(command -v fg-build)")
root=$PWD/root
flags=$(cat "$build/flags")
cc=${flags%% -Ilib *}
openmp=0
case $flags in *-fopenmp*) openmp=1 ;; esac
sanitizers=$(echo "$flags" | tr ' ' '\n' | grep -E '^(-fsanitize=|-fno-sanitize|--coverage)' | grep -v fuzzer)
unset MAKEFLAGS MFLAGS MAKELEVEL
# The build folder stays as it is: "all" counts as made.
run_make() {
    make -s -C "$top" -o all CC="$cc" OPENMP=$openmp BUILD="$(dirname "$build")" VARIANT="$FG_VARIANT" DESTDIR="$root" PREFIX=/opt/fg "$@" ||
        echo "make $*: status $?"
}
run_make install
(cd root && find . -type f ! -path './opt/fg/include/*' | LC_ALL=C sort)
"$root/opt/fg/bin/fg-build" --version

sed "s|^prefix=|&$root|" root/opt/fg/lib/pkgconfig/fg.pc >fg.pc
PKG_CONFIG_PATH=$PWD${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion fg)" = "$(fg-build --version | sed 's/.* //')" ] || echo "fg.pc has another version"
# Nobody has to know what the library is made of until it is linked.
case $(pkg-config --libs fg) in *png*) echo "--libs without --static names private libraries" ;; esac
libs=$(pkg-config --cflags --libs --static fg)
$cc -Wall -Wextra -Werror $sanitizers "$FG_TESTDATA/example/xor.c" $libs -o xor && ./xor

# Each header can be included alone.
cflags=$(pkg-config --cflags fg)
for h in $(cd root/opt/fg/include/fg && find . -name '*.h' | sed 's|^\./||'); do
    echo "#include <$h>" | $cc -Wall -Wextra -Werror $cflags -x c -fsyntax-only - || echo "$h: does not compile alone"
done

run_make uninstall
find root ! -type d
