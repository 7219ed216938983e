#!/bin/sh
# Measures accuracy against iterations a batch in learning and in prediction: make reproduce-iterations [VARIABLE=...]
# Usage: reproduce-iterations.sh [BUILD_FOLDER]. Variables: those of reproduce-classify.inc, SETS is "mnist", and
#   ITERS     "25 50 100 200 500": iterations a batch while learning
#   PREDICT   "0 25 50 100 200 300": iterations of fg-infer --by inference; 0 is the forward pass at the means
#   VALIDATE  5000: so many of the first training examples are predicted, and not learned from; LIMIT is over the others
# No test data is used. Leaves OUT/iterations.md, .csv and .png.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-$top/build/release}
# shellcheck source=scripts/reproduce-classify.inc
. "$top/scripts/reproduce-classify.inc"
check_numbers ITERS "${ITERS:-25 50 100 200 500}"
learn_iters=$list
for word in $learn_iters; do
    check_count ITERS "$word" iterations
done
check_numbers PREDICT "${PREDICT:-0 25 50 100 200 300}"
predict_iters=$list validate=${VALIDATE:-5000} ITERS=
check_count VALIDATE "$validate" examples
begin_classify mnist paper

header() { # header FILE END N: N bytes of it that end there
    unpacked "$1" 2>/dev/null | head -c "$2" | tail -c "$3"
}

number() { # number N: four bytes, most significant first
    # shellcheck disable=SC2059
    printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"
}

# cut_idx STEM RANK SIZE: of that training file the first $validate elements of SIZE bytes become the test file in $to,
# the others the training file.
cut_idx() {
    from=$(idx_file "train-$1" "$2") || return 1
    bytes=$((4 + 4 * $2)) held=$((validate * $3))
    {
        header "$from" 4 4
        number "$validate"
        header "$from" "$bytes" $((bytes - 8))
        unpacked "$from" | tail -c +$((bytes + 1)) | head -c "$held"
    } >"$to/t10k-$1-idx$2-ubyte" && {
        header "$from" 4 4
        number $((whole - validate))
        header "$from" "$bytes" $((bytes - 8))
        unpacked "$from" | tail -c +$((bytes + 1 + held))
    } >"$to/train-$1-idx$2-ubyte"
}

# Puts in the place of the open set's parts its training data without the first examples, and these examples.
hold_back() {
    whole=$train
    [ -z "$limit" ] || whole=$(limit='' && open_set "$set" && echo "$train")
    [ "$validate" -lt "$whole" ] || refuse "VALIDATE: $validate of $whole training examples would leave none"
    to=$cache/$set$mark-without-first$validate
    held_files=$to learn_files=$to
    if [ ! -d "$to" ]; then
        final=$to to=$part.set
        mkdir -p "$to" "$cache" || exit 1
        if idx_file train-images 3 >/dev/null; then
            cut_idx images 3 "$pixels" && cut_idx labels 1 1
        else
            cifar=$(cifar_files 'data_batch_*')
            cifar_bytes "$cifar" | head -c $((validate * 3073)) >"$to/test_batch.bin" &&
                cifar_bytes "$cifar" | tail -c +$((validate * 3073 + 1)) >"$to/data_batch.bin"
        fi || refuse "$set: its training data could not be cut"
        mv "$to" "$final" || exit 1
        to=$final
    fi
    [ "$pixels" -ne 3072 ] || learn_files=$to/data_batch.bin
    train=$(least $((whole - validate))) test=$validate
    train_files=$learn_files test_files='' shown_train=${learn_files#"$top"/} shown_held=${held_files#"$top"/}
}

# predict ITERATIONS: of the state of the run $of
predict() {
    how="--by forward"
    [ "$1" -eq 0 ] || how="--by inference --iters $1"
    describe_run "iters$learn_iter-predict$1" "$label" "$(cksum <"$out/$of.fgm")" "$how"
    if run_is_done; then
        say "$id: kept"
        return
    fi
    began=$(date +%s)
    begin_run "$command && fg-infer -g $of.fgm --test $(quoted "$shown_held") $how --seed $seed --score"
    # shellcheck disable=SC2086
    fg-infer -g "$out/$of.fgm" --test "$held_files" $how --seed "$seed" --score >"$part.score" || return 1
    sed "s/^{/{\"summary\":true,/; s/}\$/,\"seconds\":$(($(date +%s) - began))}/" "$part.score" >"$part.metrics" &&
        keep_run || return 1
    say "$id: done in $(run_seconds) s"
}

each_iteration() {
    hold_back
    for learn_iter in $learn_iters; do
        if ! learn "iters$learn_iter" --iters "$learn_iter"; then
            complain "$id: failed"
            failed=yes
            continue
        fi
        of=$id
        for iterations in $predict_iters; do
            row=predict-$iterations
            [ "$iterations" -ne 0 ] || row=forward
            [ "$models" = "${models#* }" ] || row=$label-$row
            measure "$row" "$learn_iter" predict "$iterations"
        done
    done
    open_set "$set"
}
for_each_model each_iteration
make_table iterations grid corner=prediction across="iterations a batch while learning" <<END
Rows: predicted by the forward pass at the means, or by so many iterations of inference. On the first $validate training
examples, which were not learned from; seconds are those of prediction.
END
plot_table iterations -e "horizontal = 'iterations a batch while learning'"
[ -z "$failed" ]
