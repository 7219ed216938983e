# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# Wrong calls that beginners make: one line each that says what to type instead, nothing written.
. "$FG_TESTDATA/cmd/helpers.inc"
xor=testdata/xor.csv
beginner
head -c 500 xor.fgm >cut.fgm
printf '1,1\n' >inputs.csv
printf '\0\0\0\040ftypisom' >film.mp4
printf '\377\330\377\340' >photo.jpg
: >nothing
mkdir empty test-only
images 4 0 >four
labels 4 0 >four-labels
images 4 0 >test-only/t10k-images-idx3-ubyte
labels 4 0 >test-only/t10k-labels-idx1-ubyte

echo "A typing error, or another file than is meant:"
refused 2 fg-build mnits
refused 2 fg-build xor.json
refused 2 fg-build dense:10
refused 2 fg-build help
refused 2 fg-build xor -g xor.json
refused 1 fg-build --from xor
refused 1 fg-build --from $xor
refused 1 fg-build --from picture.png
refused 2 fg-build --input 28x28x1 convv:16
refused 2 fg-build --input 28x28x1 conv:16,kernal=5
refused 2 fg-build --input 2 dense:8 relu dense:2 softmax
refused 2 fg-build --input 2 dense:8,relu dense:2 softmax
refused 2 fg-build --input 2 linear:8 softmax
refused 2 fg-build --input 2 flatten dense:2 softmax
refused 2 fg-build --input 2 dense=8 softmax
refused 2 fg-build --input 2 dense softmax
refused 2 fg-build --input 2 softmax:2
refused 2 fg-build --input 28,28,1 dense:10 softmax
refused 2 fg-build xor --set layers.0.unit=16
refused 2 fg-build xor --set damping=0.5
refused 2 fg-build xor --set inference.iters=5
refused 2 fg-build xor --damping 0.5
refused 2 fg-build xor dense:3
refused 2 fg-train -g xor.json --data $xor --epochs 5
refused 2 fg-train -g xor.json --data $xor --batch 50
refused 2 fg-train -g xor.json --test $xor
refused 2 fg-train -g xor.json --data $xor --labels labels.npy
refused 2 fg-train -g xor.json -data $xor
refused 2 fg-train -g xor.json --data -o no.fgm
refused 2 fg-infer -g xor.fgm --info
refused 2 fg-infer -g xor.fgm --data $xor -score
refused 2 fg-continual -g xor.json --data $xor --test -o no.fgm
refused 2 fg-denoise -g pixels.json --corrupt -o out picture.png
refused 2 fg-train --model xor.json --data $xor
refused 2 fg-denoise -g pixels.json --input picture.png -o out
refused 2 fg-denoise --baseline meidan picture.png -o out
refused 2 fg-denoise -g pixels.json picture.png --corrupt 10% -o out
refused 1 fg-continual -g xor.json --data $xor --tasks spilt:2 -o no.fgm
refused 1 fg-continual -g xor.json --data $xor --tasks split -o no.fgm
refused 1 fg-continual -g xor.json --data $xor --tasks split:2 -o no.fgm
refused 1 fg-continual -g xor.json --data $xor --tasks split:3 -o no.fgm
refused 1 fg-infer -g xor.fmg --data $xor
refused 1 fg-infer -g xor.fgm --data testdata/xr.csv
refused 1 fg-infer -g xor.fgm --data "$xor $xor"
refused 1 fg-denoise -g pixels.json pictur.png -o out

echo "No model, or something that is none:"
for c in fg-train fg-infer fg-continual; do
    refused 1 $c --data $xor
    refused 1 $c -g xor --data $xor
    refused 2 $c xor --data $xor
    refused 1 $c -g nowhere --data $xor
    refused 1 $c -g $xor --data xor.json
    refused 1 $c -g picture.png --data $xor
    refused 1 $c -g nothing --data $xor
    refused 1 $c -g empty --data $xor
    refused 1 $c -g cut.fgm --data $xor
    refused 2 $c xor.json --data $xor
