# needs: fg-build fg-train fg-infer
# The picture of how classes are taken for each other.
. "$FG_TESTDATA/cmd/helpers.inc"
quadrants 1 80 >all.csv
fg-build --input 2 dense:8,activation=leaky_relu,sigma=0.1,weight_prior=3 dense:4,sigma=0.1,weight_prior=3 softmax \
    --set inference.iterations=300 --set inference.damping=0.7 >spec.json
fg-train -g spec.json --data all.csv --seed 1 -o q.fgm
fg-infer -g q.fgm --data all.csv >plain.csv
fg-infer -g q.fgm --data all.csv --confusion c.png | cmp - plain.csv
fg-infer -g q.fgm --data all.csv --confusion c2.png --score | sed 's/:[-0-9.e+][-0-9.e+]*/:N/g'
same c.png c2.png
od -An -t x1 -N 8 c.png
# Width and height: 4 squares of 32 pixels and a margin of 32.
od -An -t u1 -j 16 -N 8 c.png
# Labels of one class only: the picture changes.
grep -v ',[123]$' all.csv >zero.csv
fg-infer -g q.fgm --data zero.csv --confusion zero.png >/dev/null
cmp -s c.png zero.png && echo "labels do not change the picture"
fg-build regression --set inference.iterations=3 |
    fg-train --data "$FG_TESTDATA/regression/data-1.csv" -o line.fgm
refused 1 fg-infer -g line.fgm --data "$FG_TESTDATA/regression/data-1.csv" --confusion no.png
cut -d , -f 1,2 all.csv >inputs.csv
refused 1 fg-infer -g q.fgm --data inputs.csv --confusion no.png
refused 1 fg-infer -g q.fgm --data all.csv --confusion nowhere/no.png
refused 2 fg-infer -g q.fgm --data all.csv --confusion -
refused 2 fg-infer -g q.fgm --inspect --confusion no.png
refused 1 fg-infer -g "$FG_TESTDATA/graphs/tree.json" --confusion no.png
find . -name 'no.png*'
fg-infer -g q.fgm --data all.csv --confusion - -o kept.csv | cmp - c.png
