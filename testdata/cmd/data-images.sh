# needs: fg-build fg-train fg-infer
# IDX and CIFAR-10 files, listed or in a folder, plain or gzip; inputs standardised by the training data.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir set
images 20 0 >set/train-images-idx3-ubyte
labels 20 0 | gzip >set/train-labels.idx1-ubyte.gz
images 12 1 | gzip >set/t10k-images-idx3-ubyte.gz
labels 12 1 >set/t10k-labels-idx1-ubyte
wc -c <set/train-images-idx3-ubyte
fg-build --input 4x4x1 dense:2,weight_prior=0.5 softmax --set inference.damping=0.9 >unit.json
fg-build --from unit.json --set input.scale=standardise >standard.json
for m in unit standard; do
    fg-train -g $m.json --data set --seed 1 -o $m.fgm || echo "train: status $?"
    fg-infer -g $m.fgm --test set --score | grep -o '"examples":[0-9]*,"accuracy":[0-9.]*'
    fg-infer -g $m.fgm --data set --score --limit 7 | grep -o '"examples":[0-9]*,"accuracy":[0-9.]*'
    fg-infer -g $m.fgm --test set >$m.csv
done
cmp -s unit.csv standard.csv && echo "scaling changes nothing"
grep -c 'input/mean' unit.fgm standard.fgm
# The same from a list in any order; and what is learned does not depend on the packing.
listed=set/train-labels.idx1-ubyte.gz,set/train-images-idx3-ubyte
fg-train -g standard.json --data $listed --seed 1 -o listed.fgm
for f in standard listed; do
    fg-infer -g $f.fgm --test set/t10k-labels-idx1-ubyte,set/t10k-images-idx3-ubyte.gz >$f.csv
done
same standard.csv listed.csv
# Inputs alone; the test part of a folder needs no labels for predictions.
mkdir bare
cp set/t10k-images-idx3-ubyte.gz bare
fg-infer -g standard.fgm --test bare >bare.csv
same standard.csv bare.csv
# Other data are scaled by the numbers of the first: the same image in another company has the same result.
fg-infer -g standard.fgm --test set --limit 1 >one.csv
head -n 2 standard.csv >first.csv
same one.csv first.csv
fg-train -g standard.fgm --data set --limit 2 --iters 5 -o on.fgm
tail -c 16 standard.fgm >before
tail -c 16 on.fgm >after
same before after
refused 1 fg-infer -g standard.fgm --test bare --score
refused 1 fg-infer -g standard.fgm --data bare
refused 1 fg-train -g unit.json --data bare
refused 1 fg-train -g unit.json --data set/train-images-idx3-ubyte
refused 1 fg-train -g unit.json --data set/t10k-labels-idx1-ubyte
refused 1 fg-train -g unit.json --data set/train-images-idx3-ubyte,set/t10k-labels-idx1-ubyte
refused 1 fg-train -g unit.json --data set/train-images-idx3-ubyte,set/train-images-idx3-ubyte
refused 1 fg-train -g unit.json --data "$FG_TESTDATA/xor.csv,set/train-images-idx3-ubyte"
head -c 50 set/t10k-images-idx3-ubyte.gz >cut.gz
refused 1 fg-infer -g unit.fgm --data cut.gz
head -c 50 set/train-images-idx3-ubyte >short
refused 1 fg-infer -g unit.fgm --data short
fg-build xor >xor.json
refused 1 fg-train -g xor.json --data set
fg-build regression | refused 1 fg-train --data set
# A picture of standardised data is drawn in the data's units.
fg-build --from xor.json --set input.scale=standardise >xors.json
fg-train -g xors.json --data "$FG_TESTDATA/xor.csv" --seed 1 -o xors.fgm
fg-infer -g xors.fgm --data "$FG_TESTDATA/xor.csv" --picture xors.png --score | grep -o '"accuracy":[0-9.]*'
fg-build denoise-pairwise --set input.scale=standardise >d.json
refused 1 fg-denoise -g d.json "$FG_TESTDATA/clip/00000.png" -o out.png
# CIFAR-10: records of a label and planes of red, green and blue, here all of one value a record.
records() { # records LABEL...: the red of each is 200 where the label is 1
    for label; do
        printf %b "\\0$label"
        head -c 1024 /dev/zero | tr '\0' "\\$((label ? 310 : 12))"
        head -c 2048 /dev/zero | tr '\0' '\120'
    done
}
mkdir cifar
for i in 1 2 3 4; do
    records 0 1 >cifar/data_batch_$i.bin
done
fg-build --input 32x32x3 dense:2,weight_prior=0.02 softmax --set inference.damping=0.95 --set inference.iterations=40 >c.json
refused 1 fg-train -g c.json --data cifar
records 1 0 | gzip >cifar/data_batch_5.bin.gz
fg-train -g c.json --data cifar --seed 1 -o c.fgm || echo "CIFAR-10: status $?"
refused 1 fg-infer -g c.fgm --test cifar
records 1 0 1 >cifar/test_batch.bin
fg-infer -g c.fgm --test cifar --score | grep -o '"examples":[0-9]*,"accuracy":[0-9.]*'
fg-infer -g c.fgm --data cifar/data_batch_5.bin.gz,cifar/test_batch.bin | cut -d , -f 1 | tail -n 5 | tr '\n' ' '
echo
refused 1 fg-infer -g c.fgm --test set
