# needs: fg-build fg-train fg-infer
# Models and data that do not go together: one line that says why, nothing written.
. "$FG_TESTDATA/cmd/helpers.inc"
data=$FG_TESTDATA/xor.csv
fg-build xor >xor.json
fg-train -g xor.json --data "$data" --iters 5 -o good.fgm
train="fg-train -o never.fgm -g"
refused 2 fg-train -g xor.json
refused 2 fg-train -g xor.json --data "$data" --log -
refused 2 fg-train -g xor.json --data "$data" --metrics -
refused 2 fg-train -g xor.json --data "$data" --log - -o -
refused 1 $train "$FG_TESTDATA/graphs/tree.json" --data "$data"
fg-build denoise-pairwise >pairwise.json
refused 1 $train pairwise.json --data "$data"
refused 2 $train - --data - <xor.json
: | refused 1 $train - --data "$data"
# Columns and labels.
echo 1,1 >few.csv
printf '1,1,0\n1,1,0,1\n' >ragged.csv
printf '0,0,0\n1,0,2\n' >class.csv
echo 1,1,-1 >negative.csv
echo 1,1,0.5 >fraction.csv
for f in few ragged class negative fraction; do
    refused 1 $train xor.json --data $f.csv
    refused 1 fg-infer -g good.fgm --data $f.csv --score -o never.csv
done
# Parameters of another shape than the spec's, in one step with good metadata: the state of one model under the spec of
# another.
fg-build xor --set layers.0.units=9 >nine.json
fg-train -g nine.json --data "$data" --iters 5 -o nine.fgm
sed 's/\\"units\\": 9,/\\"units\\": 8,/' <nine.fgm >mixed.fgm
refused 1 $train mixed.fgm --data "$data"
refused 1 fg-infer -g mixed.fgm --data "$data" -o never.csv
sed 's/\\"name\\": \\"dense1\\"/\\"name\\": \\"dense3\\"/' <good.fgm >renamed.fgm
refused 1 $train renamed.fgm --data "$data"
sed 's/"version":"1"/"version":"9"/' <good.fgm >version.fgm
refused 1 fg-infer -g version.fgm --data "$data"
sed 's/\\"kind\\": \\"softmax\\"/\\"kind\\": \\"softmux\\"/' <good.fgm >kind.fgm
refused 1 fg-infer -g kind.fgm --data "$data"
# Metrics on standard output are fine where the state goes to a file.
fg-train -g xor.json --data "$data" --iters 5 --metrics - -o fine.fgm | sed 's/:[-0-9.e+][-0-9.e+]*/:N/g'
fg-train -g xor.json --data "$data" --iters 5 --log - -o fine.fgm | wc -l
fg-train -g xor.json --data "$data" --iters 5 -o folder/never.fgm 2>/dev/null || echo "status $?"
find . -name '*never*'
