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
# Whatever that page names is there: files as seen from lib, and words of the sources; NAME and mirror stand for one's own.
# shellcheck disable=SC2016
grep -oE '`[^`]+`' "$top/lib/README.md" | tr -d '`' | sed 's/[ (].*//; s/=.*//' | grep -vE 'NAME|MIRROR|mirror' | LC_ALL=C sort -u >named
[ "$(wc -l <named)" -gt 40 ] || echo "only $(wc -l <named) names found"
while read -r name; do
    [ -n "$(ls -d "$top"/lib/$name "$top"/$name 2>/dev/null)" ] ||
        grep -rqF -e "$name" "$top/lib" "$top/cmd" "$top/Makefile" --include='*.[ch]' --include=Makefile ||
        echo "lib/README.md names $name, which is nowhere"
done <named
