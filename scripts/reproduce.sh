#!/bin/sh
# Runs the reproductions of all figures and tables, at a scale, and writes one report: make reproduce [VARIABLE=...]
# Usage: reproduce.sh [BUILD_FOLDER]. Variables of the environment:
#   SCALE    quick (ten minutes on two cores) or full (the paper's sizes: days); or a file with lines like those of quick()
#   FG_DATA  where the clip and the sets are; what is not there is left out, and the report says so
#   OUT      where results go: build for full, where the other reproductions leave theirs, else build/SCALE
# Leaves OUT/report.html, one page that needs nothing else, and OUT/report.md, what it was made of; both anew after each
# script. What is done is kept.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-$top/build/release}
# shellcheck source=scripts/reproduce.inc
. "$top/scripts/reproduce.inc"
# Scales alone decide what the scripts measure.
unset SEEDS CURVES ITERS METHODS LIMIT CORRUPT CLIP CROP SETS MODELS MODEL DATA SIZES BASELINES REPLAY SCHEDULES PREDICT \
    VALIDATE TASKS

# piece FOLDER SCRIPT VARIABLE=VALUE...: scripts/reproduce-SCRIPT.sh with these variables, results in OUT/FOLDER;
# each script once a folder
piece() {
    "$action" "$@"
}

# Behind each its seconds on two cores.
quick() {
    piece fig2 fig2                                                                      # 30
    piece fig3 fig3 SEEDS=1 LIMIT=6                                                      # 145
    piece classify tables SETS="mnist fashion-mnist" SEEDS=1 LIMIT=500                   # 50
    piece cifar10 tables SETS=cifar10 SEEDS=1 LIMIT=200                                  # 40
    piece fig4 fig4 SETS=mnist SEEDS=1 SIZES="50 100 200 400 800" LIMIT=2000 BASELINES="linear cnn" REPLAY= # 55
    piece fig4-others fig4 SETS="fashion-mnist cifar10" SEEDS=1 SIZES="50 100" LIMIT=2000 BASELINES= REPLAY= # 45
    piece classify async SETS=mnist SEEDS=1 LIMIT=500                                    # 20
    piece classify iterations SETS=mnist SEEDS=1 ITERS="25 100" PREDICT="0 50 200" VALIDATE=200 LIMIT=500 # 35
    piece classify tasks SETS=mnist SEEDS=1 TASKS="split:2:class split:2:domain permuted:3" LIMIT=500 # 40
}

full() {
    piece fig2 fig2
    piece fig3 fig3
    piece classify tables SETS="mnist fashion-mnist cifar10"
    piece classify fig4 SETS="mnist fashion-mnist cifar10"
    piece classify async SETS=mnist
    piece classify iterations SETS=mnist
    piece classify tasks SETS=mnist
}

all_pieces() { # all_pieces COMMAND: with the arguments of each
    action=$1
    case $scale in
    quick | full) "$scale" ;;
    *)
        # shellcheck source=/dev/null
        . "$scale"
        ;;
    esac
}

# keep_sets WORDS: those that are there; notes the others
keep_sets() {
    kept=
    for set in $1; do
        if [ -d "$data/$set" ] || { [ "$set" = cifar10 ] && [ -d "$data/cifar-10" ]; }; then
            kept=${kept:+$kept }$set
        else
            echo "$set is not in $shown_data: scripts/get-data fetches it" >>"$notes"
        fi
    done
}

# choose_data SCRIPT VARIABLE=VALUE...: notes what is missing; fails if nothing is left to run. Sets kept to the sets.
choose_data() {
    kept=
    case $1 in
    fig2) return ;;
    fig3)
        [ -d "$data/bear_258x454" ] && return
        echo "bear_258x454, a folder with the frames of the clip as PNG, is not in $shown_data" >>"$notes"
        return 1
        ;;
    esac
    for variable; do
        case $variable in
        SETS=*) keep_sets "${variable#SETS=}" ;;
        esac
    done
    [ -n "$kept" ]
}

