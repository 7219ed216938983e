# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# More wrong calls, command by command: a fault that a message names is followed by what to type.
. "$FG_TESTDATA/cmd/helpers.inc"
xor=testdata/xor.csv
line=testdata/regression/data-1.csv
beginner
fg-build --input 4x4x1 dense:2 softmax --set inference.iterations=3 >four.json
mkdir empty page plain
images 6 0 >six
labels 6 0 >six-labels
labels 4 0 >fewer
echo '<html>' >page/train-images-idx3-ubyte
echo '<html>' >page/train-labels-idx1-ubyte
printf '1,2\n3,4\n' | tee plain/two.csv >plain/a.csv
printf '1,1,a\n1,0,b\n' >words.csv
printf '1,1,0.5\n' >real.csv
printf '1,1,7\n' >seventh.csv
printf '1,1,0\n1,,1\n' >gap.csv
printf '1,1,0\n1,nan,1\n' >nan.csv
printf '0,1,1\n1,1,0\n' >three.csv
printf '1,1,0\n1,0\n' >ragged.csv
printf '1,2,x\n1,1,0\n' >typo.csv
printf '1;1;0\n1;0,5;1\n' >comma.csv
printf '1,1,0,\n1,0,1,\n' >trailing.csv
head -c 30 six >six-cut
head -c 5000 picture.png >cut.png
{ head -c 3000 picture.png && printf XXXX && tail -c +3005 picture.png; } >damaged.png
ppm 12 10 0 | head -c 100 >cut.ppm
ppm 12 10 0 >small.ppm
printf 'PK\003\004\024' >x.npz
: >nothing

# np SHAPE VALUES [TYPE]: an NPY file, of one-byte numbers if not said, to stdout.
np() {
    type=${3:-"'|u1'"}
    printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': $type, 'fortran_order': False, 'shape': ($1), }"
    printf %b "$2"
}
np '3, 2' '\001\002\003\001\002\003' >x.npy
np '3,' '\000\001\001' >y.npy
np '1, 2' 'AAAA' "'<f2'" >half.npy
np '1, 2' 'AAAAAAAAAAAAAAAA' "'|O'" >objects.npy
np '1,' 'AAAAAAAA' "[('a', '<f4'), ('b', '<f4')]" >record.npy
np '3, 2' '\001' >cut.npy

echo "fg-build:"
refused 2 fg-build --input 28x28x1
refused 2 fg-build --input 2 dense:10 softmax dense:2
refused 2 fg-build --input 2 dense:1 softmax
refused 2 fg-build --input 2 conv:4 dense:2 softmax
refused 2 fg-build mnist --input 28
refused 2 fg-build --input 3x3x1 conv:4,kernel=5 dense:2 softmax
refused 2 fg-build --input 12x12x1 conv:4,kernel=5 max_pool:9 dense:2 softmax
refused 2 fg-build --input 12x12x1 features:4,kernel=9,size=5 dense:2 softmax
refused 2 fg-build --input 28 avg_pool:2 dense:2 softmax
refused 2 fg-build --input 28x28x1 conv:3,size=3 dense:2 softmax
refused 2 fg-build --input 28x28x1 max_pool:3,kernel=2 dense:2 softmax
refused 2 fg-build mnist --set input.shape.3=3
refused 2 fg-build xor --set input.shape.1=3
refused 2 fg-build --input 2 'dense:8 dense:2 softmax'
refused 2 fg-build --input 2 dense:eight softmax
refused 2 fg-build --input 2 dense:8,activation softmax
refused 2 fg-build xor --set layers.9.units=4
refused 2 fg-build xor --set layers.dense1.units=4
refused 2 fg-build xor --set 'layers[0].units=4'
refused 2 fg-build xor --set layers.0.units=
refused 2 fg-build xor --set layers.0.units=abc
refused 2 fg-build xor --set layers.0.kind=conv
refused 2 fg-build xor --set units=4
refused 2 fg-build xor --set seed=3
refused 2 fg-build xor --set colour=red
refused 2 fg-build xor -n 4
refused 2 fg-build xor --info -n 0
refused 2 fg-build list
refused 2 fg-build --presets
refused 1 fg-build --check
echo '{}' | refused 1 fg-build --from -
sed 's/"dense"/"linear"/' xor.json | refused 1 fg-build --from -
for change in 's/"version": 1,/"version": 1/' 's/"dense"/dense/' 's/\[2\]/[2,]/' "s/\"/'/g" 's/"version"/version/' 's/"version":/"version"/' \
    's/: 8/: 08/' 's/"units": 8/"units": 8, "units": 4/' 's/"xor",/"xor,/' 's/^}/} {}/' 8q; do
    sed "$change" xor.json >bad.json
    refused 1 fg-build --check bad.json
