# needs: fg-build fg-continual
# Runs that are stopped or fail at a checkpoint, and go on: the same bytes in the end. Other options or data are noticed.
. "$FG_TESTDATA/cmd/helpers.inc"
quadrants 1 200 >train.csv
quadrants 2 60 >test.csv
fg-build --input 2 dense:8,activation=leaky_relu,sigma=0.1,weight_prior=1,weight_init=0.5 dense:4,sigma=0.1 \
    softmax:sigma=0.1 --set inference.iterations=20 >spec.json
options="--data ../train.csv --test ../test.csv --validate 0.1 --examples 0.9 --eval-every 70 --batch 17 --passes 4 --seed 5
    --dropout 0.2 --average 3 --forget 0.05 --metrics metrics -o out.fgm --log log"

mkdir whole cut
(cd whole && fg-continual -g ../spec.json $options) || echo "whole: status $?"
cd cut || exit 1
stopped_after 30 TERM fg-continual -g ../spec.json $options
cp metrics first
# After 12 batches at least: the number of batches, changed below, has two digits then.
stopped_after 250 TERM fg-continual --resume out.fgm $options
cp metrics second
grep -c '"continual"' out.fgm
cp out.fgm ../unfinished.fgm
fg-continual --resume out.fgm $options --threads 1 || echo "resumed: status $?"
cd ..
same whole/out.fgm cut/out.fgm
grep -c '"continual"' whole/out.fgm
# The lines of the parts are those of the whole.
cat cut/first cut/second cut/metrics | sed 's/"\(seconds\|peak_mb\)":[-0-9.e+]*/"\1":N/g' >parts
sed 's/"\(seconds\|peak_mb\)":[-0-9.e+]*/"\1":N/g' whole/metrics >lines
same lines parts
# A checkpoint is such a state, too.
mkdir point
cd point || exit 1
stopped_after 200 KILL fg-continual -g ../spec.json --checkpoint 7 $options
grep -ao 'batches..:[0-9]*' out.fgm | grep -cE ':(7|14|21|28)$'
fg-continual --resume out.fgm $options || echo "resumed: status $?"
cd ..
tail -c 900 whole/out.fgm >whole.tensors
tail -c 900 point/out.fgm >point.tensors
same whole.tensors point.tensors
# With other options or data it is not the same run.
resume="fg-continual --resume unfinished.fgm"
same_options=$(echo $options | sed 's/\.\.\///g; s/--log log//; s/--metrics metrics//; s/out\.fgm/no.fgm/')
refused 1 $resume $same_options --iters 21
refused 1 $resume $same_options --storage edge
refused 1 $resume $same_options --seed 6
refused 1 $resume $same_options --batch 18
refused 1 $resume $same_options --passes 5
refused 1 $resume $same_options --forget 0.06
refused 1 $resume $same_options --no-shuffle
refused 1 $resume $same_options --validate 20
refused 1 $resume $same_options --examples 0.5
refused 1 $resume $same_options --limit 199
refused 1 $resume $same_options --tasks permuted:2
sed 's/^0\.0/1.0/; 5s/.*/0.5,0.5,3/' train.csv >other.csv
other_options=$(echo "$same_options" | sed 's/train.csv/other.csv/')
refused 1 $resume $other_options
other_options=$(echo "$same_options" | sed 's/--examples 0.9//')
refused 1 $resume $other_options
other_options=$(echo "$same_options" | sed 's/test.csv/other.csv/')
refused 1 $resume $other_options
refused 1 fg-continual --resume whole/out.fgm $same_options
refused 1 fg-continual --resume spec.json $same_options
refused 2 fg-continual --resume unfinished.fgm -g spec.json $same_options
ls -- *.fgm
# What stands in the metadata is checked. Changes keep its length, which the file's head tells.
for change in 's/\\"batches\\":[0-9][0-9]/\\"batches\\":[]/' 's/\\"rate\\":1/\\"rate\\":7/' 's/\\"good\\":[0-9]/\\"good\\":x/' \
    's/\\"matrix\\":\[\]/\\"matrix\\":{}/' 's/\\"data\\":\\"/\\"date\\":\\"/' 's/\\"seed=5/\\"seed=6/' \
    's/\\"improper\\":\[0,0,0\]/\\"improper\\":[0,  0]/' 's/\\"rejected\\":\[0,0,0\]/\\"rejected\\":1000000/'; do
    LC_ALL=C sed "$change" unfinished.fgm >changed.fgm
    refused 1 fg-continual --resume changed.fgm $same_options | sed 's/ 1:[0-9]*:/ LINE:COLUMN:/'
done
