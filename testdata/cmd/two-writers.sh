# needs: fg-build fg-train fg-continual fg-infer fg-denoise
# Runs that write the same output at the same time: in the end it is that of one of them, whole, and nothing else is
# left.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive
fg-build xor --set inference.iterations=20 >xor.json
fg-build --input '?x?x?' observation pairwise --set inference.iterations=5 >picture.json
ppm 40 30 0 >a.ppm
mkdir job
data=$FG_TESTDATA/xor.csv

train() { fg-train -g xor.json --data "$data" --seed "$1" -o job/state.fgm; }
learn() { fg-continual -g xor.json --data "$data" --batch 2 --seed "$1" --checkpoint 1 -o job/filter.fgm; }
infer() { fg-infer -g "$1.state.fgm" --data "$data" -o job/table.csv; }
build() { fg-build xor --set "name=run$1" -o job/spec.json; }
denoise() { fg-denoise -g picture.json - --corrupt 0.1 --seed "$1" -o job <a.ppm; }

# race FILE ROUNDS FUNCTION: called with 1 and with 2 at once.
race() {
    for seed in 1 2; do
        "$3" $seed && mv "job/$1" "$seed.$1"
    done
    what=$3
    ! cmp -s "1.$1" "2.$1" || echo "$what: 1 and 2 are the same"
    round=0
    while [ "$round" -lt "$2" ]; do
        for seed in 1 2; do
            ("$3" $seed || echo "$what: status $?") &
        done
        wait
        cmp -s "job/$1" "1.$1" || cmp -s "job/$1" "2.$1" || echo "$what: the output is of neither"
        left "$1"
        round=$((round + 1))
    done
    rm "job/$1"
}
race state.fgm 10 train
race filter.fgm 5 learn
race table.csv 5 infer
race spec.json 5 build
race 00000.png 5 denoise
