# needs: fg-build fg-train fg-infer
# Arrays and tables go between numpy and the commands: what numpy.save and savetxt write is data, in whatever type and
# order, and what fg-infer writes numpy reads, also into its own picture of a state.
. "$FG_TESTDATA/cmd/helpers.inc"
python=
for candidate in "$(command -v python3)" /usr/bin/python3; do
    [ -n "$python" ] || { "$candidate" -c 'import numpy' 2>/dev/null && python=$candidate; }
done
[ -n "$python" ] || { echo "skipped: no numpy" && exit 77; }
cat >write.py <<'END'
import numpy as np

table = np.array([[-1, -1, 0], [-1, 1, 1], [1, -1, 1], [1, 1, 0]])
x, y = table[:, :2], table[:, 2]
np.savetxt("plain.csv", table, delimiter=",")
np.savetxt("short.csv", table, delimiter=",", fmt="%g", header="x,y,class")
np.savetxt("named.csv", table, delimiter=",", fmt="%d", header="x,y,class", comments="")
np.save("y.npy", y)
np.save("x.npy", x.astype(np.float32))
np.save("x-double.npy", x.astype(np.float64))
np.save("x-big.npy", x.astype(">f8"))
np.save("x-columns.npy", np.asfortranarray(x.astype(np.float64)))
np.save("x-int.npy", x.astype(np.int8))
np.save("y-bytes.npy", y.astype(np.uint8))
grey = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
np.save("grey.npy", grey)
np.save("shades.npy", (grey / 255).astype(np.float32)[..., np.newaxis])
np.save("targets.npy", np.linspace(-1, 1, 8).reshape(4, 2))
END
"$python" write.py
# learned NAME SPEC FILES: what is learned from the data, without the command line that stands before it.
learned() {
    fg-train -g "$2" --data "$3" --seed 1 --iters 20 -o "$1.fgm" || echo "$3: status $?"
    tail -c +$(($(od -An -tu8 -N8 "$1.fgm") + 9)) "$1.fgm" >"$1.learned"
}
fg-build xor >xor.json
learned csv xor.json plain.csv
n=0
for files in short.csv named.csv x.npy,y.npy x-double.npy,y-bytes.npy x-big.npy,y.npy x-columns.npy,y.npy x-int.npy,y.npy; do
    learned other xor.json $files
    cmp csv.learned other.learned && n=$((n + 1))
done
echo "$n other ways to give the same data"
fg-build --input 5x6x1 conv:2,kernel=2 dense:2 regression >pictures.json
learned bytes pictures.json grey.npy,targets.npy
learned floats pictures.json shades.npy,targets.npy
same bytes.learned floats.learned

fg-infer -g csv.fgm --data x.npy --by forward >rows.csv
fg-infer -g csv.fgm --data x.npy --by forward --format npy -o rows.npy
cat >read.py <<'END'
import json

import numpy as np

rows, table = np.load("rows.npy"), np.genfromtxt("rows.csv", delimiter=",", names=True)
print(rows.dtype, rows.shape, table.dtype.names)
print("the same numbers:", np.allclose(rows, np.array(table.tolist()), rtol=1e-6, equal_nan=True))

# The forward pass of the state's means is the prediction.
content = np.fromfile("csv.fgm", np.uint8)
start = 8 + int(content[:8].view("<u8")[0])
entries = json.loads(bytes(content[8:start]))


def mean(name):
    eta, precision = (content[start:][slice(*entries[name + part]["data_offsets"])].view("<f8") for part in ("/eta", "/lambda"))
    return (eta / precision).reshape(entries[name + "/eta"]["shape"])


hidden = np.load("x.npy") @ mean("dense1/weight").T + mean("dense1/bias")
hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
logits = hidden @ mean("dense2/weight").T + mean("dense2/bias")
print("the same means:", np.allclose(logits, np.column_stack([table["mean0"], table["mean1"]]), atol=1e-4))
END
"$python" read.py
