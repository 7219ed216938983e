# needs: fg-build fg-continual
# Killed at random moments, a run goes on from its last checkpoint to the same bytes as one that was left alone.
# FG_KILLS says how often this is tried.
. "$FG_TESTDATA/cmd/helpers.inc"
case $FG_VARIANT in
asan | tsan) kills=2 passes=1 ;;
*) kills=${FG_KILLS:-5} passes=6 ;;
esac
quadrants 1 120 >train.csv
fg-build --input 2 dense:4,activation=leaky_relu,sigma=0.1,weight_prior=1,weight_init=0.5 dense:4,sigma=0.1 \
    softmax:sigma=0.1 --set inference.iterations=20 >spec.json
run="fg-continual --data train.csv --batch 10 --passes $passes --seed 5 --dropout 0.2 --checkpoint 1 -o out.fgm"
now() {
    date +%s%N | cut -c1-16 # microseconds
}
from=$(now)
$run -g spec.json || echo "whole: status $?"
micros=$(($(now) - from))
# The tensors stand at the end: 2 x 8 bytes for each of 4 * 2 + 4 + 4 * 4 + 4 parameters.
tail -c 512 out.fgm >whole
cut=0 tries=0
while [ "$cut" -lt "$kills" ] && [ "$tries" -lt $((20 * kills)) ]; do
    tries=$((tries + 1))
    rm -f out.fgm
    $run -g spec.json &
    child=$!
    sleep "$(awk -v s="$tries$from" -v t="$micros" 'BEGIN { srand(substr(s, 1, 2) + substr(s, length(s) - 6)); print rand() * t / 1e6 }')"
    kill -KILL "$child" 2>/dev/null
    wait "$child" 2>/dev/null
    # Nothing to go on from before the first checkpoint, nothing left to do after the end.
    grep -aq '"continual"' out.fgm 2>/dev/null || continue
    $run --resume out.fgm || echo "resumed: status $?"
    tail -c 512 out.fgm >resumed
    same whole resumed
    cut=$((cut + 1))
done
[ "$cut" -eq "$kills" ] || echo "cut only $cut times in $tries"
echo "all resumed"
