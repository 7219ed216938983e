# needs: fg-build fg-train fg-infer
# The Python example reads what fg-train writes: the forward pass computed from its means is that of fg-infer.
command -v python3 >/dev/null || { echo "skipped: no python3" && exit 77; }
export PYTHONDONTWRITEBYTECODE=1
reader=$FG_TESTDATA/example/read_state.py
fg-build xor | fg-train --data "$FG_TESTDATA/xor.csv" --seed 1 --iters 20 -o xor.fgm
python3 "$reader" xor.fgm | awk '{ print $1, $2 }'
fg-infer -g xor.fgm --data "$FG_TESTDATA/xor.csv" --by forward >forward.csv
cat >forward.py <<'END'
import csv
import os
import sys

sys.path.insert(0, os.path.join(os.environ["FG_TESTDATA"], "example"))
from read_state import read_state

_, parameters = read_state("xor.fgm")


def dense(name, x):
    (units, inputs), weight, _ = parameters[name + "/weight"]
    bias = parameters[name + "/bias"][1]
    return [bias[o] + sum(weight[o * inputs + i] * x[i] for i in range(inputs)) for o in range(units)]


points = [(-1, -1), (-1, 1), (1, -1), (1, 1)]
for x, row in zip(points, csv.DictReader(open("forward.csv"))):
    hidden = [v if v > 0 else 0.2 * v for v in dense("dense1", x)]
    for mean, key in zip(dense("dense2", hidden), ("mean0", "mean1")):
        if abs(mean - float(row[key])) > 1e-4:
            print(x, key, mean, row[key])
_, _, deviations = parameters["dense1/weight"]
print("deviations below the prior's:", all(0 < d <= 3 for d in deviations))
END
python3 forward.py
python3 "$reader" xor.fgm dense2/bias | awk 'NF == 2 { n++ } END { print n " entries" }'
# What is wrong is said in one line.
refused() {
    python3 "$reader" "$@" >out 2>err
    echo "status $?, $(wc -l <out) lines of output: $(sed "s|$FG_TESTDATA/||" err)"
}
refused none.fgm
refused xor.fgm dense9/bias
head -c 100 xor.fgm >cut.fgm
refused cut.fgm
head -c -8 xor.fgm >short.fgm
refused short.fgm
refused "$FG_TESTDATA/xor.csv"
refused
