# needs: fg-build
# The factor kind of lib/README.md is built against the library, and its messages are those of exact elimination.
build=$(dirname "$(command -v fg-build)")
top=$(dirname "$FG_TESTDATA")
out=$PWD/mirror
flags=$(cat "$build/flags")
libs=$(echo "$flags" | tr ' ' '\n' | grep '^-l' | tr '\n' ' ')
(cd "$top" && $flags -Werror testdata/example/mirror.c "$build/libfg.a" $libs -o "$out") && ./mirror
# It is what the page tells of.
grep -q 'testdata/example/mirror.c' "$top/lib/README.md" || echo "lib/README.md does not tell of it"
