# needs: fg-build fg-continual fg-infer
# The reproductions of the classification results on small made sets: tables, going on after a stop, failures, wrong
# variables. baselines.sh tries the baselines.
. "$FG_TESTDATA/cmd/helpers.inc"
script_test
unset SETS MODELS MODEL SEEDS LIMIT ITERS DATA FG_DATA OUT SIZES BASELINES REPLAY SCHEDULES TASKS PREDICT VALIDATE
export PYTHON=none
mkdir -p sets/tiny
images 60 0 | gzip >sets/tiny/train-images-idx3-ubyte.gz
labels 60 0 4 >sets/tiny/train-labels-idx1-ubyte
images 20 1 >sets/tiny/t10k-images-idx3-ubyte
labels 20 1 4 | gzip >sets/tiny/t10k-labels-idx1-ubyte.gz
fg-build --input 4x4x1 dense:4,weight_prior=0.5,sigma=0.2 softmax --set inference.damping=0.9 >tiny.json
# Numbers measured here and now are left out.
run() {
    script=$1
    shift
    env DATA=sets SETS=tiny MODELS=tiny.json SEEDS='1 2' ITERS=8 OUT=out "$@" sh "$FG_TESTDATA/../scripts/reproduce-$script.sh" build/here \
        >said 2>said.err
    echo "status $?"
    sed 's/[0-9.]* s$/N s/' said | grep -v 'it needs gnuplot$'
    cat said.err
}
shown() {
    sed 's/-*[0-9][0-9]*\.[0-9][0-9]*/N/g; s/| [0-9][0-9]* |$/| MB |/; s/| -/| N/g; s/N ± N/N/g; s/tiny-[0-9]*-without/tiny-N-without/g
        s/^\* \([A-Z][a-z]*\): .*/* \1: .../' "out/$1.md"
}
picture() { # a PNG file, where gnuplot is there to make it
    ! command -v gnuplot >/dev/null || [ "$(od -An -c -j1 -N3 "$1" | tr -d ' ')" = PNG ] || echo "$1 is no picture"
}
# The mean of a key of the summaries of these runs, and what the table has in a column of the row that begins so.
agree() {
    key=$1 table=$2 row=$3 column=$4
    shift 4
    for id; do
        tail -n 1 "out/$id.jsonl"
    done | sed "s/.*\"$key\":\([-0-9.e]*\).*/\1/" | awk '{ s += $1 } END { printf "%.6f\n", s / NR }' >a
    grep "^$row," "out/$table.csv" | cut -d, -f "$column" >b
    same a b
}

run fig4 SIZES='500 12 24'
picture out/fig4.png
shown fig4
agree accuracy fig4 tiny,tiny,24 5 tiny-tiny-n24-1 tiny-tiny-n24-2
agree accuracy fig4 tiny,tiny,60 5 tiny-tiny-1 tiny-tiny-2
# The run is what its command says: the same model.
fg-continual -g tiny.json --data sets/tiny --test sets/tiny --examples 24 --iters 8 --seed 2 -o again.fgm
for f in again out/tiny-tiny-n24-2; do
    tail -c 1088 $f.fgm >"$(basename $f).tensors"
done
same again.tensors tiny-tiny-n24-2.tensors

echo "-- what another table has measured, or this one, is kept"
run tables
shown tables
run async SCHEDULES='sweep random' SEEDS=1
shown async | head -n 6
run fig4 SIZES='24 60' LIMIT=40 SEEDS=1 OUT=
(cd build/classify-sets-first40-iters8 && printf '%s\n' *.[!p]*)

echo "-- what is cut short, lacks its state or is of another model is run again"
sed -i '$d' out/tiny-tiny-n12-1.jsonl
rm out/tiny-tiny-n12-2.fgm
sed -i 's/"model":"/&1/' out/tiny-tiny-1.jsonl
cp out/tiny-tiny-n24-1.jsonl kept
run fig4 SIZES='12 24 60'
same kept out/tiny-tiny-n24-1.jsonl
ls out/part* 2>/dev/null

echo "-- tasks"
run tasks TASKS='split:2:class split:2:domain permuted:2' SEEDS='1 2'
picture out/tiny-tiny-permuted-2-1-matrix.png
shown tasks
agree average tasks tiny,tiny,split:2:domain 8 tiny-tiny-split-2-domain-1 tiny-tiny-split-2-domain-2
agree forgetting tasks tiny,tiny,permuted:2 11 tiny-tiny-permuted-2-1 tiny-tiny-permuted-2-2

echo "-- iterations, on examples that were not learned from"
run iterations ITERS='4 8' PREDICT='0 5' VALIDATE=10
picture out/iterations.png
shown iterations
agree accuracy iterations tiny,predict-5,8 5 tiny-tiny-iters8-predict5-1 tiny-tiny-iters8-predict5-2
cut=$(echo build/data/tiny-*-without-first10)
{ tail -c +17 "$cut/t10k-images-idx3-ubyte" && tail -c +17 "$cut/train-images-idx3-ubyte"; } >together
gzip -dc sets/tiny/train-images-idx3-ubyte.gz | tail -c +17 >whole
same together whole
run iterations ITERS='4 8' PREDICT='0 5' VALIDATE=10 SEEDS=2 | grep -vc kept

echo "-- CIFAR-10, packed with xz"
if command -v xz >/dev/null; then
    mkdir sets/cifar-10
    for i in 1 2 3 4 5; do records 0 1 1 0 | xz >sets/cifar-10/data_batch_$i.bin.xz; done
    records 1 0 1 | xz >sets/cifar-10/test_batch.bin.xz
    fg-build --input 32x32x3 dense:2,weight_prior=0.02 softmax --set input.scale=standardise >c.json
    for MODELS in c.json cifar10:c.json; do
        run tables SETS=cifar10 SEEDS=1 ITERS=2 MODELS=$MODELS OUT=c >said.cifar
        if ! grep -q '^status 0' said.cifar || ! grep -q '^cifar10,c,,1,' c/tables.csv; then cat said.cifar; fi
    done
    run iterations SETS=cifar10 SEEDS=1 ITERS=2 PREDICT=0 MODELS=c.json VALIDATE=6 OUT=c >said.cifar
    cat build/data/cifar10-*/test_batch.bin build/data/cifar10-*/data_batch.bin >together
    for i in 1 2 3 4 5; do xz -dc sets/cifar-10/data_batch_$i.bin.xz; done >whole
    same together whole
fi

echo "-- a model that fails: the others go on"
fg-build --input 4x4x1 dense:2,sigma=0.2 softmax >two.json
run tables MODELS='two.json tiny.json' SEEDS=1
grep 'not measured' out/tables.md
cut -d, -f1-4 out/tables.csv

echo "-- wrong variables"
for wrong in MODELS=nonesuch MODELS=-x MODELS='a;b' SETS=nowhere SETS=../tiny SEEDS='1 a' SEEDS=' ' LIMIT=0 ITERS=x \
    DATA=nowhere SIZES=0 SIZES='5 b' BASELINES=tree BASELINES=linear-0 REPLAY=0 MODELS='tiny.json mnist'; do
    run fig4 "$wrong"
done
run tables MODELS= SETS=tiny
run async SCHEDULES=often
run tasks TASKS=split:2
run tasks TASKS=permuted:0
run iterations ITERS='4 0' VALIDATE=10
run iterations VALIDATE=60
mkdir sets/empty
run fig4 SETS=empty