done
refused 2 fg-denoise
refused 1 fg-denoise picture.png -o out
refused 1 fg-denoise -g denoise-best picture.png -o out
refused 1 fg-denoise -g picture.png picture.png -o out

echo "A spec for a state, and models of something else:"
refused 1 fg-infer -g xor.json --data $xor
refused 1 fg-infer -g pixels.json --data $xor
refused 1 fg-infer -g testdata/graphs/tree.json --data $xor
refused 1 fg-train -g testdata/graphs/tree.json --data $xor
refused 1 fg-train -g pixels.json --data $xor
refused 1 fg-continual -g pixels.json --data $xor
refused 1 fg-continual --resume xor.fgm --data $xor
refused 1 fg-continual --resume xor.json --data $xor
refused 1 fg-denoise -g xor.fgm picture.png -o out

echo "No data, or others than the model has:"
refused 2 fg-train -g xor.json
refused 1 fg-infer -g xor.fgm
refused 2 fg-infer -g xor.fgm $xor
refused 2 fg-continual -g xor.json
refused 2 fg-continual -g xor.json --data $xor --eval-every 5 -o no.fgm
for c in "fg-train -g xor.json" "fg-infer -g xor.fgm --score"; do
    refused 1 $c --data xor.json
    refused 1 $c --data xor.fgm
    refused 1 $c --data picture.png
    refused 1 $c --data testdata/clip
    refused 1 $c --data empty
    refused 1 $c --data test-only
    refused 1 $c --data nothing
    refused 1 $c --data nowhere.csv
    refused 1 $c --data inputs.csv
    refused 1 $c --data four,four-labels
    refused 1 $c --data $xor,$xor
done
refused 1 fg-train -g line.json --data $xor
refused 1 fg-infer -g line.fgm --data $xor
refused 1 fg-denoise -g pixels.json $xor -o out
refused 1 fg-denoise -g pixels.json xor.fgm -o out
refused 1 fg-denoise -g pixels.json empty -o out
refused 1 fg-denoise -g pixels.json film.mp4 -o out
refused 1 fg-denoise -g pixels.json photo.jpg -o out
refused 1 fg-denoise -g pixels.json picture.png --filters no.png -o out
refused 1 fg-denoise -g pixels.json picture.png --noise auto -o out

echo "Nowhere to write:"
refused 1 fg-train -g xor.json --data $xor -o empty
refused 1 fg-train -g xor.json --data $xor -o nowhere/x.fgm
refused 2 fg-infer -g xor.fgm --data $xor --picture -
refused 1 fg-denoise -g pixels.json picture.png -o out.png
refused 1 fg-denoise -g pixels.json picture.png -o xor.json
refused 2 fg-continual -g xor.json --data $xor --checkpoint 5

echo "A terminal where a pipe was meant:"
if command -v script >/dev/null; then
    for c in "fg-train --data $xor -o no.fgm" "fg-infer --data $xor" "fg-train -g xor.json --data $xor" "fg-denoise picture.png -o out" \
        "fg-denoise -g pixels.json -o out" "fg-denoise -g pixels.json picture.png" "fg-denoise" \
        "fg-denoise -g pixels.json - -o out" "fg-denoise -g - picture.png -o out" \
        "fg-denoise --baseline median picture.png --clean - -o out" "fg-train -g - --data $xor -o no.fgm" \
        "fg-continual --resume - --data $xor -o no.fgm" "fg-build --check" "fg-build --from -" \
        "fg-train -g xor.json --data -,labels.npy -o no.fgm"; do
        script -qec "$c" /dev/null </dev/null 2>&1 | tr -d '\r'
    done
else
    sed '1,/^A terminal/d' "$FG_TESTDATA/cmd/errors-beginner.out" # not on every system
fi
find . -name 'no*' ! -name nothing -o -path './out/*'
