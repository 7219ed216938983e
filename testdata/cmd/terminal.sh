# needs: fg-build fg-train fg-infer fg-continual
# At a terminal: rows typed in are asked for, and what takes long shows how far it is.
. "$FG_TESTDATA/cmd/helpers.inc"
command -v script >/dev/null || { echo "skipped: no script command" && exit 77; }
xor=$FG_TESTDATA/xor.csv

# typed TEXT COMMAND: runs it at a terminal where the text is typed in, and Ctrl-D behind it; prints what it says.
typed() {
    printf '%b' "$1" | script -qec "$2" /dev/null | tr -d '\r' | grep '^fg-'
}

beginner
fg-build --input 2 observation:sigma=0.3 dense:2 softmax --set inference.iterations=3 >inputs.json
fg-train -g inputs.json --data "$xor" -o inputs.fgm
echo "Typed in:"
typed '1,1\n0,1\n' "fg-infer -g xor.fgm --data - --no-progress -o a.csv"
typed '1,1,0\n0,1,1\n' "fg-train -g xor.json --data - --iters 1 --no-progress -o a.fgm"
typed '1,2\n0,1\n' "fg-continual -g line.json --data - --iters 1 --no-progress -o b.fgm"
typed '1,0\n' "fg-infer -g inputs.fgm --data $xor --mask - --no-progress -o b.csv"
typed '1,1\n' "fg-infer -g xor.fgm --data - --quiet -o c.csv"
wc -l a.csv b.csv c.csv
printf '1,1\n0,1\n' | fg-infer -g xor.fgm --data - | cmp - a.csv

# progress COLUMNS PATTERN OPTION...: whether a line like this is shown at a terminal so wide; slow machines get longer.
progress() {
    wide=$1
    pattern=$2
    shift 2
    for seconds in 2 8 30 60; do
        script -qec "stty cols $wide; timeout $seconds fg-continual -g quarters.json --data train.csv --batch 10 \
            --passes 100000 --iters 100 --tol 0 --seed 1 -o quarters.fgm $*" /dev/null </dev/null | tr '\r' '\n' >shown
        if grep -qE "$pattern" shown; then
            echo "shown"
            awk -v w="$wide" 'length >= w { print "wider than the terminal: " $0 }' shown
            return
        fi
    done
    echo "no line like $pattern" && cat shown
}

quadrants 1 100 >train.csv
quadrants 2 20 >test.csv
fg-build --input 2 dense:8,activation=relu dense:4 softmax >quarters.json
echo "Progress:"
rate='^[0-9]+/[0-9]+ examples, [0-9.e+]+/s'
at="$rate, [0-9:]+ left"
progress 120 "$at, iteration [0-9]+, energy [0-9.e+-]+ *\$"
progress 120 "$at, accuracy [01]\.[0-9]{4}, iteration [0-9]+, energy [0-9.e+-]+ *\$" --test test.csv --eval-every 10
progress 40 "$rate" --test test.csv --eval-every 10
script -qec "fg-train -g quarters.json --data train.csv --iters 100 --quiet -o a.fgm" /dev/null </dev/null
