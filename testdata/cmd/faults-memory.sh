# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Every allocation of a small job fails in turn, with all after it: one message, status 1, the output as it was, no
# temporary files, and no leaks (which the asan build finds).
. "$FG_TESTDATA/cmd/helpers.inc"
PATH=$(dirname "$(command -v fg-train)")/faulty:$PATH
case $FG_VARIANT in
tsan)
    echo "skipped: leaks do not show under a sanitizer of threads"
    exit 77
    ;;
asan) step=3 ;; # every start takes long there, and the release build tries them all
*) step=1 ;;
esac
export OMP_WAIT_POLICY=passive
small_job

# starve COMMAND...: it writes job/out.
starve() {
    n=1
    while [ "$n" -lt 5000 ]; do
        what="$1: allocation $n"
        rm -rf job
        mkdir job
        echo old >job/out
        FG_TEST_FAIL_AT=$n "$@" 2>err
        got=$?
        [ "$got" -ne 0 ] || break
        [ "$got" -eq 1 ] || [ "$got" -eq 2 ] || echo "$what: status $got"
        [ "$(grep -vc '^Try ' err)" -eq 1 ] && grep -q "^$1: ." err || echo "$what: says '$(head -n 3 err)'"
        case $(cat job/out) in
        old) ;;
        *) echo "$what: the output is not the old one" ;;
        esac
        left out a.ppm
        n=$((n + step))
    done
    [ "$n" -gt "$step" ] && [ "$n" -lt 5000 ] || echo "$1: tried up to allocation $n"
    echo "$1: tried"
}
starve fg-build --from spec.json --set layers.0.sigma=0.2 -o job/out
starve fg-train -g spec.json --data data.csv --limit 3 -o job/out
starve fg-infer -g model.fgm --data data.csv --limit 3 -o job/out
starve fg-continual -g spec.json --data data.csv --batch 2 --limit 2 -o job/out
starve fg-denoise -g picture.json a.ppm -o job --save job/out