done
refused 1 fg-train -g bad.json --data $xor -o no.fgm
refused 2 fg-build --input 2 dense:8,units=4 dense:2 softmax
refused 2 fg-build --input 2 dense:8,sigma=1,sigma=2 dense:2 softmax
refused 2 fg-build --in 2 dense:2 softmax

echo "fg-train:"
for data in testdata testdata/regression words.csv ragged.csv typo.csv comma.csv trailing.csv half.npy,y.npy objects.npy,y.npy \
    record.npy,y.npy cut.npy,y.npy six-cut,six-labels real.csv seventh.csv gap.csv nan.csv x.npz y.npy,x.npy 'x.npy, y.npy' \
    'x.npy y.npy' x.npy six,x.npy six,fewer page nowhere.csv testdata/nowhere.csv nowhere/deep/x.csv '*.csv' \
    https://example.org/xor.csv; do
    refused 1 fg-train -g xor.json --data "$data" -o no.fgm
done
refused 2 fg-train -g xor.json --data $xor --limit 0 -o no.fgm
refused 2 fg-train -g xor.json --data $xor --iters 1e3 -o no.fgm
refused 2 fg-train -g xor.json --data $xor --damping 0,5 -o no.fgm
refused 2 fg-train -g xor.json --data $xor --max-memory 2 -o no.fgm
refused 2 fg-train --data - -o no.fgm <xor.json
fg-build --input 2 dense:2 | refused 1 fg-train --data $xor -o no.fgm
fg-build --input 3 dense:2 softmax | refused 1 fg-train --data $xor -o no.fgm
fg-build --input 2 dense:2 regression | refused 1 fg-train --data $xor -o no.fgm
refused 1 fg-train -g line.json --data three.csv -o no.fgm

echo "fg-infer:"
fg-build --input 2 observation:sigma=0.3 dense:2 softmax --set inference.iterations=3 >inputs.json
fg-train -g inputs.json --data $xor -o inputs.fgm
echo 1 >real-row.csv
printf '1,0\n1,0\n' >two-rows.csv
echo 1,1,1,1 >wide.csv
refused 2 fg-infer --data - <xor.fgm
refused 2 fg-infer -g - --test - <xor.fgm
refused 1 fg-infer -g xor.fgm --data -
refused 1 fg-infer -g xor.fgm --data gap.csv
refused 1 fg-infer -g xor.fgm --data seventh.csv --score
refused 1 fg-infer -g xor.fgm --data $xor --observe label
refused 1 fg-infer -g xor.fgm --data $xor --mask nothing
for mask in nowhere.csv picture.png real-row.csv two-rows.csv wide.csv; do
    refused 1 fg-infer -g inputs.fgm --data $xor --mask $mask
