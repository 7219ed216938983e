# needs: fg-build fg-train fg-infer
# What a state file is: safetensors that any reader opens, with its history; the same tensors for any number of threads
# and every instruction set.
. "$FG_TESTDATA/cmd/helpers.inc"
data=$FG_TESTDATA/xor.csv
fg-build xor >xor.json
fg-train -g xor.json --data "$data" --seed 7 --iters 40 --metrics metrics --log log -o one.fgm || echo "status $?"
fg-train -g one.fgm --data "$data" --seed 8 --iters 10 --limit 3 -o two.fgm || echo "status $?"
sed 's/:[-0-9.e+][-0-9.e+]*/:N/g' metrics

# The header's length, padded to 8, and the tensors' bytes behind it are all of the file.
python=$(command -v python3 || :)
cat >reader.py <<'END'
import json, struct, sys, zlib
raw = open(sys.argv[1], "rb").read()
length, = struct.unpack("<Q", raw[:8])
header, body = json.loads(raw[8:8 + length]), raw[8 + length:]
meta = header.pop("__metadata__")
assert length % 8 == 0 and raw[8:9] == b"{"
assert all(isinstance(v, str) for v in meta.values())
assert int(meta["crc32"], 16) == zlib.crc32(body)
place = 0
for name, tensor in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
    begin, end = tensor["data_offsets"]
    count = 1
    for d in tensor["shape"]:
        count *= d
    assert tensor["dtype"] == "F64" and begin == place and end - begin == 8 * count
    values = struct.unpack("<%dd" % count, body[begin:end])
    assert all(v == v for v in values) and (not name.endswith("/lambda") or min(values) > 0)
    place = end
    print(name, tensor["shape"])
assert place == len(body)
spec = json.loads(meta["spec"])
print(spec["name"], meta["format"], meta["version"], meta["seed"], meta["examples"], "resume" in meta)
print(meta["commands"].replace(sys.argv[2], "DATA"))
END
cat >wanted <<'END'
dense1/bias/eta [8]
dense1/bias/lambda [8]
dense1/weight/eta [8, 2]
dense1/weight/lambda [8, 2]
dense2/bias/eta [2]
dense2/bias/lambda [2]
dense2/weight/eta [2, 8]
dense2/weight/lambda [2, 8]
xor fg-state 1 8 7 False
fg-train -g xor.json --data DATA --seed 7 --iters 40 --metrics metrics --log log -o one.fgm
fg-train -g one.fgm --data DATA --seed 8 --iters 10 --limit 3 -o two.fgm
END
if [ -n "$python" ]; then
    "$python" reader.py two.fgm "$data" | diff wanted -
    while read -r line; do
        printf '%s\n' "$line" | "$python" -m json.tool >/dev/null || echo "not JSON: $line"
    done <log
fi
grep -c '^{"iteration":[0-9]*,.*"layers":\[{"name":"dense1",.*}\]}$' log

tensors() {
    tail -c 672 "$1"
}
tensors one.fgm >one.tensors
for t in 1 2 3; do
    fg-train -g xor.json --data "$data" --seed 7 --iters 40 --threads $t | tensors - >threads$t.tensors
done
same one.tensors threads1.tensors threads2.tensors threads3.tensors
for isa in portable avx2 avx512; do
    FG_ISA=$isa fg-train -g xor.json --data "$data" --seed 7 --iters 40 -o $isa.fgm 2>isa.err
    case $? in
    0) tensors $isa.fgm >$isa.tensors && same one.tensors $isa.tensors ;;
    2) [ $isa != portable ] || echo "no portable code: $(cat isa.err)" ;;
    *) echo "$isa: $(cat isa.err)" ;;
    esac
    [ ! -s $isa.fgm ] || FG_ISA=$isa fg-infer -g one.fgm --data "$data" >$isa.csv
done
for f in *.csv; do same portable.csv "$f"; done
FG_ISA=mmx refused 2 fg-train -g xor.json --data "$data"
