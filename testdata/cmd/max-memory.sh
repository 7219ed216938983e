# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# --max-memory: what fg-build --info says and the data need is enough, a good deal less is refused in one line, and so is
# what files and specs ask for beyond it, however small they are.
. "$FG_TESTDATA/cmd/helpers.inc"
digits=$FG_TESTDATA/digits

# predicted SPEC N SHAPE WHAT: bytes of its graph, or that a command needs.
predicted() {
    fg-build --from "$1" --info -n "$2" ${3:+--set "input.shape=$3"} | sed 's/^memory://' | awk -v what="for $4" 'index($0, what) {
        printf "%d", $1 * ($2 == "KiB" ? 1024 : $2 ~ "MiB" ? 1048576 : $2 == "GiB" ? 1073741824 : 1) }'
}

# enough SPEC N SHAPE COMMAND...: with 4 MiB more than predicted (the data), but not with half of the graph.
enough() {
    bytes=$(predicted "$1" "$2" "$3" "$4")
    half=$(($(predicted "$1" "$2" "$3" "the graph") / 2))
    shift 3
    rm -rf out
    "$@" --max-memory $((bytes + 4194304)) -o out || echo "status $?: $*"
    [ -s out ] || [ -d out ] || echo "no output: $*"
    rm -rf out
    refused 1 "$@" --max-memory "$half" -o out | sed 's/[0-9.]* MiB/N MiB/; s/needs [0-9]* bytes/needs N bytes/'
    [ ! -f out ] && [ ! -f out/a.png ] || echo "an output in spite of it: $*"
}

fg-build mnist --input 12x12x1 --set inference.iterations=2 >digits.json
fg-build --input '?x?x?' mixture tconv:4,sigma=0.05 --set inference.iterations=2 >picture.json
ppm 400 300 0 >a.ppm
enough digits.json 500 '' fg-train -g digits.json --data "$digits"
enough digits.json 50 '' fg-continual -g digits.json --data "$digits" --limit 100 --no-progress
enough picture.json 1 '[300,400,3]' fg-denoise -g picture.json a.ppm

echo "files:"
{
    printf '\0\0\10\3\0\1\206\240\0\0\0\34\0\0\0\34' # 100,000 pictures of 28 x 28, all black
    head -c 78400000 /dev/zero
} | gzip >bomb-images-idx3-ubyte.gz
{
    printf '\0\0\10\1\0\1\206\240'
    head -c 100000 /dev/zero
} | gzip >bomb-labels-idx1-ubyte.gz
fg-build mnist --set inference.iterations=1 >mnist.json
refused 1 fg-train -g mnist.json --data bomb-images-idx3-ubyte.gz,bomb-labels-idx1-ubyte.gz --max-memory 32M
awk 'BEGIN { for (i = 0; i < 300000; i++) print "1.5,2.5,1" }' >long.csv
fg-build --input 2 dense:2 softmax >two.json
refused 1 fg-train -g two.json --data long.csv --max-memory 4M
awk 'BEGIN { printf "{\"format\":\"fg-spec\",\"version\":1,\"variables\":["; for (i = 0; i < 99999; i++) printf "\"v%d\",", i
    print "\"v\"],\"factors\":[]}" }' >many.json
refused 1 fg-infer -g many.json --max-memory 8M
fg-build --input 2 dense:1000000 dense:2 softmax >wide.json
refused 1 fg-train -g wide.json --data "$FG_TESTDATA/xor.csv" --max-memory 100M

echo "sizes:"
for size in 0 1k 1T 12Q -5 ''; do
    fg-train -g two.json --data "$FG_TESTDATA/xor.csv" --iters 1 --max-memory "$size" 2>&1 >/dev/null | head -n 1
done
