# needs: fg-build
# Commands that make no sense, typing errors, and specs that cannot be read.
. "$FG_TESTDATA/cmd/helpers.inc"
refused 2 fg-build xro
refused 2 fg-build regresion
refused 2 fg-build qqqq
refused 2 fg-build
refused 2 fg-build xor regression
refused 2 fg-build --lst
refused 2 fg-build --list xor
refused 2 fg-build xor --info --dot
refused 2 fg-build xor --info -n 0
refused 2 fg-build --check a b
refused 2 fg-build --from a b
refused 2 fg-build --list --from nowhere.json
refused 2 fg-build --kinds --set bad
refused 2 fg-build --schema --input 9x
refused 2 fg-build --list -n 3
refused 2 fg-build xor --check -o out.json
refused 2 fg-build --check "$FG_TESTDATA/graphs/tree.json" -o out.json
refused 2 fg-build --from "$FG_TESTDATA/graphs/tree.json" --info -n 4
refused 2 fg-build --input 3 dense,1 softmax
refused 2 fg-build --input 3 dense,relu softmax
refused 2 fg-build --input 3 dense:2,,sigma=3 softmax
refused 2 fg-build --input 3 dense:2 softmax:
refused 1 fg-build --check nowhere.json
refused 1 fg-build --check .
refused 1 fg-build --from /dev/null
refused 1 fg-build xor -o nowhere/out.json
printf 'abc\0def' >binary
refused 1 fg-build --check binary
printf '{"format":"fg-spec"\0}' >binary
refused 1 fg-build --check binary
printf '\357\273\277' >bom.json
fg-build xor >>bom.json
fg-build --check bom.json || echo "a byte-order mark: status $?"
# A file that was there stays as it was when the new one cannot be made.
echo old >kept.json
refused 2 fg-build xor --set layers.0.units=0 -o kept.json
cat kept.json
ls
