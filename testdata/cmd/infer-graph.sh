# needs: fg-build fg-infer
# Explicit graphs: marginals by name, or a statement of what is wrong with the graph.
. "$FG_TESTDATA/cmd/helpers.inc"
for name in tree loop robust unconstrained not_walk_summable; do
    echo "$name:"
    fg-infer -g "$FG_TESTDATA/graphs/$name.json" >"$name.csv"
    echo "status $?"
    awk -F, 'NR == 1 { print; next } { printf "%s", $1; for (i = 2; i <= NF; i++) printf ($i == "" ? ",%s" : ",%.3g"), $i; print "" }' "$name.csv"
done
fg-infer <"$FG_TESTDATA/graphs/tree.json" >stdin.csv
same tree.csv stdin.csv
fg-infer -g "$FG_TESTDATA/graphs/tree.json" --threads 2 | cmp tree.csv -
refused 1 fg-infer -g nowhere.json
