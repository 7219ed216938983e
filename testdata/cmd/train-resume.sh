# needs: fg-build fg-train fg-infer
# An interrupted run goes on with its own data and seed only; what it learned can be the prior of a new run.
. "$FG_TESTDATA/cmd/helpers.inc"
quadrants 1 12 >data.csv
quadrants 2 12 >other.csv
quadrants 2 11 >fewer.csv
fg-build --input 2 dense:3,activation=tanh dense:4 softmax >spec.json
stopped_after 20 TERM fg-train -g spec.json --data data.csv --seed 3 --iters 1000000 -o part.fgm --log log
cp part.fgm kept.fgm

# keys STATE: the metadata that belongs to unfinished runs.
keys() { head -c 65536 "$1" | grep -aoE '"(resume[a-z_]*|continual)":' | tr '\n' ' ' && echo; }
keys part.fgm

numbers() { sed -E 's/checksum [0-9a-f]+, there [0-9a-f]+/checksum N, there N/; s/done [0-9]+/done N/'; }
for data in other.csv fewer.csv 'data.csv --limit 5' 'data.csv --seed 5' 'data.csv --iters 10'; do
    refused 1 fg-train -g part.fgm --data $data -o part.fgm | numbers
done
cmp part.fgm kept.fgm
fg-build --from spec.json --set inference.iterations=5 >short.json
stopped_after 20 TERM fg-train -g short.json --data data.csv --seed 3 --iters 1000000 -o short.fgm --log log
refused 1 fg-train -g short.fgm --data data.csv -o no.fgm | numbers

echo "goes on:"
# end STATE: --iters for 500 iterations more.
end() { echo $(($(fg-train -g "$1" --data data.csv --iters 1 -o no.fgm 2>&1 | sed 's/.*has done \([0-9]*\) iterations.*/\1/') + 500)); }
iters=$(end part.fgm)
fg-train -g part.fgm --data data.csv --iters "$iters" -o one.fgm
fg-train -g part.fgm --data data.csv --seed 3 --iters "$iters" -o two.fgm
tail -c 300 one.fgm >one.tail
tail -c 300 two.fgm >two.tail
same one.tail two.tail
keys one.fgm
# A state of before there was a checksum has any data of as many rows.
sed s/resume_data/another_key/ part.fgm >old.fgm
fg-train -g old.fgm --data other.csv --iters "$iters" -o old-other.fgm && echo old
refused 1 fg-train -g old.fgm --data fewer.csv --iters "$iters" -o no.fgm

echo "a new run:"
fg-train -g part.fgm --data other.csv --no-resume --seed 5 -o new.fgm
keys new.fgm
fg-infer -g new.fgm --inspect | grep -E 'observations|seed'
