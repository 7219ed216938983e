# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# --info tells what memory the commands need: what -v tells there of their limit, less a quarter or 64 MiB and the data.
. "$FG_TESTDATA/cmd/helpers.inc"
digits=$FG_TESTDATA/digits

# told FORM [test]: the MiB in the row of --info, kept in info, that FORM matches; with test those behind the comma.
told() {
    sed -n "s/^\(memory:\)* *\(.*\)/\2/; /$1/p" info | awk -v test="$2" '
        function mib(n, unit) { return n * (unit == "KiB" ? 1 / 1024 : unit == "GiB" ? 1024 : unit == "MiB" ? 1 : 1 / 1048576) }
        { print test ? mib($(NF - 3), $(NF - 2)) : mib($1, $2) }'
}

# agree COMMAND [test] CALL...: that note and the table, of the row for the command; 4 MiB are for data and model.
agree() {
    row=$1 test=
    shift
    [ "$1" != test ] || { test=1 && shift; }
    "$@" -v >out 2>notes || { echo "status $?: $*" && cat notes; }
    note=$(sed -n 's/.*: \([0-9.]*\) MiB of memory are expected.*/\1/p' notes | head -n 1)
    told "for $row" "$test" | awk -v note="$note" -v what="$*" '
        { n++; spare = $1 / 4 > 64 ? $1 / 4 : 64; limit = $1 + spare
          if (note < limit - 0.2 || note > limit + 4) print $1 " MiB were told, the limit is " note " MiB: " what }
        END { if (n != 1) print n " rows for: " what }'
}

awk 'BEGIN { for (i = 0; i < 200; i++) { for (j = 0; j < 600; j++) printf "%d,", (i * j) % 3; print i % 2 } }' >wide.csv
head -n 6 wide.csv >six.csv
fg-build --input 600 dense:900 dense:2 softmax --set inference.iterations=1 >wide.json
fg-build --input 12x12x1 features:40,kernel=3,size=2,draw=patches dense:10,covariance=full \
    softmax:likelihood=categorical --set inference.iterations=1 >joint.json
fg-build mnist --input 12x12x1 --set inference.iterations=1 >digits.json
fg-build --from wide.json --info -n 6 >info
agree fg-train fg-train -g wide.json --data six.csv
agree fg-continual fg-continual -g wide.json --data six.csv --batch 6
agree fg-continual test fg-continual -g wide.json --data six.csv --batch 6 --test wide.csv
for net in joint digits; do
    fg-build --from $net.json --info -n 50 >info
    agree fg-train fg-train -g $net.json --data "$digits" --limit 50
    agree fg-continual fg-continual -g $net.json --data "$digits" --limit 100
    agree fg-continual test fg-continual -g $net.json --data "$digits" --limit 200 --test "$digits"
done
fg-build --from digits.json --set inference.storage=edge --info -n 200 >info
agree fg-train fg-train -g digits.json --data "$digits" --limit 200 --storage edge -o digits.fgm
fg-build --from digits.json --info -n 200 >info
agree fg-infer fg-infer -g digits.fgm --test "$digits" --iters 1
fg-build denoise-best --set inference.iterations=1 >picture.json
ppm 400 300 0 >a.ppm
fg-build --from picture.json --input 300x400x3 --info >info
agree fg-denoise fg-denoise -g picture.json a.ppm -o pictures

# Reading an explicit graph takes more than inferring it, and nothing is to spare then.
awk 'BEGIN {
    printf "{\"format\":\"fg-spec\",\"version\":1,\"variables\":["
    for (i = 0; i < 100000; i++) printf "\"v%d\",", i
    print "\"v\"],\"factors\":["
    for (i = 0; i < 100000; i++) printf "%s{\"kind\":\"pairwise\",\"variables\":[\"v%d\",\"v\"],\"sigma\":1}", i ? "," : "", i
    print "]}" }' >explicit.json
fg-build --from explicit.json --info >info
fg-infer -g explicit.json --iters 1 -v 2>&1 >out | sed -n 's/.*: \([0-9.]*\) MiB of memory are expected.*/\1/p' >note
echo "$(told 'for fg-infer') $(cat note)" | awk '$1 > $2 + 1 || $1 < $2 - 1 { print $1 " MiB were told, the limit is " $2 " MiB" }'

# Only commands that take the model stand there.
for model in "xor" "regression" "denoise-1 --input 64x64x1" "--input 2 dense:2" "--input 2 observation dense:2"; do
    echo "$model:"
    fg-build $model --info | sed -n 's/^\(memory:\)* *[0-9.]* [KM]iB, *//; s/[0-9.]* [KM]iB/N/g; /for/p'
done
fg-build --from "$FG_TESTDATA/graphs/tree.json" --info | tail -n 2 | sed 's/[0-9.]* [KM]*i*B[ytes]*/N/'
refused 2 fg-build denoise-1 --info
