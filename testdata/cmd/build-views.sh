# needs: fg-build
# What a spec amounts to, its drawing, and the JSON Schema.
. "$FG_TESTDATA/cmd/helpers.inc"
fg-build xor --info -n 4 | sed "s|[0-9.]* [KMG]iB|N|g"
fg-build regression --info -n 90 | sed "s|[0-9.]* [KMG]iB|N|g"
fg-build denoise-pairwise --input 258x454x3 --info | sed "s|[0-9.]* [KMG]iB|N|g"
fg-build xor --dot
fg-build --schema >schema.json || echo "status $?"
head -n 3 schema.json
fg-build --kinds | grep -v '^ '
# -o takes all of them.
for list in --list --kinds --schema; do
    fg-build $list >to.stdout
    fg-build $list -o to.file || echo "status $?"
    same to.stdout to.file
done
