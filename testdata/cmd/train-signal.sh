# needs: fg-build fg-train fg-infer
# SIGTERM in the middle of training: death by the signal, and a state that can be resumed to the same result as
# without the stop.
. "$FG_TESTDATA/cmd/helpers.inc"
data=$FG_TESTDATA/xor.csv
fg-build xor >xor.json
fg-train -g xor.json --data "$data" --seed 1 --iters 1000000000 --log log -o stopped.fgm &
child=$!
sleep 1
kill -TERM "$child"
wait "$child" 2>/dev/null
echo "SIGTERM: $?"
ls
fg-infer -g stopped.fgm --data "$data" --score | grep -o '"accuracy"'
# Stopped and resumed is the same as not stopped.
done=$(wc -l <log)
total=$((done + 50))
fg-train -g stopped.fgm --data "$data" --seed 1 --iters "$total" --log rest -o resumed.fgm || echo "resume: status $?"
wc -l <rest
fg-train -g xor.json --data "$data" --seed 1 --iters "$total" -o whole.fgm
tail -c 336 resumed.fgm >resumed.tail
tail -c 336 whole.fgm >whole.tail
same resumed.tail whole.tail
