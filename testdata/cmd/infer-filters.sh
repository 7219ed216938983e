# needs: fg-build fg-train fg-infer fg-denoise
# The learned filters of a state as a picture.
. "$FG_TESTDATA/cmd/helpers.inc"
images 6 0 >six
labels 6 0 >six-labels
fg-build --input 4x4x1 conv:3,kernel=3,activation=relu dense:2 softmax --set inference.iterations=3 >conv.json
fg-train -g conv.json --data six,six-labels --seed 1 -o conv.fgm
fg-infer -g conv.fgm --filters conv.png
fg-infer --filters piped.png <conv.fgm
fg-infer -g conv.fgm --inspect --filters both.png | sed -n '/^layer/,/^$/p' | awk '{ print $1, $2, $3 }'
same conv.png piped.png both.png
# Width and height: three filters of 24 pixels with 4 between and around them.
od -An -t u1 -j 16 -N 8 conv.png
# Filters that were drawn from the data.
fg-build --input 4x4x1 features:3,kernel=3,size=2,draw=patches dense:2,covariance=full softmax --set inference.iterations=3 |
    fg-train --data six,six-labels --seed 1 | fg-infer --filters features.png
od -An -t u1 -j 16 -N 8 features.png
# What fg-denoise learned is drawn as it draws it.
ppm 12 10 0 >a.ppm
fg-build --input '?x?x?' mixture tconv:2,sigma=0.05 --set inference.iterations=2 >picture.json
fg-denoise -g picture.json a.ppm --filters denoise.png --save picture.fgm -o out
fg-infer -g picture.fgm --filters infer.png
same denoise.png infer.png
fg-build xor | fg-train --data "$FG_TESTDATA/xor.csv" --iters 2 -o xor.fgm
refused 1 fg-infer -g conv.json --filters no.png
refused 1 fg-infer -g xor.fgm --filters no.png
refused 1 fg-infer -g "$FG_TESTDATA/graphs/tree.json" --filters no.png
refused 1 fg-infer -g conv.fgm --filters nowhere/no.png
refused 2 fg-infer -g conv.fgm --filters no.png --data six
refused 2 fg-infer -g conv.fgm --filters no.png --score
fg-infer -g conv.fgm --filters - | cmp - conv.png
refused 2 fg-infer -g conv.fgm --filters a.png -o table
refused 2 fg-infer -g conv.fgm --filters - --inspect
fg-infer -g conv.fgm --filters - --inspect -o table | cmp - conv.png
find . -name 'no.png*'
