# needs: fg-build fg-train fg-continual
# scripts/plot-curves.sh: pictures of metrics and logs as the commands write them, and what cannot be drawn.
command -v gnuplot >/dev/null || { echo "skipped: no gnuplot" && exit 77; }
. "$FG_TESTDATA/cmd/helpers.inc"
plot() { sh "$FG_TESTDATA/../scripts/plot-curves.sh" "$@"; }
quadrants 1 60 >all.csv
fg-build --input 2 dense:4 softmax --set inference.iterations=5 >spec.json
learn() { fg-continual -g spec.json --data all.csv --test all.csv --batch 10 "$@"; }
learn --eval-every 10 --seed 1 --metrics one.jsonl --log log.jsonl -o x.fgm
learn --eval-every 10 --seed 2 --metrics two.jsonl -o x.fgm
learn --tasks split:2 --metrics tasks.jsonl -o x.fgm
kind() { od -An -c -j1 -N3 "$1" | tr -d ' '; }
plot -o curves.png one.jsonl two.jsonl && kind curves.png
plot -o tasks.png tasks.jsonl && kind tasks.png
plot -o log.png log.jsonl && kind log.png
# As SVG, whose titles tell which curves are in it.
titles() { sed -n 's/^.*<title>\([^<]*\)<.*/title \1/p' "$1" | grep -v Gnuplot; }
plot -o curves.svg one.jsonl two.jsonl && titles curves.svg
plot -o tasks.svg tasks.jsonl && titles tasks.svg
plot -o log.svg log.jsonl && titles log.svg
fg-build regression --set inference.iterations=5 | fg-continual --data "$FG_TESTDATA/regression/data-1.csv" \
    --test "$FG_TESTDATA/regression/curve-1.csv" --metrics line.jsonl -o line.fgm
plot -o line.svg line.jsonl && titles line.svg
echo "-- refused"
status plot
status plot one.jsonl
status plot -o no.png
status plot -o no.png nowhere
status plot -o no.png all.csv
status plot -o no.png one.jsonl log.jsonl
status plot -o no.png log.jsonl log.jsonl
status plot -o nowhere/no.png one.jsonl
status plot -o . one.jsonl
grep summary one.jsonl | sed 's/"accuracy"/"iteration"/' >summary.jsonl
status plot -o no.png summary.jsonl
echo old >kept.png
status plot -o kept.png summary.jsonl
cat kept.png
find . -name 'no.png*' -o -name '*.part'
