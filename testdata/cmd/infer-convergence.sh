# needs: fg-build fg-train fg-infer
# What did not converge is said, and is status 3 where convergence is required; what diverged is an error that says why.
. "$FG_TESTDATA/cmd/helpers.inc"
graphs=$FG_TESTDATA/graphs
infer() {
    fg-infer "$@" >out 2>err
    echo "status $?, $(wc -l <out) lines"
    sed 's/[0-9.e+-]*[0-9][0-9.e+-]*/N/g' err
}
echo "not walk-summable:"
infer -g $graphs/not_walk_summable.json --damping 0
infer -g $graphs/not_walk_summable.json --damping 0 --iters 5
infer -g $graphs/not_walk_summable.json --damping 0 --iters 5 --require-convergence
infer -g $graphs/not_walk_summable.json --require-convergence
# Its radius, from a dense solver.
fg-infer -g $graphs/not_walk_summable.json --damping 0 2>&1 >/dev/null | grep -c 'the spectral radius of |R| is 2\.84'
echo "loop:"
infer -g $graphs/loop.json --iters 3
infer -g $graphs/loop.json --iters 3 --require-convergence
infer -g $graphs/loop.json --require-convergence
infer -g $graphs/loop.json --tol 0 --require-convergence
for schedule in sweep synchronous random; do
    fg-infer -g $graphs/loop.json --schedule $schedule --iters 2000 --require-convergence >$schedule.csv || echo "$schedule: status $?"
    awk -F, 'NR > 1 { printf "%s %.4f %.4f\n", $1, $2, $3 }' $schedule.csv >$schedule.rows
done
same sweep.rows synchronous.rows random.rows
# Means are exact where it converges: these are the joint precision's, solved in rational numbers.
awk '{ print $1, $2 }' sweep.rows
echo "tree:"
infer -g $graphs/tree.json --require-convergence
infer -g $graphs/tree.json --schedule random --iters 1
echo "unconstrained:"
infer -g $graphs/unconstrained.json --require-convergence
fg-infer -g $graphs/unconstrained.json --format jsonl 2>/dev/null
echo "a long chain, and two variables that nothing reaches:"
awk 'BEGIN {
    printf "{\"format\":\"fg-spec\",\"version\":1,\"variables\":[{\"name\":\"x0\",\"prior\":{\"mean\":1,\"sigma\":1}}"
    for (i = 1; i < 1000; i++) printf ",\"x%d\"", i
    printf ",\"y\",\"z\"],\"factors\":[{\"kind\":\"pairwise\",\"variables\":[\"y\",\"z\"],\"sigma\":1}"
    for (i = 1; i < 1000; i++) printf ",{\"kind\":\"pairwise\",\"variables\":[\"x%d\",\"x%d\"],\"sigma\":1}", i - 1, i
    print "]}"
}' >chain.json
infer -g chain.json
infer -g chain.json --iters 5000
echo "states:"
fg-build xor | fg-train --data "$FG_TESTDATA/xor.csv" --iters 50 -o x.fgm
infer -g x.fgm --data "$FG_TESTDATA/xor.csv" --iters 5 --tol 0.000001
infer -g x.fgm --data "$FG_TESTDATA/xor.csv" --iters 5 --tol 0.000001 --require-convergence
infer -g x.fgm --data "$FG_TESTDATA/xor.csv" --tol 0.01 --require-convergence
fg-build xor | fg-train --data "$FG_TESTDATA/xor.csv" --iters 5 --require-convergence -o y.fgm
echo "training: status $?"
fg-infer -g y.fgm --data "$FG_TESTDATA/xor.csv" | wc -l
echo "misused:"
refused 1 fg-infer -g $graphs/tree.json --score
refused 1 fg-infer -g $graphs/tree.json --data "$FG_TESTDATA/xor.csv"
refused 1 fg-infer -g $graphs/tree.json --picture tree.png
refused 1 fg-infer -g "$FG_TESTDATA/xor.csv"
fg-build xor | refused 1 fg-infer --data "$FG_TESTDATA/xor.csv"
find . -name '*.png'
