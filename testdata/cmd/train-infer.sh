# needs: fg-build fg-train fg-infer
# XOR through the pipeline: learned, the same bytes for any number of threads and for files or pipes.
. "$FG_TESTDATA/cmd/helpers.inc"
data=$FG_TESTDATA/xor.csv
fg-build xor >xor.json
fg-build xor | fg-train --data "$data" --seed 1 >pipe.fgm || echo "pipe: status $?"
fg-infer -g pipe.fgm --data "$data" --score >score || echo "score: status $?"
grep -o '"accuracy": *[0-9.]*' score
[ "$(wc -l <score)" -eq 1 ] || echo "--score printed $(wc -l <score) lines"
fg-infer --data "$data" --score <pipe.fgm >score2 || echo "state on stdin: status $?"
same score score2
fg-infer -g pipe.fgm --data "$data" >predicted.csv || echo "csv: status $?"
head -n 1 predicted.csv | tr -d '0-9'
wc -l <predicted.csv
fg-infer -g pipe.fgm --data "$data" --format jsonl | wc -l
fg-infer -g pipe.fgm --data "$data" --format npy -o p.npy || echo "npy: status $?"
head -c 6 p.npy | tail -c 5
echo
# The same work with 1, 2 and 3 threads: the tensors are equal, and so are predictions.
for t in 1 2 3; do
    fg-train -g xor.json --data "$data" --seed 1 --iters 100 --threads "$t" --log log$t | cat >t$t.fgm
    fg-infer -g t1.fgm --data "$data" --threads "$t" >p$t.csv
    tail -c 336 t$t.fgm >t$t.tail
    sed 's/"seconds":[-0-9.e+]*//g' log$t >l$t
done
same t1.tail t2.tail t3.tail
same p1.csv p2.csv p3.csv
same l1 l2 l3
wc -l <log1
fg-train -g xor.json --data "$data" --seed 2 --iters 100 | tail -c 336 >other.tail
cmp -s t1.tail other.tail && echo "the seed changes nothing"
# A state goes on: its marginals are the priors of the next training.
fg-train -g pipe.fgm --data "$data" --seed 1 --iters 20 -o second.fgm || echo "second: status $?"
fg-infer -g second.fgm --data "$data" --score | grep -o '"accuracy": *[0-9.]*'
