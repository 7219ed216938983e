# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# The examples of the manual pages work as they stand where testdata is.
case $FG_VARIANT in
asan | tsan) echo "skipped: what other tests run, too, gains nothing under a sanitizer" && exit 77 ;;
esac
pages=$(dirname "$FG_TESTDATA")/cmd
skip='^$'
command -v python3 >/dev/null || skip='^python3 '
for page in "$pages"/*.[15]; do
    name=${page##*/}
    sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$page" | sed -n '/^\.Bd/,/^\.Ed/{/^\./!p;}' | sed 's/\\-/-/g' |
        grep -v "$skip" >"$name.sh"
    [ "$(grep -c '^fg-' "$name.sh")" -ge 2 ] || echo "$name: no examples found"
    mkdir "$name.dir" && ln -s "$FG_TESTDATA" "$name.dir/testdata"
    (cd "$name.dir" && sh -e "../$name.sh" >../out 2>../err)
    echo "$name: status $?, $(wc -l <err) lines on stderr"
    cat err
done
find fg-*.dir ! -type d ! -name '*.json' ! -name testdata | LC_ALL=C sort
