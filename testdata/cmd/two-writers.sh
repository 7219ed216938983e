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

# race FILE ROUNDS COMMAND: eval'd with $seed as 1 and as 2 at once.
race() {
    for seed in 1 2; do
        eval "$3" && mv "job/$1" "$seed.$1"
    done
    round=0
    while [ "$round" -lt "$2" ]; do
        for seed in 1 2; do
            (eval "$3" || echo "seed $seed: status $?") &
        done
        wait
        cmp -s "job/$1" "1.$1" || cmp -s "job/$1" "2.$1" || echo "$1 is of neither"
        what=$1
        left "$1"
        round=$((round + 1))
    done
    rm "job/$1"
    same "1.$1" "1.$1" && ! cmp -s "1.$1" "2.$1" || echo "$1: the seed makes no difference"
}
race state.fgm 10 'fg-train -g xor.json --data "$data" --seed $seed -o job/state.fgm'
race filter.fgm 5 'fg-continual -g xor.json --data "$data" --batch 2 --seed $seed --checkpoint 1 -o job/filter.fgm'
race table.csv 5 'fg-infer -g $seed.state.fgm --data "$data" -o job/table.csv'
race spec.json 5 'fg-build xor --set name=run$seed -o job/spec.json'
race 00000.png 5 'fg-denoise -g picture.json - <a.ppm --corrupt 0.1 --seed $seed -o job'
