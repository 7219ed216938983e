#!/bin/sh
# Measures test accuracy against the number of training examples, beside other ways of learning in one pass:
# make reproduce-fig4 [VARIABLE=...]
# Usage: reproduce-fig4.sh [BUILD_FOLDER]. Variables: those of reproduce-classify.inc, SETS is "mnist fashion-mnist
# cifar10", and
#   SIZES      "50 100 200 400 800 3200 12800 60000" training examples, drawn by the seed, no more than there are
#   BASELINES  "linear linear-3000 cnn": what scripts/baselines.py learns; linear-N takes N steps over as many passes
#              as that needs. May be empty.
#   REPLAY     "6000": cnn-replay-N of a buffer of so many examples for each number. May be empty.
#   PYTHON     a Python with numpy and torch (Debian: python3-torch); where there is none, baselines are left out
# Leaves OUT/fig4.md, .csv and .png.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-$top/build/release}
# shellcheck source=scripts/reproduce-classify.inc
. "$top/scripts/reproduce-classify.inc"
check_numbers SIZES "${SIZES:-50 100 200 400 800 3200 12800 60000}"
sizes=$list baselines=$(words "${BASELINES-linear linear-3000 cnn}")
for word in $sizes; do
    check_count SIZES "$word" examples
done
if [ -n "${REPLAY-6000}" ]; then
    check_numbers REPLAY "${REPLAY-6000}"
    for word in $list; do
        check_count REPLAY "$word" examples
        baselines="$baselines cnn-replay-$word"
    done
fi
for word in $baselines; do
    case $word in
    linear | cnn) continue ;;
    linear-*) count=${word#linear-} ;;
    cnn-replay-*) count=${word#cnn-replay-} ;;
    *) count=none ;;
    esac
    positive "$count" || refuse "BASELINES: '$word' is none of linear, linear-N, cnn, cnn-replay-N"
done
begin_classify "mnist fashion-mnist cifar10" paper

python=
if [ -n "$baselines" ]; then
    for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
        "$candidate" -c 'import numpy, torch' >/dev/null 2>&1 && python=$candidate && break
    done
    [ -n "$python" ] || say "no baselines: they need a Python with numpy and torch (Debian: python3-torch)"
fi

# learn_some EXAMPLES: drawn by the seed
learn_some() {
    if [ "$1" -lt "$train" ]; then
        learn "n$1" --examples "$1"
    else
        learn ""
    fi
}

# baseline METHOD EXAMPLES: one run of baselines.py on the open set
baseline() {
    method=$1
    # shellcheck disable=SC2086
    set -- --examples "$2" $scale
    case $method in
    linear-*) set -- --method linear --steps "${method#linear-}" "$@" ;;
    cnn-replay-*) set -- --method cnn --replay "${method#cnn-replay-}" "$@" ;;
    *) set -- --method "$method" "$@" ;;
    esac
    [ -z "$limit" ] || set -- "$@" --limit "$limit"
    describe_run "n$size" "$method" "$(cksum <"$top/scripts/baselines.py")" "$*"
    if run_is_done; then
        say "$id: kept"
        return
    fi
    begin_run "python3 scripts/baselines.py --data $(quoted "$shown_train" "$@" --seed "$seed")"
    "$python" "$top/scripts/baselines.py" --data "$folder" "$@" --seed "$seed" >"$part.metrics" && keep_run || return 1
    say "$id: done in $(run_seconds) s"
}

# Of the sizes those that the open set has, the last of them perhaps all of it.
sizes_here() {
    for word in $sizes; do
        if [ "$word" -lt "$train" ]; then echo "$word"; else echo "$train"; fi
    done | sort -n | uniq
}

each_size() {
    for size in $(sizes_here); do
        measure "$label" "$size" learn_some "$size"
    done
}

# Baselines see their inputs as the first model of the set does.
each_baseline() {
    for model in $models; do
        use_model "$model" && break
    done
    scale=
    ! grep -q '"scale": *"standardise"' "$part.spec" || scale=--standardise
    for size in $(sizes_here); do
        for name in $baselines; do
            measure "$name" "$size" baseline "$name" "$size"
        done
    done
}

for_each_model each_size
if [ -n "$python" ]; then
    for set in $sets; do
        open_set "$set"
        for seed in $seeds; do
            each_baseline
        done
    done
fi
make_table fig4 grid corner=method across="training examples" <<'END'
On all test data after one pass over the training examples, which the seed draws; models of fg by the forward pass at the
means. linear and cnn (16 filters 5x5, leaky relu, pooling, dense) learn in one pass by Adam in batches of 50, linear-N
in N steps over several passes; cnn-replay-N learns with each batch another one drawn from the last N examples. Their
rate is chosen from a fixed list on training examples held back for it. Seconds are those of learning.
END
plot_table fig4 -e "horizontal = 'training examples'"
[ -z "$failed" ]
