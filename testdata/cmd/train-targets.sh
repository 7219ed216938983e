# needs: fg-build fg-train fg-continual fg-infer
# Real targets that are far larger than what the priors of a model allow for are told, with what to do; scaled they are
# learned, and nothing is said.
. "$FG_TESTDATA/cmd/helpers.inc"
awk 'BEGIN { for (i = 0; i < 80; i++) printf "%g,%g,%.1f\n", a = 40 + i * 37 % 80, b = 1 + i % 5, 2 * a + 10 * b + 3 * sin(i * i) }' >house.csv
awk -F, -v OFS=, 'NR == FNR { s += $NF; q += $NF * $NF; next }
    FNR == 1 { m = s / (NR - 1); d = sqrt(q / (NR - 1) - m * m) } { $NF = ($NF - m) / d; print }' house.csv house.csv >scaled.csv
fg-build regression --input 2 --set input.scale=standardise --set inference.iterations=2000 >house.json
for command in fg-train "fg-continual --iters 100"; do
    $command -g house.json --data house.csv -o house.fgm
    $command -g house.json --data house.csv -q -o house.fgm
    $command -g house.json --data scaled.csv -o scaled.fgm
done 2>&1
fg-build --from house.json --set layers.2.activation_prior=300 --set layers.2.weight_prior=150 --set layers.2.bias_prior=300 \
    --set layers.2.sigma=1 --set layers.3.sigma=5 >wide.json
for model in wide:house house:scaled; do
    data=${model#*:}.csv
    fg-train -g "${model%:*}.json" --data "$data" -o learned.fgm
    fg-infer -g learned.fgm --data "$data" --parameters marginal --score | sed -E 's/.*"rmse":([0-9.]*),.*/\1/' |
        awk -v most="$([ "$data" = house.csv ] && echo 10 || echo 0.2)" '{ print($1 < most ? "learned" : "rmse " $1) }'
done
