# needs: fg-build fg-train fg-infer
# The pipelines of the README, over several seeds.
. "$FG_TESTDATA/cmd/helpers.inc"
data=$FG_TESTDATA/xor.csv
good=0
for s in 1 2 3 4 5 6; do
    fg-build xor | fg-train --data "$data" --seed $s | fg-infer --data "$data" --score >score$s || echo "seed $s: status $?"
    ! grep -q '"accuracy":1,' score$s || good=$((good + 1))
done
[ $good -ge 5 ] || echo "only $good of 6 seeds learned all"
# The end of a pipeline knows when its beginning failed.
fg-build xro 2>/dev/null | fg-train --data "$data" 2>err.train | fg-infer --data "$data" >out 2>err
echo "status $?, $(wc -c <out) bytes"
cat err.train err
# Training goes on in stages, one after the other in a pipe: the posterior of each is the prior of the next.
head -n 3 "$data" >half1.csv
{ head -n 1 "$data" && tail -n 2 "$data"; } >half2.csv
fg-build xor | fg-train --data half1.csv --seed 1 | fg-train --data half2.csv --seed 1 -o both.fgm || echo "stages: status $?"
fg-infer -g both.fgm --data "$data" --score | grep -o '"examples":4'
grep -ao '"examples":"[0-9]*"' both.fgm
grep -ao 'fg-train --data half[12]' both.fgm
# As the README has it: a larger network from a changed spec.
fg-build xor --set layers.0.units=16 --set inference.damping=0.8 >xor16.json
fg-train -g xor16.json --data "$data" --seed 1 --log train.jsonl -o xor16.fgm
wc -l <train.jsonl
fg-infer -g xor16.fgm --data "$data" --score | grep -o '"accuracy":1,'