run_piece() {
    folder=$1 script=$2 notes=$part.$1-$2.notes
    shift 2
    : >"$notes"
    if choose_data "$script" "$@"; then
        [ -z "$kept" ] || set -- "$@" SETS="$kept"
        # Errors and what is said go where they would without this, and are noted.
        {
            {
                env OUT="$out/$folder" "$@" sh "$top/scripts/reproduce-$script.sh" "$build" 2>&1 >&3
                echo $? >"$part.status"
            } | tee "$part.errors" >&2
        } 3>&1 | tee "$part.said"
        [ "$(cat "$part.status")" -eq 0 ] || failed=yes
        # What a script leaves out without failing.
        sed -n '/^reproduce-[a-z0-9]*: no /p' "$part.said" | cat "$part.errors" - >>"$notes"
    fi
    grep -v '^reproduce-' "$notes" | sed "s/^/$self: $script: /"
    write_report || {
        complain "no report"
        exit 1
    }
}

extent() { # extent VARIABLE=VALUE...: on how much of the data
    part_of=all
    for variable; do
        case $variable in
        LIMIT=*) part_of=${variable#LIMIT=} ;;
        esac
    done
    echo "$part_of"
}

list_piece() { # for the summary
    folder=$1 script=$2
    shift 2
    for table in $(tables_of "$script"); do
        [ ! -f "$out/$folder/$table.csv" ] || echo "$script|$(extent "$@")|$out/$folder/$table.csv"
    done
}

tables_of() {
    case $1 in
    fig2) echo xor regression ;;
    fig3) echo table ;;
    *) echo "$1" ;;
    esac
}

heading() { # heading TABLE: what the paper has of it
    case $1 in
    xor) cat <<'END' ;;
## Figure 2b: XOR

Two classes are learned from four points. The paper shows the decision surface as a picture, which leaves no figure to set
beside ours. Of our runs the first ten are shown.
END
    regression) cat <<'END' ;;
## Figure 2c: regression

A curve is learned from 90 noisy points, with its uncertainty. The paper shows a picture, no figure; ours are errors against
the curve without noise.
END
    table) cat <<'END' ;;
## Figure 3: video denoising

Filters are learned from a clip in which 10 % of the pixels are noise, without clean data. The paper gives frame 5, which is
set beside ours wherever that frame was run.
END
    tables) cat <<'END' ;;
## One pass over each set

Each example is seen once, in batches of 50, and dropped. The paper has 98.16 ± 0.03 % on MNIST, 88.2 ± 0.1 % on
Fashion-MNIST and 53.1 ± 0.3 % on CIFAR-10 after all training examples: fewer examples give less.
END
    fig4) cat <<'END' ;;
## Figure 4: sample efficiency

Accuracy against the number of training examples. The paper shows curves from 50 examples to all; their ends are the
figures of the section before.
END
    async) cat <<'END' ;;
## Asynchronous schedules

Layers are updated in other orders. The paper has 98.11 ± 0.04 % on MNIST with layers at random, 98.16 ± 0.03 % in order,
after all training examples.
END
    iterations) cat <<'END' ;;
## Iterations in learning and prediction

The paper: about 200 iterations a batch are enough if prediction runs at least 200; with fewer than about 100 in prediction
accuracy collapses, from activations that start at random. Ours start from the forward pass.
END
    tasks) cat <<'END' ;;
## Tasks, one after the other

Not in the paper: how much is kept of tasks learned before. Published averages of other methods stand in the table where all
examples were learned.
END
    esac
    echo
}

