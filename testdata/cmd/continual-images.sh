# needs: fg-build fg-infer fg-continual
# Batches and tasks of image sets in folders; inputs standardised by the first training rows; stopped and taken up again.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir set
images 120 0 | gzip >set/train-images-idx3-ubyte.gz
labels 120 0 >set/train-labels-idx1-ubyte
images 40 1 >set/t10k-images-idx3-ubyte
labels 40 1 | gzip >set/t10k-labels-idx1-ubyte.gz
train=set/train-labels-idx1-ubyte,set/train-images-idx3-ubyte.gz
test=set/t10k-images-idx3-ubyte,set/t10k-labels-idx1-ubyte.gz
shown() { sed 's/:[-0-9][-0-9.e+]*/:N/g; s/\([[,]\)[-0-9][-0-9.e+]*/\1N/g; s/\([[,]\)[-0-9][-0-9.e+]*/\1N/g'; }
little() { awk -F'[:,]' -v o="$1" '/"summary"/ { for (i = 1; i < NF; i++) if ($i ~ /"(accuracy|average)"/ && $(i + 1) < 0.9) print o " learned little: " $0 }' "$1"; }
fg-build --input 4x4x1 dense:2,weight_prior=0.5,sigma=0.2 softmax --set inference.damping=0.9 --set inference.iterations=60 >unit.json
fg-build --from unit.json --set input.scale=standardise >standard.json
learn="fg-continual --batch 12 --seed 1 --metrics -"
for m in unit standard; do
    $learn -g $m.json --data set --test set --validate 20 --eval-every 50 -o $m.fgm >$m || echo "$m: status $?"
    little $m
    # What the last evaluation says fg-infer says, too: the same pictures, scaled by the same numbers.
    sed -n 's/.*"on":"test","accuracy":\([0-9.]*\),"nll":\([0-9.]*\),.*/accuracy \1 nll \2/p' $m | tail -n 1 >told
    fg-infer -g $m.fgm --test set --by forward --score |
        sed 's/.*"accuracy":\([0-9.]*\),"nll":\([0-9.]*\),.*/accuracy \1 nll \2/' >scored
    same told scored
done
shown <standard
grep -c 'input/mean' unit.fgm standard.fgm
# From a list of files, in any order, and at any number of threads; the first permutation is none.
tensors=$((8 * (2 * 34 + 2)))
$learn -g standard.json --data $train --test $test --validate 20 --threads 1 -o listed.fgm >listed
$learn -g standard.json --data set --validate 20 --tasks permuted:1 -o first.fgm >first.jsonl
for m in standard listed first; do
    tail -c $tensors $m.fgm >$m.tensors
done
same standard.tensors listed.tensors first.tensors
# The scaling is that of the first training rows: the first task's, whatever the others and the test data hold; it stays.
$learn -g standard.json --data set --tasks split:1 --scoring class -o split.fgm >by-class
mkdir one
fg-continual -g standard.json --data $train --limit 2 --seed 1 -o two.fgm
fg-continual -g two.fgm --data set --seed 1 -o on.fgm
for m in standard split two on; do
    tail -c 16 $m.fgm >$m.scaling
done
same two.scaling on.scaling
cmp -s standard.scaling split.scaling && echo "the second task's rows were measured"
shown <by-class
$learn -g standard.json --data set --test set --tasks permuted:3 --passes 2 -o permuted.fgm >permuted || echo "permuted: status $?"
shown <permuted | tail -n 1
printf 'a . .\nb ../%s\n' $train | sed 's/,/,..\//' >set/tasks
$learn -g standard.json --tasks set/tasks -o tasks.fgm >tasks || echo "tasks: status $?"
little tasks
# Stopped and taken up again: the same bytes.
options="--data ../set --test ../set --validate 0.1 --eval-every 70 --batch 7 --passes 3 --seed 5 --tasks permuted:2
    --metrics metrics -o out.fgm --log log"
mkdir whole cut
(cd whole && fg-continual -g ../standard.json $options) || echo "whole: status $?"
cd cut || exit 1
stopped_after 200 TERM fg-continual -g ../standard.json $options
cp out.fgm ../unfinished.fgm
fg-continual --resume out.fgm $options --threads 1 || echo "resumed: status $?"
cd ..
same whole/out.fgm cut/out.fgm
cp -r set other
labels 120 1 >other/train-labels-idx1-ubyte
other_options=$(echo "$options" | sed 's/\.\.\/set/other/g')
refused 1 fg-continual --resume unfinished.fgm $other_options
# Forgetting: the spec's, unless the option says otherwise.
fg-build --from standard.json --set inference.forget=0.2 >forgetful.json
$learn -g forgetful.json --data set -o spec.fgm >spec
$learn -g standard.json --data set --forget 0.2 -o option.fgm >option
$learn -g forgetful.json --data set --forget 0 -o never.fgm >never
$learn -g standard.json --data set -o plain.fgm >plain
for m in spec option never plain; do
    tail -c $tensors $m.fgm >$m.tensors
done
same spec.tensors option.tensors
same never.tensors plain.tensors
cmp -s spec.tensors plain.tensors && echo "forgetting does nothing"
# Inputs inferred are in the data's units, and masks can be image sets.
fg-build --input 4x4x1 observation:sigma=0.1 dense:2,weight_prior=0.5,sigma=0.2 softmax --set inference.damping=0.9 \
    --set inference.iterations=60 --set input.scale=standardise >free.json
$learn -g free.json --data set -o free.fgm >free
{
    printf '\0\0\10\3\0\0\0\1\0\0\0\4\0\0\0\4\1'
    head -c 15 /dev/zero
} >mask
fg-infer -g free.fgm --test set --limit 2 --mask mask >hidden.csv || echo "mask: status $?"
awk -F, 'NR == 3 { for (i = 2; i <= 16; i++) print ($i > 0.5) }' hidden.csv | tr -d '\n'
echo
fg-infer -g free.fgm --test set --observe label | awk -F, 'NR > 1 {
    for (i = 1; i <= 16; i++) if (!($i > -2 && $i < 3 && $(i + 16) > 0 && $(i + 16) < 1)) print "input " i " of row " NR ": " $i, $(i + 16) }'
# CIFAR-10, and what is refused.
mkdir cifar
for i in 1 2 3 4 5; do
    records 0 1 1 0 >cifar/data_batch_$i.bin
done
records 1 0 1 >cifar/test_batch.bin
fg-build --input 32x32x3 dense:2,weight_prior=0.02 softmax --set inference.damping=0.95 --set inference.iterations=40 \
    --set input.scale=standardise >c.json
fg-continual -g c.json --data cifar --test cifar --batch 10 --seed 1 --metrics - -o c.fgm | shown
fail="refused 1 fg-continual -g standard.json -o no.fgm --data"
$fail cifar
$fail set --test cifar
$fail set/train-images-idx3-ubyte.gz
$fail one
refused 1 fg-continual -g c.json -o no.fgm --data set
[ ! -e no.fgm ] || echo "wrote a state"
