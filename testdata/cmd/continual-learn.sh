# needs: fg-build fg-train fg-infer fg-continual
# Batches of made points: accuracy, metrics, the same bytes at any number of threads, one batch is what fg-train does.
. "$FG_TESTDATA/cmd/helpers.inc"
quadrants 1 240 >train.csv
quadrants 2 100 >test.csv
fg-build --input 2 dense:12,activation=leaky_relu,sigma=0.1,weight_prior=1,weight_init=0.5 dense:4,sigma=0.1 \
    softmax:sigma=0.1 --set inference.iterations=40 >spec.json
learn="fg-continual -g spec.json --data train.csv --test test.csv --batch 25 --seed 1"
for t in 1 2 3; do
    mkdir $t
    $learn --threads $t --validate 0.1 --eval-every 60 --passes 2 --average 4 --metrics $t/metrics -o $t/out.fgm ||
        echo "threads $t: status $?"
    tail -c 1400 $t/out.fgm >$t.tensors
done
same 1.tensors 2.tensors 3.tensors
sed 's/\(accuracy\|nll\|seconds\|peak_mb\)":[-0-9.e+]*/\1":N/g' 1/metrics
awk -F'[:,]' '/"summary"/ { for (i = 1; i < NF; i++) if ($i ~ /"accuracy"/ && $(i + 1) < 0.8) print "learned little: " $0 }' 1/metrics
# What the last evaluation says fg-infer says, too.
sed -n 's/.*"batch":18,"on":"test","accuracy":\([0-9.]*\),"nll":\([0-9.]*\),.*/accuracy \1 nll \2/p' 1/metrics >told
fg-infer -g 1/out.fgm --test test.csv --score --by forward |
    sed 's/.*"accuracy":\([0-9.]*\),"nll":\([0-9.]*\),.*/accuracy \1 nll \2/' >scored
same told scored
# One batch of everything in the order of the data is what fg-train does.
fg-continual -g spec.json --data train.csv --no-shuffle --batch 1000 --seed 3 -o one.fgm
fg-train -g spec.json --data train.csv --seed 3 -o whole.fgm
tail -c 1400 one.fgm >one.tensors
tail -c 1400 whole.fgm >whole.tensors
same one.tensors whole.tensors
# Every option does something, and all schedules learn.
for o in "" --no-shuffle "--forget 0.2" "--temper 0.9" "--average 3" "--passes 2" "--seed 9" "--dropout 0.2" \
    "--damping 0.8" "--batch 30" "--limit 200" "--iters 20" "--validate 40" "--examples 150" "--tol 1" "--schedule random" \
    "--schedule residual" "--schedule synchronous --damping 0.9"; do
    $learn $o --metrics - -o some.fgm >some || echo "$o: status $?"
    tail -c 1400 some.fgm | cksum
    awk -F'[:,]' -v o="$o" '/"summary"/ { for (i = 1; i < NF; i++) if ($i ~ /"accuracy"/ && $(i + 1) < 0.6) print o ": " $0 }' some
done >sums
grep -v '^[0-9]' sums
sort -u sums | wc -l
# Some examples, drawn by the seed: those that are left when the others are held back; fewer are some of more. All are all.
trained() {
    $learn "$@" -o some.fgm
    tail -c 1400 some.fgm
}
trained --validate 160 >rest
trained --examples 80 >drawn
same rest drawn
trained --examples 240 >all
trained >asked
same all asked
trained --validate 40 --examples 0.5 --metrics some | cksum >half
grep -o '^{"examples":[0-9]*,"batch":[0-9]*' some
trained --validate 40 --examples 100 | cksum | cmp - half
trained --validate 140 | cksum | cmp -s - half && echo 'held back all the same'
# From a state; through pipes; evaluation by inference; a log.
$learn --eval-by inference --metrics - --log log -o first.fgm | sed 's/\(accuracy\|nll\|seconds\|peak_mb\)":[-0-9.e+]*/\1":N/g'
head -n 1 log | grep -o '^{"batch":0,"iteration":0,"change":'
tail -n 1 log | grep -o '^{"batch":9,"iteration":39,"change":'
fg-continual -g first.fgm --data test.csv --seed 2 | fg-infer --data train.csv --score | grep -o '^{"examples":240,"accuracy":'
# Real targets.
awk 'BEGIN { for (i = 0; i < 60; i++) { x = i / 30 - 1; print x "," 2 * x * x - 1 } }' >curve.csv
fg-build regression --set inference.iterations=60 | fg-continual --data curve.csv --batch 20 --passes 3 --validate 10 \
    --eval-every 50 --metrics - -o curve.fgm | sed 's/\(rmse\|nll\|seconds\|peak_mb\)":[-0-9.e+]*/\1":N/g'
fg-continual -g spec.json --data train.csv --iters 10 --tol 1e-12 --require-convergence -o loose.fgm
echo "not converged: status $?"
