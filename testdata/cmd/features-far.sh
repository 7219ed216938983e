# needs: fg-build fg-train fg-infer
# Features of data that hardly vary beside what they are: nothing of them is blown up until it cannot be written.
. "$FG_TESTDATA/cmd/helpers.inc"

learn() { # learn OFFSET
    awk -v offset="$1" 'BEGIN {
        for (i = 0; i < 100; i++) {
            for (k = 0; k < 16; k++)
                printf "%.4f,", offset + 0.01 * sin(37 * i + 5 * k * k) + (i % 2 && k % 4 == 1 ? 0.02 : 0)
            print i % 2
        }
    }' >data.csv
    fg-build --input 4x4x1 features:6,kernel=2,size=1,draw=whitened dense:2,covariance=full softmax --set inference.iterations=5 |
        fg-train --data data.csv --seed 1 -o far.fgm
    fg-infer -g far.fgm --data data.csv --score | sed 's/.*"accuracy":\([0-9.]*\),.*/\1/' |
        awk -v offset="$1" '{ print "around " offset ":", ($1 >= 0.9 ? "told apart" : $1) }'
}
learn 0
learn 2000
learn 20000
