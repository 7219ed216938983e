# needs: fg-build fg-train fg-infer
# SIGINT in the middle of a training with dropout: death by the signal, a whole state, and the same end as without the
# stop, also after several stops and with another number of threads.
. "$FG_TESTDATA/cmd/helpers.inc"
data=$FG_TESTDATA/regression/data-1.csv
fg-build regression --set layers.1.units=4 >spec.json
mkfifo pipe

# interrupted MODEL STATE: trains until the first iterations have been logged, then sends SIGINT. A shell starts
# commands in the background with SIGINT ignored, which env undoes.
interrupted() {
    : >lines
    cat pipe >lines &
    reader=$!
    env --default-signal=INT fg-train -g "$1" --data "$data" --limit 30 --seed 3 --iters 1000000000 --log pipe -o "$2" &
    child=$!
    while [ ! -s lines ] && kill -0 "$child" 2>kill.err; do
        sleep 0.05
    done
    kill -INT "$child"
    wait "$child" 2>/dev/null
    echo "SIGINT: $?"
    wait "$reader"
    tail -n 1 lines | sed 's/^{"iteration":\([0-9]*\),.*/\1/' >last
    grep -c '^{"iteration":[0-9]*,"change":.*}]}$' lines >whole
    wc -l <lines | cmp - whole || echo "the log has lines that are not whole"
}

interrupted spec.json first.fgm
first=$(cat last)
interrupted first.fgm second.fgm
head -n 1 lines | grep -q "^{\"iteration\":$((first + 1))," || echo "goes on at $(head -c 30 lines) after $first"
last=$(cat last)
ls -- *fgm*
total=$((last + 41))
fg-infer -g second.fgm --data "$data" --score | grep -c '"rmse"'
fg-train -g second.fgm --data "$data" --limit 30 --iters "$total" --threads 1 --log rest -o resumed.fgm || echo "resume: status $?"
wc -l <rest
fg-train -g spec.json --data "$data" --limit 30 --seed 3 --iters "$total" --threads 2 -o whole.fgm
tensors=$((2 * 8 * (4 + 4 + 4 + 1)))
for f in resumed whole; do
    tail -c "$tensors" $f.fgm >$f.tensors
    fg-infer -g $f.fgm --data "$data" >$f.csv
done
same resumed.tensors whole.tensors
same resumed.csv whole.csv
# Nothing is left to do: the same again. Other data is refused, other models are.
fg-train -g second.fgm --data "$data" --limit 30 --iters $((last + 1)) --log none -o nothing.fgm || echo "nothing to do: status $?"
wc -l <none
refused 1 fg-train -g second.fgm --data "$data" --limit 29
refused 1 fg-train -g second.fgm --data "$FG_TESTDATA/xor.csv"
