# needs: fg-build fg-continual fg-infer fg-train
# Joint weights over features: learned batch by batch they know more than scalar ones, are kept by states, and count in predictions.
. "$FG_TESTDATA/cmd/helpers.inc"
digits=$FG_TESTDATA/digits
layers="features:24,kernel=5,size=4,draw=patches,activation=leaky_relu"
rest="--set inference.damping=0.3 --set inference.tol=0.02 --set inference.iterations=60 --set inference.init=forward"
fg-build --input 12x12x1 $layers dense:10,covariance=full,sigma=0.01,weight_prior=0.3,activation_prior=100 \
    softmax:sigma=1,likelihood=categorical $rest >joint.json
fg-build --from joint.json --set layers.1.covariance=diagonal >scalar.json
fg-build --from joint.json --info -n 50 | sed 's/[0-9.]* [KM]iB/N/g'

accuracy() { sed -n 's/.*"summary":true,"accuracy":\([0-9.]*\),.*/\1/p' "$1"; }
for model in joint scalar; do
    fg-continual -g $model.json --data $digits --test $digits --limit 100 --batch 10 --seed 1 --metrics $model.jsonl -o $model.fgm
done
echo "$(accuracy joint.jsonl) $(accuracy scalar.jsonl)" |
    awk '{ print "joint weights know more:", ($1 > $2 + 0.01), "and most digits:", ($1 > 0.8) }'

# Predictions by inference at the means agree with the forward pass; those with the weights' uncertainty are less sure.
fg-infer -g joint.fgm --test $digits --limit 50 --by forward -o forward.csv
fg-infer -g joint.fgm --test $digits --limit 50 -o means.csv
fg-infer -g joint.fgm --test $digits --limit 50 --parameters marginal -o marginal.csv
paste -d, forward.csv means.csv | awk -F, 'NR > 1 { agree += $1 == $(NF / 2 + 1) } END { print agree, "of 50 classes agree" }'
head -1 means.csv | tr ',' '\n' | grep -n '^sd0' >column
sure() { awk -F, -v c="$(sed 's/:.*//' column)" 'NR > 1 { s += $c } END { print s / (NR - 1) }' "$1"; }
echo "$(sure means.csv) $(sure marginal.csv)" | awk '{ print "uncertain weights count:", ($2 > 2 * $1) }'

# Stopped and taken up again: the same bytes. Learning on from a state, and in one graph, keeps correlations.
# What is left of the log fills the pipe before the run can end.
options="--data $digits --limit 200 --batch 5 --passes 3 --seed 2 -o out.fgm --log log"
mkdir whole cut
(cd whole && fg-continual -g ../joint.json $options)
(
    cd cut || exit 1
    stopped_after 60 TERM fg-continual -g ../joint.json $options
    fg-continual --resume out.fgm $options
)
same whole/out.fgm cut/out.fgm
fg-train -g joint.fgm --data $digits --limit 30 -o more.fgm
for state in joint more; do
    grep -c '"dense1/weight/correlation":{"dtype":"F32","shape":\[10,97,97\]' $state.fgm
done
fg-infer -g joint.fgm --inspect | sed 's/ *$//' | grep -v -e '^command' -e '^ *fg-continual'

# Class after class: least squares learns the same in any order, scalar weights forget.
fg-build --from joint.json --set layers.2.likelihood=one_hot --set layers.2.sigma=0.3 >squares.json
final() { sed -n 's/.*"average":\([0-9.]*\),.*/\1/p' "$1" | tail -n 1; }
fg-build --from joint.json --set layers.2.compete=present >present.json
for model in squares scalar joint present; do
    fg-continual -g $model.json --data $digits --test $digits --tasks split:2 --batch 10 --seed 3 --metrics tasks.$model -o $model.fgm
done
echo "$(final tasks.squares) $(final tasks.scalar)" |
    awk '{ print "order does not matter:", ($1 > 0.85), "scalar weights forget:", ($2 < $1 - 0.2) }'
echo "$(final tasks.joint) $(final tasks.present)" |
    awk '{ print "classes that are not there had better not compete:", ($2 > $1 + 0.05) }'
fg-infer -g squares.fgm --test $digits --score | sed 's/"nll".*//; s/0\.9[0-9]*/0.9../'

# Where they cannot be.
refused 2 fg-build --input 12x12x1 conv:3 dense:10,covariance=full softmax
refused 2 fg-build --input 12x12x1 observation features:4 dense:10 softmax
refused 2 fg-build --input 12x12x1 features:4,kernel=13 dense:10 softmax
