# needs: fg-build fg-train fg-infer
# Every format has the same numbers, scores agree with predictions, and outputs that cannot be written leave nothing.
. "$FG_TESTDATA/cmd/helpers.inc"
data=$FG_TESTDATA/xor.csv
fg-build xor | fg-train --data "$data" --seed 1 --iters 200 -o x.fgm
infer() { fg-infer -g x.fgm --data "$data" "$@"; }
rounded() { awk '{ for (i = 1; i <= NF; i++) printf "%.5g%s", $i, i < NF ? " " : "\n" }'; }
infer >p.csv || echo "status $?"
head -n 1 p.csv
tail -n +2 p.csv | tr , ' ' | rounded >csv.rows
infer --format jsonl | sed 's/"[a-z0-9]*"://g; s/[{},]/ /g' | rounded >jsonl.rows
infer --format npy -o p.npy || echo "npy: status $?"
# 4 rows of 7 doubles behind the header.
tail -c 224 p.npy | od -An -v -t f8 -w56 | rounded >npy.rows
same csv.rows jsonl.rows npy.rows
awk '{ s = $2 + $3 - 1; if (s * s > 1e-8 || $1 != ($3 > $2) || $6 <= 0 || $7 <= 0) print "odd: " $0 }' csv.rows
# The score by hand.
infer --score >score || echo "score: status $?"
tail -n +2 "$data" | tr , ' ' | paste -d ' ' csv.rows - | awk '
    { p = $10 ? $3 : $2; nll -= log(p); right += $1 == $10 }
    END { printf "%.4f %.3f\n", right / NR, nll / NR }' >by_hand
awk -F '[:,}]' '{ printf "%.4f %.3f\n", $4, $6 }' score >printed
same by_hand printed
sed 's/:[-0-9.e+][-0-9.e+]*/:N/g' score
# Parts of the data, and batches, in the mean of which a random start is forgotten; targets are not looked at.
infer --limit 2 >two.csv
head -n 3 p.csv | cut -d , -f 1 >first
cut -d , -f 1 two.csv | cmp first -
infer --batch 1 | tail -n +2 | tr , ' ' | paste -d ' ' csv.rows - |
    awk '{ d = $4 - $11; if ($1 != $8 || d > 0.01 || d < -0.01) print "another batch, another answer: " $0 }'
cut -d , -f 1,2 "$data" >inputs.csv
fg-infer -g x.fgm --data inputs.csv | cmp p.csv - || echo "targets change predictions"
fg-infer -g x.fgm --test "$data" | cmp p.csv - || echo "--test is not as --data"
infer --parameters mean | cmp p.csv - || echo "--parameters mean is not the default"
infer --parameters marginal | tail -n +2 | tr , ' ' | rounded | paste -d ' ' csv.rows - |
    awk '!($13 > $6 && $14 > $7) { print "not wider: " $0 }'
infer --iters 5 --log log >quick.csv || echo "log: status $?"
grep -c '^{"iteration":[0-9],"change":' log
# A picture is a PNG, made beside what is printed.
infer --picture p.png | cmp p.csv - || echo "the picture changes predictions"
od -An -t x1 -N 8 p.png
# Where nothing can be written nothing is left.
for f in csv jsonl npy; do
    infer --format $f >/dev/full 2>err && echo "a full device takes $f"
    [ "$(wc -l <err)" -eq 1 ] || cat err
done
mkdir folder
refused 1 fg-infer -g x.fgm --data "$data" -o folder
refused 1 fg-infer -g x.fgm --data "$data" -o nowhere/p.csv
refused 1 fg-infer -g x.fgm --data "$data" --picture nowhere/p.png
refused 1 fg-infer -g x.fgm --data "$data" --picture folder
refused 1 fg-infer -g x.fgm --data "$data" --log nowhere/log
refused 2 fg-infer -g x.fgm --data "$data" --log -
refused 2 fg-infer -g x.fgm --data "$data" --test "$data"
refused 2 fg-infer -g x.fgm --data "$data" --batch 0
refused 2 fg-infer -g x.fgm --data "$data" --parameters map
find . -name '*.csv.*' -o -name '.[a-z]*' -o -path './folder/*'
{
    i=0
    while [ $i -lt 2000 ]; do echo 1,1; i=$((i + 1)); done
} >many.csv
{
    fg-infer -g x.fgm --data many.csv --iters 1 2>err
    echo $? >left
} | head -n 1
case $(cat left) in
0 | 141) ;;
*) echo "a reader that goes away: status $(cat left)" ;;
esac
[ ! -s err ] || cat err
