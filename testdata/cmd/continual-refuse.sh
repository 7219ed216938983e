# needs: fg-build fg-train fg-continual
# What fg-continual refuses: one line that says why, no file left or changed.
. "$FG_TESTDATA/cmd/helpers.inc"
quadrants 1 40 >train.csv
fg-build --input 2 dense:2 softmax --set inference.iterations=3 >spec.json
sed -i 's/,[23]$/,1/' train.csv
fail="refused 1 fg-continual -g spec.json -o no.fgm --data"
$fail nowhere.csv
$fail "$FG_TESTDATA/xor.csv,train.csv"
$fail train.csv --test nowhere.csv
$fail train.csv --test "$FG_TESTDATA/regression/data-1.csv"
$fail train.csv --validate 40
$fail train.csv --validate 0.001
$fail train.csv --validate 1.5
$fail train.csv --validate x
$fail train.csv --examples 41
$fail train.csv --examples 0
$fail train.csv --examples 1.5
$fail train.csv --examples few
$fail train.csv --validate 30 --examples 11
$fail train.csv --metrics nowhere/m
$fail train.csv --log nowhere/l
usage="refused 2 fg-continual -g spec.json --data train.csv"
refused 2 fg-continual -g spec.json
$usage extra
$usage --batch 0
$usage --passes 0
$usage --forget 1
$usage --temper 0
$usage --temper 1.1
$usage --average -1
$usage --checkpoint 5
$usage --checkpoint 5 -o -
$usage --metrics -
$usage --shuffle --no-shuffle -o no.fgm
$usage --eval-every 10 -o no.fgm
$usage --eval-by magic -o no.fgm
$usage --schedule residul -o no.fgm
refused 1 fg-continual -g nowhere.json --data train.csv
refused 1 fg-continual -g "$FG_TESTDATA/graphs/tree.json" --data train.csv
fg-build denoise-pairwise >pairwise.json
refused 1 fg-continual -g pairwise.json --data train.csv
fg-build --input 2 observation softmax >bare.json
refused 1 fg-continual -g bare.json --data train.csv
refused 2 fg-continual -g spec.json --data train.csv --tasks split:1 --matrix m.png -o new.fgm
for f in "$FG_TESTDATA"/bad/data/*.csv; do
    fg-continual -g spec.json --data "$f" >out 2>err && echo "takes $f"
    [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] || echo "$f: $(cat err)"
done
for f in "$FG_TESTDATA"/bad/data/*.fgm; do
    fg-continual -g "$f" --data train.csv >out 2>err && echo "takes $f"
    [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] || echo "$f: $(cat err)"
done
echo old >kept.fgm
fg-continual -g spec.json --data nowhere.csv -o kept.fgm 2>/dev/null
cat kept.fgm
fg-continual -g spec.json --data train.csv >/dev/full
echo "status $?"
fg-continual -g spec.json --data train.csv --metrics /dev/full -o metrics.fgm
echo "status $?"
ls
