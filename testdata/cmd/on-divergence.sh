# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Divergence is answered as asked: by beginning again with more damping, or by a stop that names layer, kind and
# iteration and leaves what was learned before, which can be gone on from.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive

# named: what a message says in front of its reason, and whether that names layer, kind and iteration.
named() {
    awk '{
        reason = $0
        sub(/^fg-[a-z]*: [^:]*: /, "", reason)
        all = reason ~ /layer .[a-z0-9]+. \([a-z]+\)/ && reason ~ /iteration [0-9]+/
        print substr($0, 1, length($0) - length(reason)) (all ? "named" : reason)
    }'
}

awk 'BEGIN { for (i = 1; i <= 12; i++) printf "%.9g,%.9g\n", sin(7 * i), 0.5 * sin(7 * i)
    for (i = 1; i <= 8; i++) printf "%.9g,%.9g\n", 1e6 * sin(7 * i), 1e9 * cos(i) }' >line.csv
fg-build --input 1 dense:4,sigma=1e-3 dense:1,sigma=1e-3 regression:sigma=1e-3 \
    --set inference.iterations=60 --set inference.damping=0 >line.json
learn="fg-continual --data line.csv --batch 4 --no-shuffle --seed 1"
# parameters STATE: the tensors alone.
parameters() { tail -c +$(($(od -An -tu8 -N8 "$1") + 9)) "$1"; }

echo "learning:"
$learn -g line.json -o adapted.fgm --metrics adapted 2>/dev/null
tail -n 1 adapted | grep -o '"batches":5,"retries":[1-9]' | sed 's/[0-9]$/N/'
refused 1 $learn -g line.json -o stopped.fgm --log log --metrics metrics --on-divergence stop >said
named <said
grep -o "[^;]*; --resume.*" said
[ -s log ] && [ -e metrics ] || echo "the log or the metrics are lost"
n=$(sed -nE 's/.*: batch ([0-9]+): .*/\1/p' said)
$learn -g line.json -o before.fgm --limit $((4 * n)) -q && parameters before.fgm >before
parameters stopped.fgm | cmp - before
fg-infer -g stopped.fgm --data line.csv --limit 2 >table && wc -l <table
$learn --resume stopped.fgm --on-divergence adapt -o resumed.fgm 2>/dev/null
parameters resumed.fgm >resumed
parameters adapted.fgm | cmp - resumed

echo "as the model says, and nothing learned:"
fg-build --from line.json --set inference.on_divergence=stop >stop.json
awk 'BEGIN { for (i = 1; i <= 20; i++) printf "%.9g,%.9g\n", 1e6 * sin(7 * i), 1e9 * cos(i) }' >wild.csv
echo old >kept
refused 1 fg-continual -g stop.json --data wild.csv --batch 20 --seed 1 -o kept | named
cat kept
fg-continual -g stop.json --data wild.csv --batch 20 --seed 1 -o passed.fgm --on-divergence adapt -q && fg-infer -g passed.fgm --inspect >shown && echo "begun again"
fg-build xor --set inference.on_divergence=halt 2>&1 | head -n 1

echo "pictures:"
mkdir in
ppm 20 16 0 >in/0.ppm
ppm 20 16 1 >in/1.ppm
fg-build denoise-best --set inference.damping=0.7 --set inference.dropout=0.2 --set inference.iterations=12 >calm.json
fg-build denoise-best --set inference.damping=0 --set inference.dropout=0 --set inference.iterations=24 \
    --set inference.on_divergence=stop >bold.json
fg-denoise -g calm.json in/0.ppm -o calm --save calm.fgm --seed 1
refused 1 fg-denoise -g bold.json in --corrupt 0.1 --seed 1 -o bold --save bold.fgm | named
[ ! -e bold/0.png ] && [ ! -e bold.fgm ] || echo "an output in spite of it"
fg-denoise -g bold.json in --corrupt 0.1 --seed 1 -o bold --save bold.fgm --on-divergence adapt 2>/dev/null
ls bold bold.fgm
refused 2 fg-denoise --baseline median in --on-divergence stop -o out
