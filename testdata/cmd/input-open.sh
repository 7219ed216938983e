# needs: fg-build fg-train fg-continual fg-infer
# A model whose input is open ("?") learns, predicts and goes on as one whose input is written out, to the same bytes.
. "$FG_TESTDATA/cmd/helpers.inc"
digits=$FG_TESTDATA/digits
curve=$FG_TESTDATA/regression/data-1.csv
classes="dense:4,activation=tanh dense:2 softmax"
pictures="conv:3,kernel=5,activation=relu max_pool:2 dense:10 softmax"

# alike OPEN WRITTEN LAYERS COMMAND...: what the command writes with either input.
alike() {
    open=$1 written=$2 layers=$3
    shift 3
    fg-build --input "$open" $layers --set inference.damping=0.9 | "$@" -o a.out || echo "status $? with $open: $*"
    mv a.out open.out
    fg-build --input "$written" $layers --set inference.damping=0.9 | "$@" -o a.out || echo "status $? with $written: $*"
    mv a.out written.out
    same open.out written.out
}

# predicted WHAT...: fg-infer of both, with the data given, prints the same.
predicted() {
    fg-infer -g open.out "$@" >open.txt || echo "status $?: $*"
    fg-infer -g written.out "$@" >written.txt
    same open.txt written.txt
}

printf '1,2\n3,4\n' >inputs.csv
quadrants 1 30 >points.csv
alike '?' 2 "$classes" fg-train --data "$FG_TESTDATA/xor.csv" --iters 5
predicted --data "$FG_TESTDATA/xor.csv" --score
predicted --data inputs.csv
alike '?' 2 "$classes" fg-continual --data "$FG_TESTDATA/xor.csv" --test "$FG_TESTDATA/xor.csv" --iters 5 --batch 3
alike '?' 2 "dense:4 softmax" fg-continual --data points.csv --validate 0.2 --examples 10 --tasks permuted:2 --iters 5
alike '?' 1 "observation dense:4,activation=tanh dense:1 regression" fg-train --data "$curve" --iters 5
predicted --data "$curve" --score
predicted --data "$curve" --observe target
alike '?' 1 "dense:1 regression" fg-continual --data "$curve" --test "$curve" --iters 5
# Two targets: the inputs are what is left of the columns.
alike '?' 1 "dense:2 regression" fg-train --data points.csv --iters 5
alike '?x?x1' 12x12x1 "$pictures" fg-train --data "$digits" --limit 20 --iters 3
predicted --test "$digits" --by forward --score
alike '?x?x?' 12x12x1 "$pictures" fg-continual --data "$digits" --test "$digits" --limit 20 --iters 3
alike '?x?x1' 12x12x1 "$pictures" fg-continual --data "$digits" --tasks split:2 --test "$digits" --limit 60 --iters 2
alike '?x?x1' 12x12x1 "conv:2,kernel=9 dense:2 softmax" fg-continual --data "$digits" --limit 60 --iters 2 --tasks split:2 \
    --scoring domain
alike '?' 144 "dense:10 softmax" fg-continual --data "$digits" --limit 20 --iters 3
alike '?x?x1' 12x12x1 "features:5,draw=patches dense:10,covariance=full softmax:likelihood=categorical \
    --set input.scale=standardise" fg-continual --data "$digits" --limit 60 --iters 3
printf 'a %s %s\nb %s\n' "$digits" "$digits" "$digits" >list
alike '?x?x1' 12x12x1 "$pictures" fg-continual --tasks list --limit 20 --iters 2

# States: learning goes on, and a stopped run is resumed.
fg-build --input '?x?x1' $pictures >open.json
fg-build --input 12x12x1 $pictures >written.json
for spec in open written; do
    fg-train --data "$digits" --limit 20 --iters 3 -o a.fgm <$spec.json
    fg-continual -g a.fgm --data "$digits" --limit 20 --iters 3 -o b.fgm
    mv b.fgm $spec.fgm
done
same open.fgm written.fgm
fg-infer -g open.fgm --inspect | grep '^input'
stopped_after 5 TERM fg-continual -g open.json --data "$digits" --limit 100 --batch 10 --iters 50 -o stopped.fgm --log log
fg-continual --resume stopped.fgm --data "$digits" --limit 100 --batch 10 --iters 50 -o b.fgm
fg-continual -g open.json --data "$digits" --limit 100 --batch 10 --iters 50 -o c.fgm
fg-infer -g b.fgm --test "$digits" --by forward >b.csv
fg-infer -g c.fgm --test "$digits" --by forward >c.csv
same b.csv c.csv

# A model of pictures stays open to other sizes.
fg-build --input '?x?x1' observation conv:2 | fg-train --data "$digits" --limit 5 --iters 2 | fg-infer --inspect |
    grep '^input'

# Where it cannot work.
fg-build --input '?x?x3' $pictures >colour.json
refused 1 fg-train -g colour.json --data "$digits" --iters 2
refused 1 fg-continual -g open.json --data points.csv --iters 2
fg-build --input '?' observation regression >same.json
refused 1 fg-train -g same.json --data points.csv
fg-build --input '?' observation softmax >same.json
refused 1 fg-continual -g same.json --data points.csv
fg-build --input '?' observation:sigma=0.1 dense:3 >same.json
refused 1 fg-continual -g same.json --data points.csv
fg-build --input '?' dense:3 regression >three.json
refused 1 fg-train -g three.json --data points.csv
refused 1 fg-infer -g three.json --data points.csv
