# needs: fg-build fg-train fg-infer
# Inference that runs away while all numbers stay finite: begun again with more damping, or stopped, as asked; told where
# nothing helps. Models that learn well say nothing.
. "$FG_TESTDATA/cmd/helpers.inc"
awk 'BEGIN {
    split("5.0 3.4 1.5 0.2 5.9 2.8 4.3 1.3 6.6 3.0 5.6 2.0", centre, " ")
    for (i = 0; i < 150; i++) {
        for (j = 1; j <= 4; j++) printf "%.3f,", centre[4 * (i % 3) + j] + 0.42 * sin(7.3 * (4 * i + j) * (4 * i + j))
        print i % 3
    }
}' >flowers.csv
fg-build --input 4 dense:16,activation=tanh dense:3 softmax --set input.scale=standardise >flowers.json
numbers() { sed -E 's/[0-9.]+e\+[0-9]+/N/g'; }
learned() { fg-infer -g "$1" --data "$2" --score | grep -o '"accuracy":[0-9.]*'; }

fg-train -g flowers.json --data flowers.csv --log log -o a.fgm 2>err || echo "status $?"
numbers <err
learned a.fgm flowers.csv
grep -c '^{"iteration":0,' log
echo old >kept
refused 1 fg-train -g flowers.json --data flowers.csv --on-divergence stop -o kept | numbers
fg-build --from flowers.json --set inference.on_divergence=stop >stop.json
refused 1 fg-train -g stop.json --data flowers.csv -o kept | numbers
cat kept
fg-train -g stop.json --data flowers.csv --on-divergence adapt -q -o c.fgm
learned c.fgm flowers.csv

echo "nothing helps:"
fg-build --input 4 dense:64,activation=tanh,sigma=0.001 dense:3,sigma=0.001,weight_prior=10 softmax:sigma=0.01 \
    --set input.scale=standardise --set inference.damping=0 >hard.json
fg-train -g hard.json --data flowers.csv -q -o d.fgm 2>err || echo "status $?"
sed 's/: .* after;/: REASON;/' err
ls d.fgm

echo "well:"
for seed in 1 2 3 4 5; do
    fg-build --input 2 dense:32,activation=leaky_relu,weight_prior=3 dense:2,weight_prior=3 softmax \
        --set inference.damping=0.8 | fg-train --data "$FG_TESTDATA/xor.csv" --seed $seed -o x.fgm && learned x.fgm "$FG_TESTDATA/xor.csv"
    fg-build xor | fg-train --data "$FG_TESTDATA/xor.csv" --seed $seed -o x.fgm && learned x.fgm "$FG_TESTDATA/xor.csv"
done | sort | uniq -c
