# needs: fg-build
# --set changes one value by its path and checks the result; the grammar spells whole architectures.
. "$FG_TESTDATA/cmd/helpers.inc"
fg-build xor >xor.json
fg-build xor --set layers.0.units=16 --set inference.damping=0.8 | diff xor.json - | grep '^[<>]'
fg-build --from xor.json --set /layers/0/sigma=0.02 | diff xor.json - | grep '^[<>]'
fg-build xor --set name=other | diff xor.json - | grep '^[<>]'
refused 2 fg-build xor --set layers.9.units=16
refused 2 fg-build xor --set layers.0.units=0
refused 2 fg-build xor --set layers.0.units=many
refused 2 fg-build xor --set layers.0.unit=4
refused 2 fg-build xor --set layers.0.activation=relo
refused 2 fg-build xor --set inference.damping=1
refused 2 fg-build xor --set layers.0
refused 2 fg-build xor --set =3
refused 2 fg-build xor --set layers=3
refused 2 fg-build xor --set 'layers.2={"kind":"softmax","sigma":0.1,"sigma":0.3}'
refused 2 fg-build xor --set 'layers.2={"kind":"softmax"'
refused 2 fg-build xor --set 'layers.2={"kind":"softmax"}}'
fg-build --input 2 dense:8,activation=tanh,sigma=0.1 dense:2,sigma=0.1 softmax:sigma=0.1 >grammar.json || echo "status $?"
fg-build --check grammar.json || echo "status $?"
fg-build --from grammar.json --info -n 4 | sed "s|[0-9.]* [KMG]iB|N|g"
refused 2 fg-build --input 2x dense:8 softmax
refused 2 fg-build --input 0 dense:8 softmax
refused 2 fg-build --input 2 dense:0 softmax
refused 2 fg-build --input 2 danse:8 softmax
refused 2 fg-build --input 2 dense:8,activation=tanhh softmax
refused 2 fg-build --input 2 dense:8,sigma
refused 2 fg-build --input 2 softmax dense:8
refused 2 fg-build --input 2
# What has no meaning is refused, and not left out in silence; to take away what it needs is no mistake.
refused 2 fg-build --input 8x8x1 observation:threshold=3 pairwise
refused 2 fg-build --input 8x8x1 observation pairwise:robust=none,threshold=0.5
refused 2 fg-build --input 8x8x1 observation:share_channels=true
refused 2 fg-build --input 8x8x1 observation:robust_after=30
refused 2 fg-build --input 3 dense:2,bias=false,bias_prior=1 softmax
refused 2 fg-build denoise-gaussian --set layers.0.threshold=0.35
fg-build denoise-pairwise --set layers.1.robust=none --set layers.0.threshold=3 >plain.json || echo "status $?"
grep -c threshold plain.json
refused 2 fg-build --from plain.json --set layers.1.threshold=0.35
fg-build --from plain.json --set layers.1.threshold=0.35 --set layers.1.robust=huber | fg-build --check || echo "status $?"
# The shape that --input gives is the one that values are checked against.
fg-build mnist --input 100x100x1 --set layers.0.kernel=31 >large.json || echo "status $?"
sed -n '/"shape"/p' large.json
fg-build mnist >mnist.json
fg-build --from mnist.json --input 100x100x1 --set layers.0.kernel=31 | cmp - large.json
fg-build --from large.json --input '?x?x1' --set layers.0.kernel=31 | sed -n '/"shape"/p'
refused 2 fg-build mnist --input 20x20x1 --set layers.0.kernel=31
refused 2 fg-build mnist --input 20x20
refused 1 fg-build --from mnist.json --input 3x3x1
refused 2 fg-build --from "$FG_TESTDATA/graphs/tree.json" --input 3
