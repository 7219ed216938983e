# needs: fg-build fg-continual fg-infer
# Joint weights over inputs far from 0 learn what those around 0 do, in double precision, which states keep; what not even
# that holds is told.
. "$FG_TESTDATA/cmd/helpers.inc"

# rows OFFSET FIRST N: three inputs that go together around an offset, and what they come to.
rows() {
    awk -v offset="$1" -v first="$2" -v n="$3" 'BEGIN {
        for (i = first; i < first + n; i++) {
            a = sin(i); b = 0.1 * sin(1.7 * i); c = 0.1 * cos(2.3 * i)
            printf "%.4f,%.4f,%.4f,%.4f\n", offset + a + b, offset + a + c, offset + a - b, 0.5 + a + 3 * b - 2 * c + 0.02 * sin(7.1 * i)
        }
    }'
}
learn() { # learn OFFSET SIGMA
    rows "$1" 0 400 >train.csv
    rows "$1" 400 200 >test.csv
    fg-build --input 3 "dense:1,covariance=full,activation_prior=1000,weight_prior=2,bias_prior=$(($1 + 2)),sigma=$2" regression:sigma="$2" >far.json
    fg-continual -g far.json --data train.csv --test test.csv --batch 5 --iters 5 --metrics far.jsonl -o far.fgm
    sed -n "s/.*\"summary\":true,\"rmse\":\([0-9.e-]*\),.*\"passed\":\([0-9]*\),.*/\1 \2/p" far.jsonl |
        awk -v offset="$1" '{ print "around " offset ":", ($1 < 0.02 ? "learned" : "off by " $1) ", passed over:", $2 }'
    head -c 3000 far.fgm | tr , '\n' | sed -n '/weight.correlation/s/.*dtype":/correlations: /p'
}
learn 0 0.1
learn 100 0.1
learn 1000 0.1
fg-infer -g far.fgm --data test.csv --score --parameters marginal | sed -n 's/.*"rmse":\([0-9.e-]*\),.*/\1/p' | awk '{ print "predictions:", ($1 < 0.02) }'
learn 1000 0.000001
