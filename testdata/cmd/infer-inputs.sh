# needs: fg-build fg-train fg-infer
# The other way round: inputs from labels, missing inputs from the others; predictions by three ways.
. "$FG_TESTDATA/cmd/helpers.inc"
awk 'BEGIN { print "x,y,class"; for (i = 0; i < 60; i++) { c = i % 2; d = (i * 7 % 11) / 11 - 0.5; e = (i * 5 % 13) / 13 - 0.5
    printf "%.4f,%.4f,%d\n", (c ? 1.5 : -1.5) + d, (c ? -0.8 : 0.8) + e, c } }' >two.csv
fg-build --input 2 observation:sigma=0.05 dense:2,sigma=0.1,weight_prior=1 softmax:sigma=0.1 \
    --set inference.iterations=100 >two.json
fg-train -g two.json --data two.csv --seed 1 -o two.fgm
for by in inference forward both; do
    fg-infer -g two.fgm --data two.csv --by $by --score | sed 's/:0\.[0-9]*/:N/g'
done
# A forward pass has no deviations.
fg-infer -g two.fgm --data two.csv --by forward --limit 1 | sed 's/\.[0-9]*/.N/g'
fg-infer -g two.fgm --data two.csv --by forward --parameters marginal --limit 1 --format jsonl | grep -o '"sd.*'
fg-infer -g two.fgm --data two.csv --by forward --limit 1 --format npy | tail -c 16 | od -An -v -t f8
# signs: the first COLUMNS columns as + and -, other lines as they are.
signs() { awk -F, -v n="$1" 'NR == 1 { print; next } { line = ""; for (i = 1; i <= n; i++) line = line ($i > 0 ? "+" : "-"); print line }'; }
printf 'x,y,class\n,,0\n,,1\n' >labels.csv
fg-infer -g two.fgm --data labels.csv --observe label | signs 2
fg-infer -g two.fgm --data labels.csv --observe label --format jsonl | sed 's/:[-0-9.e+]*/:N/g'
printf 'x,y\n1.5,\n,0.8\n-1.5,nan\n' >gaps.csv
fg-infer -g two.fgm --data gaps.csv | sed 's/^\([a-z01]*\),.*/\1/'
fg-infer -g two.fgm --data gaps.csv --show inputs | signs 2
printf '0,1\n' >mask.csv
fg-infer -g two.fgm --data two.csv --limit 2 --mask mask.csv --observe label | signs 2
fg-infer -g two.fgm --data two.csv --mask mask.csv --score | sed 's/:0\.[0-9]*/:N/g'
fg-infer -g two.fgm --data two.csv --mask mask.csv --show outputs | wc -l
# A narrower prior holds inputs closer.
for sd in 0.01 2; do
    fg-infer -g two.fgm --data labels.csv --observe label --input-mean 3 --input-sd $sd | tail -n 1 |
        awk -F, '{ print ($1 > 2.9 && $1 < 3.1) ? "held" : "free" }'
done
# Inference is the same for all threads.
for t in 1 2; do fg-infer -g two.fgm --data labels.csv --observe label --threads $t >observed$t; done
same observed1 observed2
# Targets of a line.
awk 'BEGIN { for (i = 0; i < 40; i++) printf "%.3f,%.3f\n", i / 20 - 1, i / 10 - 1 }' >line.csv
fg-build --input 1 observation:sigma=0.02 dense:1,sigma=0.05,weight_prior=3,bias_prior=2,activation_prior=5 \
    regression:sigma=0.05 --set inference.iterations=200 >line.json
fg-train -g line.json --data line.csv --seed 1 -o line.fgm
printf ',2\n,0\n,1\n' >y.csv
fg-infer -g line.fgm --data y.csv --observe target | awk -F, 'NR > 1 { printf "%.1f\n", $1 + 1e-6 }'
fail="refused 1 fg-infer -g two.fgm --data"
$fail gaps.csv --by forward
$fail gaps.csv --observe label
$fail two.csv --mask nowhere.csv
$fail two.csv --mask gaps.csv
$fail gaps.csv --picture p.png
printf '0,1\n0,1\n' >short.csv
$fail two.csv --mask short.csv
fail="refused 1 fg-infer -g line.fgm --data"
$fail y.csv --observe label
refused 1 fg-infer -g two.fgm --data labels.csv --observe target
printf '0.5,\n' >none.csv
$fail none.csv --observe target
$fail none.csv --score
printf '1.5,nan,\n' >none.csv
refused 1 fg-infer -g two.fgm --data none.csv --observe label
usage="refused 2 fg-infer -g two.fgm --data two.csv"
$usage --observe label --score
$usage --observe label --show outputs
$usage --observe label --picture p.png
$usage --show inputs --score
$usage --by magic
$usage --observe pixels
$usage --input-sd 0
fg-build xor | fg-train --data "$FG_TESTDATA/xor.csv" --seed 1 --iters 5 -o xor.fgm
refused 1 fg-infer -g xor.fgm --data "$FG_TESTDATA/xor.csv" --observe label
refused 1 fg-infer -g xor.fgm --data "$FG_TESTDATA/xor.csv" --mask mask.csv
refused 1 fg-infer -g xor.fgm --data gaps.csv
refused 1 fg-infer -g "$FG_TESTDATA/graphs/tree.json" --by forward
