# needs: fg-build fg-continual
# Tasks: classes in groups and their three ways of scoring, permutations, and lists; the matrix adds up.
. "$FG_TESTDATA/cmd/helpers.inc"
quadrants 1 200 >train.csv
quadrants 2 80 >test.csv
fg-build --input 2 dense:8,activation=leaky_relu,sigma=0.1,weight_prior=1,weight_init=0.5 dense:4,sigma=0.1 \
    softmax:sigma=0.1 --set inference.iterations=30 >spec.json
fg-build --from spec.json --set layers.1.units=2 >two.json
shown() { sed 's/:[-0-9][-0-9.e+]*/:N/g; s/\([[,]\)[-0-9][-0-9.e+]*/\1N/g; s/\([[,]\)[-0-9][-0-9.e+]*/\1N/g'; }
learn="fg-continual --data train.csv --test test.csv --seed 1 --metrics -"

# agree FILE: average, backward transfer and forgetting as they follow from the matrix.
agree() {
    tail -n 1 "$1" | awk '{
        m = $0; sub(/.*"matrix":\[\[/, "", m); sub(/\]\].*/, "", m); n = split(m, rows, /\],\[/)
        for (i = 1; i <= n; i++) { split(rows[i], r, ","); for (j = 1; j <= n; j++) a[i, j] = r[j] }
        for (j = 1; j <= n; j++) {
            average += a[n, j] / n
            if (j == n) continue
            best = 0
            for (i = 1; i < n; i++) best = a[i, j] > best ? a[i, j] : best
            backward += (a[n, j] - a[j, j]) / (n - 1); forgetting += (best - a[n, j]) / (n - 1)
        }
        split($0, f, /"average":|,"backward_transfer":|,"forgetting":|,"matrix"/)
        if ((f[2] - average) ^ 2 + (f[3] - backward) ^ 2 + (f[4] - forgetting) ^ 2 > 1e-8)
            print "told " f[2], f[3], f[4] ", the matrix says " average, backward, forgetting
    }'
}

for scoring in class task domain; do
    spec=spec.json
    [ $scoring = domain ] && spec=two.json
    $learn -g $spec --tasks split:2 --scoring $scoring --matrix $scoring.png -o $scoring.fgm >$scoring.jsonl || echo "$scoring: status $?"
    agree $scoring.jsonl
    head -c 4 $scoring.png | tail -c 3
    echo
done
shown <class.jsonl
# Only the scoring differs between class and task.
tail -c 900 class.fgm >class.tensors
tail -c 900 task.fgm >task.tensors
same class.tensors task.tensors
awk -F'[:,]' '/"summary"/ { for (i = 1; i < NF; i++) if ($i ~ /"average"/ && $(i + 1) < 0.7) print "learned little: " $0 }' task.jsonl domain.jsonl
$learn -g spec.json --tasks permuted:3 --validate 0.2 --passes 2 -o permuted.fgm >permuted || echo "permuted: status $?"
agree permuted
shown <permuted
# The first permutation is none: as without tasks.
fg-continual -g spec.json --data train.csv --seed 1 -o plain.fgm
$learn -g spec.json --tasks permuted:1 -o first.fgm >first
tail -c 900 plain.fgm >plain.tensors
tail -c 900 first.fgm >first.tensors
same plain.tensors first.tensors
mkdir lists
cp train.csv test.csv lists
printf '# name, training and test data\none train.csv test.csv\n\ntwo test.csv %s/train.csv # and back\n' "$PWD" >lists/tasks
fg-continual -g spec.json --tasks lists/tasks --seed 1 --eval-every 100 --metrics listed -o listed.fgm || echo "listed: status $?"
agree listed
shown <listed
# Tasks can be taken up again.
stopped_after 250 TERM fg-continual -g spec.json --tasks lists/tasks --seed 1 --iters 100 --metrics cut --log log -o cut.fgm
fg-continual --resume cut.fgm --tasks lists/tasks --seed 1 --iters 100 --metrics rest -o cut.fgm || echo "resumed: status $?"
fg-continual -g spec.json --tasks lists/tasks --seed 1 --iters 100 --metrics uncut -o uncut.fgm
sed 's/"\(seconds\|peak_mb\)":[0-9.]*/"\1":N/g' rest | tail -n 1 >a
sed 's/"\(seconds\|peak_mb\)":[0-9.]*/"\1":N/g' uncut | tail -n 1 >b
same a b
tail -c 900 cut.fgm >cut.tensors
tail -c 900 uncut.fgm >uncut.tensors
same cut.tensors uncut.tensors

fail="refused 1 fg-continual -g spec.json --data train.csv --test test.csv -o no.fgm --tasks"
$fail split:3
$fail split:4
$fail split:0
$fail split:x
$fail permuted:-1
$fail permuted:1001
$fail split:2 --scoring domain
$fail permuted:2 --scoring task
$fail lists/tasks
refused 1 fg-continual -g spec.json --tasks nowhere -o no.fgm
for line in one "one train.csv test.csv more" "one nowhere.csv" "one train.csv ,"; do
    printf '%s\n' "$line" >lists/bad
    refused 1 fg-continual -g spec.json --tasks lists/bad -o no.fgm
done
printf '# none\n' >lists/bad
refused 1 fg-continual -g spec.json --tasks lists/bad -o no.fgm
refused 1 fg-continual -g spec.json --tasks spec.json -o no.fgm
refused 2 fg-continual -g spec.json --data train.csv --matrix m.png -o no.fgm
ls -- *.fgm
