# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Without --max-memory the limit is what is predicted and a little more: for all kinds of layers, small and large
# inputs, pictures and tasks no run comes near it, nor is it far above what the run takes.
. "$FG_TESTDATA/cmd/helpers.inc"
case $FG_VARIANT in
asan | tsan) echo "skipped: memory under a sanitizer is its own" && exit 77 ;;
esac
command -v python3 >/dev/null || { echo "skipped: no python3" && exit 77; }
export OMP_WAIT_POLICY=passive PYTHONDONTWRITEBYTECODE=1
digits=$FG_TESTDATA/digits
clip=$FG_TESTDATA/clip
cat >measured.py <<'END'
import resource
import subprocess
import sys
status = subprocess.call(sys.argv[1:], stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
END

# within COMMAND...: the most memory it has resident is below the limit it tells, and three quarters and 64 MiB less
# than three halves of what it needs; without what is to spare it runs as well.
within() {
    runs=$((runs + 1))
    python3 measured.py "$@" -v >resident 2>told || { echo "failed: $*" && tail -n 1 told && return; }
    limit=$(sed -n 's/.*: \([0-9.]*\) MiB of memory are expected.*/\1/p' told | head -n 1)
    needed=$(awk -v limit="$limit" 'BEGIN {
        spare = limit / 5 > 64 ? limit / 5 : 64
        print int((limit - 0.9 * spare) * 1024) + 2048 }')
    awk -v limit="$limit" -v needed="$needed" -v what="$*" '{
        if (limit == "") print "tells no limit: " what
        else if ($1 > limit * 1024) print "takes " $1 " KiB, more than " limit " MiB: " what
        else if (needed > 2 * $1 + 40960) print "takes " $1 " KiB, but " needed " were predicted: " what }' resident
    "$@" --max-memory "${needed}k" >/dev/null 2>told || { echo "$needed KiB are too little: $*" && tail -n 1 told; }
}

runs=0
fg-build xor --set inference.iterations=3 >xor.json
fg-build regression --set inference.iterations=3 >curve.json
fg-build --input 2 observation:sigma=0.1 dense:7,activation=elu dense:5,activation=softplus dense:4 \
    softmax:likelihood=categorical --set inference.iterations=2 >classes.json
fg-build --input 303 dense:300,activation=relu dense:1 regression --set inference.iterations=1 >wide.json
awk 'BEGIN { for (i = 0; i < 100; i++) { printf "%d", i; for (j = 1; j < 304; j++) printf ",%g", sin(i + j); print "" } }' >wide.csv
awk 'BEGIN { for (i = 0; i < 100000; i++) print "1.5,2.5,1" }' >long.csv
quadrants 5 3000 >quadrants.csv
within fg-train -g xor.json --data "$FG_TESTDATA/xor.csv" -o xor.fgm
within fg-infer -g xor.fgm --data "$FG_TESTDATA/xor.csv" --picture p.png --confusion c.png -o out.csv
within fg-train -g curve.json --data "$FG_TESTDATA/regression/data-1.csv" -o curve.fgm
within fg-infer -g curve.fgm --data "$FG_TESTDATA/regression/data-1.csv" --parameters marginal --picture p.png -o out.csv
within fg-continual -g classes.json --data quadrants.csv --batch 1000 --test quadrants.csv --eval-by inference -o classes.fgm
within fg-infer -g classes.fgm --data quadrants.csv --observe label --batch 1000 --iters 2 -o out.csv
within fg-train -g wide.json --data wide.csv -o wide.fgm
within fg-continual -g wide.json --data wide.csv --batch 30 --test wide.csv --average 3 --checkpoint 1 -o wide.fgm
within fg-continual -g xor.json --data long.csv --batch 20000 --test long.csv --iters 1 -o long.fgm
within fg-infer -g long.fgm --data long.csv --by forward --format jsonl -o out.jsonl

fg-build mnist --input 12x12x1 --set inference.iterations=2 >factor.json
fg-build --from factor.json --set inference.storage=edge >edge.json
fg-build --input 12x12x1 conv:3,kernel=3,activation=tanh avg_pool:2 conv:4,kernel=2,activation=relu dense:10 softmax \
    --set inference.iterations=2 --set inference.schedule=residual >deep.json
fg-build --input 12x12x1 features:30,kernel=5,size=2,draw=patches dense:10,covariance=full softmax:likelihood=categorical \
    --set inference.iterations=2 >joint.json
for net in factor edge deep joint; do
    within fg-train -g $net.json --data "$digits" -o $net.fgm
    within fg-continual -g $net.json --data "$digits" --test "$digits" --validate 20 --batch 60 -o $net.fgm
    within fg-infer -g $net.fgm --test "$digits" --iters 1 --confusion c.png -o out.csv
done
within fg-continual -g factor.json --data "$digits" --tasks split:2 --matrix m.png --test "$digits" --iters 1 -o tasks.fgm
within fg-continual -g factor.json --data "$digits" --tasks permuted:3 --limit 100 --iters 1 -o tasks.fgm

for net in denoise-pairwise denoise-gaussian denoise-best; do
    fg-build $net --set inference.iterations=2 >picture.json
    within fg-denoise -g picture.json "$clip" --limit 2 --corrupt 0.1 --sd sd --panel p.png -o out
done
ppm 400 300 0 >large.ppm
within fg-denoise -g picture.json large.ppm --save picture.fgm --filters f.png -o out

awk 'BEGIN {
    printf "{\"format\":\"fg-spec\",\"version\":1,\"variables\":["
    for (i = 0; i < 20000; i++) printf "\"v%d\",", i
    printf "\"v\"],\"factors\":["
    for (i = 0; i < 20000; i++) printf "%s{\"kind\":\"pairwise\",\"variables\":[\"v%d\",\"v\"],\"sigma\":1}", i ? "," : "", i
    print "]}" }' >explicit.json
python3 measured.py fg-infer -g explicit.json --iters 2 -v >resident 2>told
sed -n 's/.*: \([0-9.]*\) MiB of memory are expected.*/\1/p' told | head -n 1 |
    awk '{ limit = $1; getline <"resident"; print $1 <= limit * 1024 ? "explicit: within" : $1 " KiB, more than " limit " MiB" }'
echo "$runs runs"
