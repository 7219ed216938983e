# needs: fg-build fg-train fg-infer
# Data and states that cannot be used: one line that says why, no file left or changed.
. "$FG_TESTDATA/cmd/helpers.inc"
data=$FG_TESTDATA/xor.csv
fg-build xor >xor.json
fg-train -g xor.json --data "$data" --seed 1 --iters 5 -o good.fgm
train="fg-train -g xor.json --data"
refused 1 $train nowhere.csv
refused 1 $train .
refused 1 $train /dev/null
refused 1 $train xor.json
refused 2 fg-train -g xor.json
refused 2 $train "$data" extra
refused 1 fg-train -g nowhere.json --data "$data"
refused 1 fg-train -g "$data" --data "$data"
refused 1 fg-infer -g xor.json --data "$data"
refused 1 fg-infer -g good.fgm --data nowhere.csv
refused 1 fg-infer -g good.fgm
refused 2 fg-infer -g good.fgm --data "$data" --format xml
for f in "$FG_TESTDATA"/bad/data/*.csv; do
    $train "$f" >out 2>err && echo "takes $f"
    [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] || echo "$f: $(cat err)"
done
for f in "$FG_TESTDATA"/bad/data/*.fgm; do
    fg-infer -g "$f" --data "$data" >out 2>err && echo "takes $f"
    [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] || echo "$f: $(cat err)"
done
# A state cut anywhere, or with one byte changed, is refused.
size=$(wc -c <good.fgm)
n=0
while [ "$n" -lt "$size" ]; do
    head -c "$n" good.fgm >cut.fgm
    fg-infer -g cut.fgm --data "$data" >out 2>err && echo "takes the first $n bytes"
    [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] || echo "first $n bytes: $(cat err)"
    n=$((n + 97))
done
for back in 3 50 150 300; do
    {
        head -c $((size - back)) good.fgm
        printf '\125'
        tail -c $((back - 1)) good.fgm
    } >changed.fgm
    fg-infer -g changed.fgm --data "$data" >out 2>err && echo "takes a changed byte $back from the end"
done
echo old >kept.fgm
fg-train -g xor.json --data nowhere.csv -o kept.fgm 2>/dev/null
cat kept.fgm
fg-train -g xor.json --data "$data" --iters 5 -o nowhere/x.fgm
echo "status $?"
fg-train -g xor.json --data "$data" --iters 5 >/dev/full
echo "status $?"
fg-train -g xor.json --data "$data" --iters 5 --log /dev/full -o log.fgm
echo "status $?"
fg-infer -g good.fgm --data "$data" >/dev/full
echo "status $?"
fg-infer -g good.fgm --data "$data" >&-
echo "status $?"
fg-train -g xor.json --data "$data" --iters 3 --require-convergence -o unconverged.fgm
echo "not converged: status $?"
ls