done
refused 2 fg-infer -g xor.fgm --data $xor --picture no.jpg
refused 1 fg-infer -g four.json --data six,six-labels --picture no.png
refused 1 fg-infer -g line.fgm --data $line --confusion no.png
refused 1 fg-infer -g xor.fgm --test nowhere
refused 1 fg-infer -g xor.fgm --test six
fg-train -g four.json --data six,six-labels -o four.fgm
refused 1 fg-infer -g four.fgm --data six,six-labels --picture no.png
refused 1 fg-infer -g four.fgm --data $xor
refused 2 fg-infer -g xor.fgm --data $xor --limit 0
refused 2 fg-infer -g xor.fgm --data $xor --by foward
refused 2 fg-infer -g xor.fgm --data $xor --format json

echo "fg-denoise:"
denoise() { # denoise STATUS OPTION...
    want=$1
    shift
    refused "$want" fg-denoise -g pixels.json "$@"
}
denoise 1 -o out
echo hello | denoise 1 - -o out
denoise 1 nowhere/ -o out
denoise 1 testdata -o out
denoise 1 'clip/*.jpg' -o out
denoise 1 picture.png -o nothing
denoise 1 picture.png testdata/pictures/xor.png --iters 1 -o out
denoise 1 testdata/clip --iters 1 -o testdata/clip
denoise 1 testdata/clip --limit 2 --clean picture.png -o out
denoise 1 picture.png --clean nowhere -o out
denoise 1 picture.png --clean pictur.png -o out
denoise 1 picture.png --mask nowhere.png -o out
denoise 1 picture.png --mask small.ppm -o out
denoise 1 cut.png -o out
denoise 1 damaged.png -o out
denoise 1 cut.ppm -o out
denoise 1 - -o out <cut.ppm
denoise 1 nothing -o out
denoise 2 picture.png --panel no.pdf -o out
denoise 2 picture.png --metrics - -o -
denoise 2 picture.png --sd out -o out
denoise 2 picture.png --baseline median -o out
denoise 2 picture.png --corrupt gaussian -o out
denoise 2 picture.png --limit 0 -o out
denoise 2 picture.png --frames 2 -o out
denoise 2 --video film.mp4
refused 1 fg-denoise denoise-best picture.png -o out
fg-build denoise-best --input 28x28x1 | refused 1 fg-denoise picture.png -o out

echo "fg-continual:"
continual() { # continual STATUS OPTION...
    want=$1
    shift
    refused "$want" fg-continual -g four.json "$@" -o no.fgm
}
continual 2 --data six,six-labels --split 0.1
continual 2 --data six,six-labels --limit 0
continual 2 --data six,six-labels --resume four.fgm
continual 1 --data six,six-labels --validate 100
continual 1 --data six,six-labels --test nowhere
continual 1 --data page
continual 1 --data six-labels,fewer
continual 1 --data six,fewer
continual 2 --data six,six-labels --eval-every 0 --test six,six-labels
continual 2 --data six,six-labels --damping high
continual 2 --data - --test -
continual 2 --data six,six-labels --tasks split:2 --matrix no.svg
continual 2 --data six,six-labels --ma 3
refused 1 fg-continual -g line.json --data $line --tasks split:2 -o no.fgm
refused 1 fg-continual -g xor.json --data seventh.csv -o no.fgm
refused 2 fg-continual --data - -o no.fgm <xor.json
refused 1 fg-continual -g pixels.json --data testdata/clip -o no.fgm
fg-build --input 4x4x1 dense:2 regression | refused 1 fg-continual --data six,six-labels -o no.fgm

echo "Not converged:"
fg-train -g xor.json --data $xor --iters 2 --require-convergence -o x.fgm || echo "status $?"
fg-infer -g xor.fgm --data $xor --iters 2 --require-convergence -o x.csv || echo "status $?"
fg-denoise -g pixels.json picture.png --iters 2 --require-convergence -o out || echo "status $?"
fg-continual -g xor.json --data $xor --iters 2 --require-convergence -o x.fgm || echo "status $?"
fg-train -g xor.json --data $xor --iters 2 --require-convergence --quiet -o x.fgm || echo "status $?"
find . -name 'no.*'
