# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Every open, read, write, fsync and rename of a small job fails in turn, or is short or interrupted: one message and
# status 1, outputs as they were or whole, no temporary files; after short and interrupted calls also the same result.
. "$FG_TESTDATA/cmd/helpers.inc"
case $FG_VARIANT in
asan | tsan)
    echo "skipped: calls cannot be traced under a sanitizer"
    exit 77
    ;;
esac
export OMP_WAIT_POLICY=passive
"${CC:-cc}" -O1 -o inject "$FG_TESTDATA/faults/inject.c" || exit 1
./inject none 1 EIO fg-build --version >version 2>err
[ $? -ne 125 ] || { echo "skipped: cannot trace processes" && exit 77; }
small_job

# judge: what a run with a fault left. Outputs are old, or what a run without faults writes ("good"), or, of a run with
# checkpoints, a state that loads.
judge() {
    case $got in
    0)
        case $how in
        short | EINTR) cmp -s job/out good ;;
        *) [ "$call" = openat ] && cmp -s job/out good ;;
        esac || echo "$what: status 0"
        return
        ;;
    1) ;;
    *) echo "$what: status $got" ;;
    esac
    [ "$(wc -l <err)" -eq 1 ] || echo "$what: $(wc -l <err) lines on stderr"
    grep -q "^$1: ." err || echo "$what: says '$(cat err)'"
    [ -n "$piped" ] || [ "$(cat job/out)" = old ] || cmp -s job/out good ||
        case $* in
        *checkpoint*) fg-infer -g job/out --data data.csv --score >score 2>&1 ;;
        *) false ;;
        esac || echo "$what: the output is neither the old nor the new one"
}

inject() {
    case $piped in
    '') ./inject "$call" "$n" "$how" "$@" ;;
    *) ./inject "$call" "$n" "$how" "$@" <"$piped" >job/out ;;
    esac
}

fresh() {
    rm -rf job
    mkdir job
    echo old >job/out
}

# spoil CALLS COMMAND...: the command writes job/out, and perhaps job/metrics and job/log. With a file named by `piped` it
# reads that as its standard input and job/out is its standard output, of which something may be there after a failure.
piped=
spoil() {
    calls=$1
    shift
    fresh
    call=none n=1 how=EIO
    inject "$@" 2>err || echo "$1 without faults: $(cat err)"
    cp job/out good
    rm -rf drawn
    cp -r job drawn
    for fault in $calls; do
        call=${fault%:*} how=${fault#*:} n=1
        while [ "$n" -lt 200 ]; do
            fresh
            what="$1: $call $n $how"
            inject "$@" 2>err
            got=$?
            [ "$got" -ne 124 ] || break
            judge "$@"
            for file in picture confusion panel sd/a.png; do
                [ ! -e "job/$file" ] || cmp -s "job/$file" "drawn/$file" || echo "$what: $file is not whole"
            done
            left out metrics log a.ppm a.png picture confusion panel sd sd/a.png
            n=$((n + 1))
        done
        [ "$n" -gt 1 ] && [ "$n" -lt 200 ] || echo "$1: $call: $((n - 1)) faults"
    done
    echo "$1: tried"
}
reading="openat:EACCES openat:EINTR read:EIO read:short read:EINTR"
writing="write:ENOSPC write:EIO write:short write:EINTR fsync:EIO fsync:EINTR rename:EIO openat:EMFILE"
spoil "$writing" fg-build xor -o job/out
spoil "$reading $writing" fg-train -g spec.json --data data.csv --seed 1 --metrics job/metrics --log job/log -o job/out
spoil "$reading $writing" fg-infer -g model.fgm --data data.csv -o job/out
spoil "$reading $writing" fg-continual -g spec.json --data data.csv --test data.csv --batch 2 --checkpoint 1 \
    --metrics job/metrics -o job/out
spoil "$reading $writing" fg-denoise -g picture.json a.ppm --seed 1 -o job --save job/out --metrics job/metrics
spoil "$reading $writing" fg-infer -g "$FG_TESTDATA/graphs/tree.json" -o job/out
resume=
unfinished_job
spoil "$reading $writing" $resume -o job/out
cp "$FG_TESTDATA/fuzz/png/rgb8" a.png
spoil "$reading $writing" fg-denoise -g picture.json a.png --mask a.png -o job --save job/out
spoil "$reading $writing" fg-denoise -g picture.json a.png --panel job/panel --sd job/sd -o job --save job/out
spoil "$reading $writing" fg-infer -g model.fgm --data data.csv --picture job/picture --confusion job/confusion -o job/out
mkdir digits
images 6 0 | gzip -n >digits/train-images-idx3-ubyte.gz
labels 6 0 >digits/train-labels-idx1-ubyte
printf 'one digits\ntwo digits\n' >list
fg-build --input 4x4x1 dense:2 softmax --set inference.iterations=2 >digits.json
spoil "$reading" fg-train -g digits.json --data digits -o job/out
spoil "$reading $writing" fg-continual -g digits.json --tasks list --batch 3 --metrics job/metrics -o job/out
reading="read:EIO read:short read:EINTR"
writing="write:ENOSPC write:EIO write:short write:EINTR"
piped=spec.json
spoil "$reading $writing" fg-train --data data.csv --seed 1
piped=data.csv
spoil "$reading $writing" fg-infer -g model.fgm --data -
cat a.ppm a.ppm >two.ppm
piped=two.ppm
spoil "$reading $writing" fg-denoise -g picture.json - -o -
