#!/bin/sh
# Learns XOR from its four points and curves from noisy points: make reproduce-fig2 [VARIABLE=...]
# Usage: reproduce-fig2.sh [BUILD_FOLDER]. What these variables of the environment say, or by default:
#   SEEDS  1 to 20: of XOR
#   CURVES 1 to 10: data sets of testdata/regression, each learned with its number as the seed
#   ITERS  iterations of learning and of prediction, in place of the models' own
#   OUT    where results go: build/fig2, with what differs from these defaults in its name
# Leaves OUT/xor.md, OUT/regression.md, the same as .csv, and of every run xor-SEED or regression-CURVE a .jsonl, whole or
# not at all, a state and a picture. What is there already is not run again.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-$top/build/release}
# shellcheck source=scripts/reproduce.inc
. "$top/scripts/reproduce.inc"

find_commands
check_path OUT "${OUT:-}"
check_numbers SEEDS "${SEEDS:-1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20}"
seeds=$list
check_numbers CURVES "${CURVES:-1 2 3 4 5 6 7 8 9 10}"
curves=$list iters=${ITERS:-}
check_count ITERS "$iters" iterations
for curve in $curves; do
    [ -f "$top/testdata/regression/data-$curve.csv" ] || refuse "CURVES: testdata/regression has no data set $curve"
done
begin_results "${OUT:-$(dirname "$build")/fig2${iters:+-iters$iters}}"
find_machine

# run_one PRESET SEED DATA ASKED: learns DATA, scores what was learned on ASKED, and draws it.
run_one() {
    preset=$1 seed=$2 learned=$3 asked=$4 id=$1-$2 ways="mean marginal"
    # Logits by marginals, taken as independent, are near 0.
    [ "$preset" = regression ] || ways=mean
    # shellcheck disable=SC2086
    set -- ${iters:+--iters $iters}
    key=$(printf '{"run":true,"method":"%s","seed":%s,"model":"%s","data":"%s","options":"%s",' "$preset" "$seed" \
        "$(fg-build "$preset" | cksum)" "$(cat "$top/$learned" "$top/$asked" | cksum)" "$*")
    if [ -f "$out/$id.fgm" ] && [ -f "$out/$id.png" ] && run_is_done; then
        say "$id: kept"
        return
    fi
    command="fg-build $preset | fg-train $(quoted --data "$learned" --seed "$seed" "$@" -o "$id.fgm")"
    for way in $ways; do
        command="$command && fg-infer $(quoted -g "$id.fgm" --data "$asked" --parameters "$way" "$@" --score)"
    done
    begin_run "$command"
    fg-build "$preset" | fg-train --data "$top/$learned" --seed "$seed" "$@" --metrics "$part.learned" -o "$part.fgm" ||
        return 1
    : >"$part.metrics"
    for way in $ways; do
        fg-infer -g "$part.fgm" --data "$top/$asked" --parameters "$way" "$@" --score >"$part.score" || return 1
        sed "s/^{/{\"parameters\":\"$way\",/" "$part.score" >>"$part.metrics"
    done
    cat "$part.learned" >>"$part.metrics"
    fg-infer -g "$part.fgm" --data "$top/$learned" --parameters "$way" "$@" --picture "$part.png" >/dev/null &&
        mv -f "$part.fgm" "$out/$id.fgm" && mv -f "$part.png" "$out/$id.png" && keep_run || return 1
    say "$id: done in $(run_seconds) s"
}

# measure PRESET SEED DATA ASKED: run_one, and its name for the table
measure() {
    if run_one "$@"; then
        printf '%s\n' "$id" >>"$part.list"
    else
        complain "$id: failed"
        printf '%s was not measured.\n' "$id" >>"$part.missing"
        failed=yes
    fi
}

begin_table() {
    : >"$part.list"
    : >"$part.missing"
}

# make_table NAME: OUT/NAME.md and .csv; what stands below the table is read from standard input.
make_table() {
    cat >"$part.about"
    [ -z "$iters" ] || echo "$iters iterations of learning and prediction in place of the model's own." >>"$part.about"
    if [ ! -s "$part.list" ]; then
        complain "no $1.md"
        return 1
    fi
    (cd "$out" && awk -v kind="$1" -v stem="${part##*/}" -f "$top/scripts/reproduce.awk" \
        -f "$top/scripts/reproduce-fig2.awk" </dev/null) && mv -f "$part.md" "$out/$1.md" &&
        mv -f "$part.csv" "$out/$1.csv" || return 1
    say "$out/$1.md"
}

failed=
begin_table
for seed in $seeds; do
    measure xor "$seed" testdata/xor.csv testdata/xor.csv
done
make_table xor <<END || failed=yes
Seeds $seeds. nll is the mean negative log-likelihood of the four points, seconds are those of learning. The pictures show the
probability of class 1 between the points and, beside it, the entropy of the prediction (dark: certain).
END
begin_table
for curve in $curves; do
    measure regression "$curve" "testdata/regression/data-$curve.csv" "testdata/regression/curve-$curve.csv"
done
make_table regression <<'END' || failed=yes
Root-mean-square error against the curve without noise, in standard deviations of the targets, with parameters at their
means and with their marginals; of these, how much of the curve lies within two predicted deviations. Each set is
learned with its number as the seed; seconds are those of learning. The pictures show data, curve and two deviations.
END
[ -z "$failed" ]
