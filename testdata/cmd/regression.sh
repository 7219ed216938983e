# needs: fg-build fg-train fg-infer
# A curve from noisy points: trained, scored, drawn, with uncertainty; every format says the same.
. "$FG_TESTDATA/cmd/helpers.inc"
awk 'BEGIN { print "x,y"; for (i = 0; i < 30; i++) { x = -1 + i / 14.5; printf "%.4f,%.4f\n", x, sin(3 * x) + 0.1 * ((i * 7) % 5 - 2) } }' >curve.csv
awk 'BEGIN { print "x"; for (i = -4; i <= 4; i++) print i / 4 }' >grid.csv
fg-build regression --set inference.iterations=300 --set layers.1.units=8 >spec.json
fg-train -g spec.json --data curve.csv --seed 1 --limit 25 --log log --metrics metrics -o curve.fgm || echo "train: status $?"
wc -l <log
sed 's/:[-0-9.e+][-0-9.e+]*/:N/g' metrics
fg-infer -g curve.fgm --data curve.csv --score >score || echo "score: status $?"
sed 's/:[-0-9.e+][-0-9.e+]*/:N/g' score
awk -F'[:,]' '{ for (i = 1; i < NF; i++) if ($i ~ /rmse/ && $(i + 1) > 0.5) print "too large an error: " $0 }' score
fg-infer -g curve.fgm --data grid.csv >grid.out || echo "grid: status $?"
head -n 1 grid.out
wc -l <grid.out
awk -F, 'NR > 1 && !($2 > 0 && $2 < 10) { print "an odd deviation: " $0 }' grid.out
for t in 1 2 3; do fg-infer -g curve.fgm --data grid.csv --parameters marginal --threads $t >marginal$t; done
same marginal1 marginal2 marginal3
fg-infer -g curve.fgm --data grid.csv --batch 4 >batch4 || echo "batch: status $?"
wc -l <batch4
fg-infer -g curve.fgm --data grid.csv --format jsonl | sed 's/:[-0-9.e+][-0-9.e+]*/:N/g' | sort -u
fg-infer -g curve.fgm --data curve.csv --picture curve.png >/dev/null || echo "picture: status $?"
head -c 4 curve.png | tail -c 3
echo
refused 1 fg-infer -g curve.fgm --data grid.csv --score
refused 1 fg-infer -g curve.fgm --data curve.csv --picture nowhere/p.png
# Decision surface of two inputs.
fg-build xor | fg-train --data "$FG_TESTDATA/xor.csv" --seed 1 --iters 100 -o xor.fgm
fg-infer -g xor.fgm --data "$FG_TESTDATA/xor.csv" --iters 20 --picture surface.png >/dev/null || echo "surface: status $?"
head -c 4 surface.png | tail -c 3
echo
refused 1 fg-train -g spec.json --data "$FG_TESTDATA/bad/data/ragged.csv"
refused 1 fg-train -g curve.fgm --data grid.csv
