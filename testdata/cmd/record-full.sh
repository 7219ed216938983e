# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# A log or metrics that cannot be written: a message and a status, but the result is there as without it. A run that
# fails leaves its log, which tells why.
export OMP_WAIT_POLICY=passive
data=$FG_TESTDATA/xor.csv
options="--threads 1 --seed 1 -q"
fg-build xor >xor.json
fg-build --input '?x?x?' mixture tconv:2,sigma=0.05 >clip.json
clip="$FG_TESTDATA/clip/00000.png $FG_TESTDATA/clip/00001.png"

# learned STATE: what is in it but the commands it was made by.
learned() { fg-infer -g "$1" --inspect | grep -v '^  fg-'; }

# both WHAT COMMAND...: runs it with and without a log or metrics on a full device, and compares what it made: a state,
# a table, or pictures.
both() {
    what=$1
    shift
    "$@" -o whole >/dev/null || echo "fails without"
    for record in --log --metrics; do
        case "$1 $record" in "fg-infer --metrics") continue ;; esac
        "$@" $record /dev/full -o out >/dev/null
        echo "$1 $record: status $?"
        for made in whole out; do
            [ "$what" != state ] || learned $made >$made.txt
        done
        case $what in
        state) cmp whole.txt out.txt ;;
        table) cmp whole out ;;
        pictures) cmp whole/00001.png out/00001.png ;;
        esac
        rm -rf out out.txt
    done
    rm -rf whole
}
both state fg-train -g xor.json --data "$data" --iters 20 $options
fg-train -g xor.json --data "$data" --iters 20 $options -o xor.fgm
both table fg-infer -g xor.fgm --data "$data" $options
both table fg-infer -g "$FG_TESTDATA/graphs/tree.json" $options
both state fg-continual -g xor.json --data "$data" --batch 2 $options
both pictures fg-denoise -g clip.json $clip --iters 3 $options
fg-denoise -g clip.json $clip --iters 3 $options -o frames --save whole.fgm
fg-denoise -g clip.json $clip --iters 3 $options -o frames --save out.fgm --log /dev/full
echo "fg-denoise --save: status $?"
learned whole.fgm >whole.txt
learned out.fgm | cmp whole.txt
fg-infer -g "$FG_TESTDATA/graphs/not_walk_summable.json" --damping 0 --log log >table
echo "diverged: status $?, $(grep -c '"iteration"' log) lines"
