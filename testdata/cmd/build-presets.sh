# needs: fg-build
# Every preset prints a spec that passes its own check and prints the same again.
. "$FG_TESTDATA/cmd/helpers.inc"
fg-build --list >list
cut -d ' ' -f 1 list
while read -r name rest; do
    [ -n "$rest" ] || echo "$name has no description"
    fg-build "$name" >a.json || echo "$name: status $?"
    fg-build --check a.json || echo "$name --check: status $?"
    fg-build --check <a.json || echo "$name --check of stdin: status $?"
    fg-build --from a.json >b.json
    fg-build --from - <b.json >c.json
    same a.json b.json c.json
    fg-build "$name" -o d.json || echo "-o: status $?"
    same a.json d.json
    fg-build "$name" --dot >a.dot && head -n 1 a.dot | grep -qE '^(di)?graph ' || echo "$name: no graph"
done <list
fg-build xor
