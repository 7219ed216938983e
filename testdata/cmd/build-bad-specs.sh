# needs: fg-build
# Every bad spec is refused with one line that names the file and the place.
. "$FG_TESTDATA/cmd/helpers.inc"
for f in "$FG_TESTDATA"/bad/specs/*.json; do
    refused 1 fg-build --check "$f"
    fg-build --from "$f" >out 2>err && echo "--from takes it: $f"
    fg-build --check <"$f" 2>err && echo "--check of stdin takes it: $f"
done
for f in "$FG_TESTDATA"/graphs/*.json; do
    fg-build --check "$f" || echo "status $? for a good graph"
done
# Cut short anywhere a spec is refused, too.
fg-build xor >xor.json
size=$(wc -c <xor.json)
n=0
while [ "$n" -lt $((size - 2)) ]; do
    head -c "$n" xor.json | fg-build --check 2>err && echo "takes the first $n bytes"
    [ "$(wc -l <err)" -eq 1 ] || cat err
    n=$((n + 37))
done
