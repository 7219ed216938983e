# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# What is in specs and states, as tables.
. "$FG_TESTDATA/cmd/helpers.inc"
ln -s "$FG_TESTDATA" testdata
fg-build xor >xor.json
fg-infer -g xor.json --inspect
fg-train -g xor.json --data testdata/xor.csv --seed 3 --iters 40 -o xor.fgm
# Numbers of a parameter may depend on the compiler in their last digits.
fg-infer -g xor.fgm --inspect | awk 'inside { $0 = $1 " " $2 " and " NF - 2 " numbers" } /^parameter/ { inside = 1 } 1' | tail -n +12
fg-infer -g xor.fgm --inspect -o table || echo "status $?"
fg-infer --inspect <xor.fgm | cmp - table
fg-infer -g xor.fgm --inspect | sed -n 2,3p
# The ranges once by other means.
if command -v python3 >/dev/null; then
    python3 testdata/example/read_state.py xor.fgm dense1/weight | awk '
        NR == 1 { low = high = $1; least = most = $2 }
        { sum += $1; sds += $2; low = $1 < low ? $1 : low; high = $1 > high ? $1 : high
          least = $2 < least ? $2 : least; most = $2 > most ? $2 : most }
        END { printf "%.3g %.3g %.3g %.3g %.3g %.3g\n", low, sum / NR, high, least, sds / NR, most }' >by_hand
    awk '$1 == "dense1/weight" { print $3, $4, $5, $6, $7, $8 }' table | cmp - by_hand
fi
fg-continual -g xor.fgm --data testdata/xor.csv --batch 2 --average 3 --iters 5 -o on.fgm
fg-infer -g on.fgm --inspect | grep -E '^  fg-|^state|average'
fg-build --input 2 dense:2 softmax --set input.scale=standardise | fg-train --data testdata/xor.csv --iters 5 |
    fg-infer --inspect | grep '^input channel'
fg-infer -g testdata/graphs/tree.json --inspect
fg-build denoise-1 >pixels.json
fg-denoise -g pixels.json testdata/clip/00000.png --iters 3 --save pixels.fgm -o out
fg-infer -g pixels.fgm --inspect | grep -E '^input|^tconv|^state' | sed -E 's/ +/ /g; s/^(tconv1.[a-z]+ [0-9x]+) .*/\1/'
refused 2 fg-infer -g xor.fgm --inspect --data testdata/xor.csv
refused 2 fg-infer -g xor.fgm --inspect --score
refused 1 fg-infer -g testdata/xor.csv --inspect
refused 1 fg-infer -g xor.fgm --inspect -o nowhere/table
fg-infer -g xor.fgm --inspect >/dev/full 2>err && echo "a full device takes it"
[ "$(wc -l <err)" -eq 1 ] || cat err
fg-build cifar10 | fg-infer --inspect | awk 'length > 120 { print "a line of " length " characters" }'
# What fg-build tells of sizes is a table, too.
fg-build xor --info -n 4 | sed "s|[0-9.]* [KMG]iB|N|g"
