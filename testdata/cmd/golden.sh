# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# The same bytes for every number of threads and instruction set, and the same as ever: checksums of what small jobs of
# every kind of layer leave. They hold for every compiler and machine where the mathematical library does the same; with
# another one, or without fused multiplications for it to use, only the first is tested. A change that is meant to change results accepts new ones, and says so.
. "$FG_TESTDATA/cmd/helpers.inc"

fg-build xor --set inference.iterations=60 >xor.json
fg-build regression --set inference.iterations=40 --set layers.3.robust=huber >regression.json
fg-build --input 2 observation:sigma=0.1 dense:7,activation=elu dense:5,activation=softplus dense:4 \
    softmax:likelihood=categorical --set inference.iterations=30 --set inference.schedule=random >classes.json
fg-build mnist --input 12x12x1 --set layers.2.weight_prior=0.3 --set layers.2.activation_prior=10 --set layers.3.sigma=0.15 \
    --set layers.3.likelihood=categorical --set inference.iterations=8 --set inference.storage=edge >digits.json
fg-build --input 12x12x1 features:20,kernel=4,size=3,draw=whitened,activation=relu,pooling=mean,threshold=0.5 \
    dense:10,covariance=full softmax:likelihood=categorical --set inference.iterations=8 --set inference.damping=0.3 >joint.json
fg-build --input 12x12x1 conv:3,kernel=3,activation=tanh avg_pool:2 conv:4,kernel=2,activation=relu dense:10 softmax \
    --set inference.iterations=6 --set inference.dropout=0.4 --set inference.schedule=residual >deep.json
fg-build --from digits.json --set inference.storage=factor --set inference.dropout=0.2 >rebuilt.json
fg-build denoise-best --set inference.iterations=25 >best.json
fg-build denoise-gaussian --set inference.iterations=12 >gaussian.json
fg-build denoise-pairwise --set inference.iterations=20 --set inference.schedule=synchronous >pairwise.json
quadrants 5 60 >quadrants.csv
ppm 44 33 0 >a.ppm
ppm 44 33 2 >b.ppm

# left_by FILE: the checksum of a state's tensors (what is before them names the command), or of any other file.
left_by() {
    case $1 in
    *.fgm) tail -c +$(($(od -An -tu8 -N8 "$1") + 9)) "$1" ;;
    *) cat "$1" ;;
    esac | cksum | sed "s/^/$1 /"
}

jobs() { # jobs THREADS: results in this folder, checksums to stdout
    threads="--threads $1"
    in=..
    fg-train -g $in/xor.json --data "$FG_TESTDATA/xor.csv" --seed 1 $threads -o xor.fgm
    fg-infer -g xor.fgm --data "$FG_TESTDATA/xor.csv" $threads -o xor.csv
    fg-train -g $in/regression.json --data "$FG_TESTDATA/regression/data-1.csv" --seed 2 $threads -o curve.fgm
    fg-infer -g curve.fgm --data "$FG_TESTDATA/regression/curve-1.csv" --parameters marginal $threads --iters 40 -o curve.csv
    fg-continual -g $in/classes.json --data $in/quadrants.csv --batch 20 --seed 3 $threads -o classes.fgm
    for net in digits rebuilt deep joint; do
        fg-continual -g $in/$net.json --data "$FG_TESTDATA/digits" --limit 120 --seed 4 $threads --no-progress -o $net.fgm
        fg-infer -g $net.fgm --test "$FG_TESTDATA/digits" --limit 30 --iters 5 $threads -o $net.csv
    done
    for model in best gaussian pairwise; do
        learned="--save $model.fgm"
        [ $model != pairwise ] || learned= # it has no parameters
        fg-denoise -g $in/$model.json $in/a.ppm $in/b.ppm --corrupt 0.1 --seed 5 $threads $learned -o - >$model.ppm
    done
    for graph in tree loop robust; do
        fg-infer -g "$FG_TESTDATA/graphs/$graph.json" --iters 50 $threads -o $graph.csv 2>/dev/null
    done
    for file in *; do left_by "$file"; done
}

case $FG_VARIANT in
asan | tsan) ways=2: ;; # the release build tries all of them
*) ways="1: 2: 3: 8: 2:portable 2:avx2 2:avx512" ;;
esac
for how in $ways; do
    FG_ISA=${how#*:} && export FG_ISA
    [ -n "$FG_ISA" ] || unset FG_ISA
    mkdir "$how" && cd "$how" || exit 1
    if fg-train -g ../xor.json --data "$FG_TESTDATA/xor.csv" --iters 1 >probe 2>/dev/null; then
        rm probe
        jobs "${how%:*}" >../"sums.$how" 2>../"err.$how"
        cat ../"err.$how" >&2
        cmp "../sums.${ways%% *}" "../sums.$how"
    fi
    cd ..
done
unset FG_ISA
# A program that is not linked to the system's mathematical library (musl's, or a static one) has another.
linked=$(ldd "$(command -v fg-train)" 2>/dev/null | grep -c 'libm\.so\.6')
if [ "$(uname -m) $(getconf GNU_LIBC_VERSION 2>/dev/null) $linked" = "x86_64 glibc 2.36 1" ] && grep -qw fma /proc/cpuinfo; then
    cat "sums.${ways%% *}"
else
    cat "$FG_TESTDATA/cmd/golden.out"
fi