pictures() { # pictures FOLDER TABLE: those of a table, as lines of Markdown
    case $2 in
    xor) set -- "$1" xor-*.png ;;
    regression) set -- "$1" regression-*.png ;;
    table) set -- "$1" psnr.png panel.png ;;
    tasks) set -- "$1" '*-matrix.png' ;;
    *) set -- "$1" "$2.png" ;;
    esac
    folder=$1
    shift
    for pattern; do
        # In the order of the numbers behind their names.
        (cd "$out/$folder" && find . -name "$pattern" | sed 's|^\./||' | sort -t- -k2,2n -k1)
    done | head -n 10 | while IFS= read -r name; do
        case $name in
        psnr.png) caption="PSNR of every frame, in dB" ;;
        panel.png) caption="A part of one frame as every method leaves it, with differences and deviations" ;;
        *-matrix.png) caption="${name%-matrix.png}: accuracy after each task (rows) on each task (columns)" ;;
        fig4.png | iterations.png) caption="The table as curves" ;;
        *) caption=${name%.png} ;;
        esac
        echo "![$caption]($out/$folder/$name)"
    done
}

show_piece() {
    folder=$1 script=$2 piece_notes=$part.$1-$2.notes
    shift 2
    for table in $(tables_of "$script"); do
        [ "$table" = "$before" ] || heading "$table"
        before=$table
        if [ -f "$out/$folder/$table.md" ]; then
            sed '/^\* Commit: /,$d' "$out/$folder/$table.md"
            pictures "$folder" "$table"
            echo
            sed -n '/^\* Commit: /,$p' "$out/$folder/$table.md"
        elif [ -f "$piece_notes" ]; then
            echo "**Not measured.**"
        else
            echo "**Not measured yet.**"
        fi
        echo
        if [ -s "$piece_notes" ]; then
            printf 'Missing:\n\n'
            sed 's/^/    /' "$piece_notes"
            echo
        fi
        printf 'This section alone:\n\n    make reproduce-%s %s\n\n' "$script" "$(quoted "$@" OUT="${out#"$top"/}/$folder")"
    done
}

report() {
    cat <<END
# Learning in deep factor graphs: the paper's results, measured again

The figures and tables of Nabarro, van der Wilk and Davison, "Learning in Deep Factor Graphs with Gaussian Belief
Propagation" (ICML 2024, arXiv 2311.14649), as fg reproduces them with \`make reproduce SCALE=$(quoted "${SCALE:-quick}")\`.

* Written: $(date -u '+%Y-%m-%d %H:%M') UTC, $(($(date +%s) - began)) seconds after this run began (what was done before is kept)
* Commit: $commit
* Machine: $machine

## Summary

END
    all_pieces list_piece >"$part.tables"
    awk -v list="$part.tables" -f "$top/scripts/reproduce.awk" -f "$top/scripts/reproduce-summary.awk" </dev/null || return 1
    echo
    before=
    all_pieces show_piece
}

# In a process of its own: the scale is gone through again, from within it.
write_report() {
    (report) >"$part.md" && awk -f "$top/scripts/reproduce-html.awk" "$part.md" "$part.md" >"$part.html" &&
        mv -f "$part.md" "$out/report.md" && mv -f "$part.html" "$out/report.html"
}

find_commands
check_path "SCALE, FG_DATA, OUT" "${SCALE:-}${FG_DATA:-}${OUT:-}"
scale=${SCALE:-quick} name=${SCALE:-quick}
case $scale in
quick | full) ;;
*)
    [ -f "$scale" ] || refuse "SCALE: '$scale' is neither quick nor full nor a file"
    scale=$(cd "$(dirname "$scale")" && pwd)/$(basename "$scale")
    name=$(basename "$scale" | sed 's/\.[^.]*$//')
    ;;
esac
data=${FG_DATA:-$top/../shared/data} shown_data="FG_DATA"
[ -n "${FG_DATA:-}" ] || shown_data="FG_DATA, which is not set"
where=$(dirname "$build")
[ "$scale" = full ] || where=$where/$name
begin_results "${OUT:-$where}"
out=$(cd "$out" && pwd) part=$out/${part##*/}
find_machine
began=$(date +%s) failed=
all_pieces run_piece
say "$out/report.html"
[ -z "$failed" ]
