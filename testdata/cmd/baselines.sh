# needs: fg-build fg-continual
# scripts/baselines.py: learns, chooses its rate without the test data, replays; and scripts/reproduce-fig4.sh with it.
. "$FG_TESTDATA/cmd/helpers.inc"
case $FG_VARIANT in
asan | tsan) echo "skipped: Python gains nothing under a sanitizer" && exit 77 ;;
esac
for python in python3 /usr/bin/python3; do
    "$python" -c 'import torch' 2>/dev/null && break
    python=
done
if [ -z "$python" ]; then
    echo "skipped: no torch"
    exit 77
fi
unset MODELS MODEL LIMIT ITERS FG_DATA PYTHON
mkdir -p sets/eight sets/other sets/small sets/cut sets/cifar-10
images 120 0 8 | gzip >sets/eight/train-images-idx3-ubyte.gz
labels 120 0 >sets/eight/train-labels-idx1-ubyte
images 40 1 8 >sets/eight/t10k-images-idx3-ubyte
labels 40 1 | gzip >sets/eight/t10k-labels-idx1-ubyte.gz
cp sets/eight/t* sets/other
cp sets/eight/t* sets/cut
rm sets/other/t10k-labels-idx1-ubyte.gz
labels 40 0 >sets/other/t10k-labels-idx1-ubyte
head -c 1000 sets/eight/t10k-images-idx3-ubyte >sets/cut/t10k-images-idx3-ubyte
for part in train t10k; do
    images 20 0 >sets/small/$part-images-idx3-ubyte
    labels 20 0 >sets/small/$part-labels-idx1-ubyte
done
for i in 1 2 3 4 5; do records 0 1 1 0 >sets/cifar-10/data_batch_$i.bin; done
records 1 0 1 >sets/cifar-10/test_batch.bin
cat >try.py <<'END'
import contextlib, io, json, sys, types
import numpy as np
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import baselines

def run(folder, *options):
    """Status, and what it says: metrics, or the error."""
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["baselines.py", "--data", "sets/" + folder, "--seed", "1", *options]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = baselines.main()
        except SystemExit as stop:
            return stop.code, err.getvalue().splitlines()[-1]
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    for line in lines:
        for key in ("seconds", "peak_mb"):
            assert line.pop(key, 1) >= 0
    return status, lines if not status else err.getvalue().strip()

every = ["--examples", "90"]
results = {name: run("eight", *every, *options.split()) for name, options in {
    "linear": "--method linear", "linear-100": "--method linear --steps 100", "cnn": "--method cnn --batch 10",
    "replay": "--method cnn --batch 10 --replay 20", "standardised": "--method linear --steps 100 --standardise"}.items()}
for name, (status, lines) in results.items():
    rates, summary = lines[:-1], lines[-1]
    assert status == 0 and summary["summary"] and summary["examples"] == 90, name
    best = max(rates, key=lambda line: (line["validation_accuracy"], -line["validation_nll"]))
    assert best["rate"] == summary["rate"] and [line["rate"] for line in rates] == baselines.RATES, name
    if name != "linear" and summary["accuracy"] < 0.9:
        print(name, "learned little:", summary)
assert run("eight", *every, "--method", "cnn", "--batch", "10") == results["cnn"], "not the same again"
assert results["replay"] != results["cnn"], "replay does nothing"
one = run("eight", "--examples", "50", "--method", "cnn")
assert run("eight", "--examples", "50", "--method", "cnn", "--replay", "9") == one, "replayed before there was anything"
# Other test labels change what is measured, but nothing that was chosen.
other = run("other", *every, "--method", "cnn", "--batch", "10")[1]
assert other[:-1] == results["cnn"][1][:-1] and other[-1]["rate"] == results["cnn"][1][-1]["rate"]
assert abs(other[-1]["accuracy"] + results["cnn"][1][-1]["accuracy"] - 1) < 1e-9
# All examples are learned from where all are asked for; their number is bounded by what there is.
print(run("eight", "--examples", "120", "--method", "linear")[1][-1]["examples"],
      run("cifar-10", "--examples", "20", "--method", "cnn", "--standardise")[0])
scaled = baselines.Scaled(baselines.read_part("sets/cifar-10", False)[0], True)(baselines.read_part("sets/cifar-10", False)[0])
assert abs(float(scaled[:, 0].mean())) < 1e-5 and abs(float(scaled[:, 0].std(unbiased=False)) - 1) < 1e-4
assert float(scaled[:, 1].abs().max()) < 1e-4

# A step's rows are new ones and as many of the last --replay before them; passes end with --steps.
options = types.SimpleNamespace(batch=4, replay=6, steps=None)
seen = []
for rows in baselines.batches(18, options, np.random.RandomState(0)):
    new, drawn = [r for r in rows if r not in seen], [r for r in rows if r in seen]
    assert new == list(range(len(seen), min(len(seen) + 4, 18))) and set(drawn) <= set(seen[-6:]), rows
    assert len(drawn) == len(set(drawn)) == min(len(new), len(seen)), rows
    seen += new
options = types.SimpleNamespace(batch=4, replay=None, steps=7)
steps = [list(rows) for rows in baselines.batches(10, options, np.random.RandomState(0))]
assert len(steps) == 7 and sorted(sum(steps[3:6], [])) == list(range(10)) and steps[:3] != steps[3:6]

for arguments in (["small", "--method", "cnn", "--examples", "9"], ["none", "--method", "cnn", "--examples", "9"],
                  ["cut", "--method", "cnn", "--examples", "9"], ["eight", "--method", "cnn", "--examples", "121"],
                  ["eight", "--method", "cnn", "--examples", "9", "--limit", "1"],
                  ["eight", "--method", "tree", "--examples", "9"], ["eight", "--method", "cnn", "--examples", "0"]):
    print(*run(*arguments))
END
"$python" try.py "$FG_TESTDATA/../scripts" || echo "status $?"
fg-build --input 8x8x1 dense:2,weight_prior=0.5,sigma=0.2 softmax >eight.json
for i in 1 2; do
    DATA=sets SETS=eight MODELS=eight.json SEEDS=1 ITERS=4 OUT=out SIZES='30' BASELINES=linear REPLAY=9 PYTHON=$python sh \
        "$FG_TESTDATA/../scripts/reproduce-fig4.sh" "$(dirname "$(command -v fg-build)")" | grep -v gnuplot |
        sed 's/[0-9.]* s$/N s/'
done
cut -d, -f1-4 out/fig4.csv
sed -n 's/^{"summary".*"accuracy":\([0-9.]*\).*/\1/p' out/eight-linear-n30-1.jsonl | awk '{ printf "%.6f\n", $1 }' >a
sed -n 's/^eight,linear,30,1,\([0-9.]*\),.*/\1/p' out/fig4.csv >b
same a b
