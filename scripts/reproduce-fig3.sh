#!/bin/sh
# Measures ways of denoising a clip, one table over all of them: make reproduce-fig3 [VARIABLE=...]
# Usage: reproduce-fig3.sh [BUILD_FOLDER]. What these variables of the environment say, or by default:
#   METHODS  baselines of fg-denoise and presets of fg-build; NAME-per-frame learns afresh from each frame
#   SEEDS    "1 2 3"; LIMIT: the first so many frames only
#   CORRUPT  0.1: the noise, as for fg-denoise --corrupt
#   CLIP     a folder of PNG files; $FG_DATA/bear_258x454, the paper's
#   CROP     WIDTHxHEIGHT+X+Y, the part of frame 5 (or of the last, in a shorter clip) that the panel shows
#   OUT      where results go: build/fig3, with what differs from these defaults in its name
# Every run leaves OUT/METHOD-SEED.jsonl, whole or not at all; what is there already is not run again.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-$top/build/release}
# shellcheck source=scripts/reproduce.inc
. "$top/scripts/reproduce.inc"
methods=${METHODS:-noisy median switching road denoise-pairwise denoise-1-per-frame denoise-1 denoise-5-per-frame \
denoise-5 denoise-best}
limit=${LIMIT:-} noise=${CORRUPT:-0.1} crop=${CROP:-} frame=5
data=${FG_DATA:-$top/../shared/data}
clip=${CLIP:-$data/bear_258x454}

# A name in METHODS is a preset if fg-build knows it, else a baseline if fg-denoise does.
is_preset() {
    fg-build "$1" >/dev/null 2>&1 </dev/null
}
is_baseline() {
    fg-denoise "$clip" --baseline "$1" --corrupt "$noise" --limit 1 --metrics - >/dev/null 2>&1 </dev/null
}

# split METHOD: sets preset or baseline, and the options that go with it.
split() {
    preset='' baseline='' options=''
    case $1 in
    noisy) baseline=median ;;
    *-per-frame) preset=${1%-per-frame} options=--per-frame ;;
    *) if is_preset "$1"; then preset=$1; else baseline=$1; fi ;;
    esac
}

find_commands
check_path "CLIP, FG_DATA, OUT" "$clip${OUT:-}"
check_numbers SEEDS "${SEEDS:-1 2 3}"
seeds=$list
check_count LIMIT "$limit" frames
case $methods in
*[!A-Za-z0-9_\ -]*) refuse "METHODS: '$methods' are no names" ;;
esac
methods=$(words "$methods")
[ -n "$methods" ] || refuse "METHODS must not be blank"
case $crop in
"") ;;
*[!0-9x+]* | *x*x* | *+*+*+*) refuse "CROP: '$crop' is not WIDTHxHEIGHT+X+Y" ;;
[0-9]*x[0-9]*+[0-9]*+[0-9]*) ;;
*) refuse "CROP: '$crop' is not WIDTHxHEIGHT+X+Y" ;;
esac
[ -d "$clip" ] || refuse "$clip is no folder: CLIP names one, or FG_DATA the folder with bear_258x454"
fg-denoise "$clip" --baseline median --corrupt "$noise" --limit 1 --metrics - >/dev/null </dev/null ||
    refuse "the first frame of $clip with CORRUPT=$noise is refused"
for method in $methods; do
    split "$method"
    if [ -n "$preset" ]; then is_preset "$preset"; else is_baseline "$baseline"; fi ||
        refuse "METHODS: '$method' is neither a baseline that takes this noise nor a preset"
done

shown=$clip
out=$(dirname "$build")/fig3
if [ -z "${CLIP:-}" ]; then
    shown="\$FG_DATA/bear_258x454"
    : "${crop:=128x96+40+100}"
else
    out=$out-$(basename "$clip")
fi
[ "$noise" = 0.1 ] || out=$out-$(echo "$noise" | tr -c 'A-Za-z0-9.\n' -)
[ -z "$limit" ] || out=$out-first$limit
begin_results "${OUT:-$out}"

frames=0
for file in "$clip"/*; do
    case $file in
    *.[Pp][Nn][GgMm] | *.[Pp][PpGg][Mm]) frames=$((frames + 1)) ;;
    esac
done
[ -z "$limit" ] || [ "$limit" -ge "$frames" ] || frames=$limit
[ "$frame" -lt "$frames" ] || frame=$((frames - 1))

find_machine
filters=
! fg-denoise --help | grep -q -e '--filters ' || filters=yes

# describe METHOD SEED: sets id, the name of the run's files, key, the beginning of its first line, which holds all
# that its results depend on, and learns, if it has filters to show; leaves the model, if it has one, in $part.spec.
describe() {
    id=$1-$2 model=none learns=
    key="{\"run\":true,\"method\":\"$1\",\"seed\":$2,\"clip\":$(json "$shown"),\"corrupt\":$(json "$noise")"
    split "$1"
    if [ -n "$preset" ]; then
        fg-build "$preset" >"$part.spec" || return 1
        model=$(cksum <"$part.spec")
        [ -z "$filters" ] || ! grep -q '"tconv"' "$part.spec" || learns=yes
    fi
    key="$key,\"frames\":$frames,\"options\":\"$options\",\"model\":\"$model\","
}

is_done() {
    [ -f "$out/$id.png" ] && { [ -z "$learns" ] || [ -f "$out/$id-filters.png" ]; } && run_is_done
}

# run_one: of $method and $seed
run_one() {
    describe "$method" "$seed" || return 1
    if is_done; then
        say "$method, seed $seed: kept"
        return
    fi
    # shellcheck disable=SC2086
    set -- --corrupt "$noise" --seed "$seed" $options
    [ -z "$baseline" ] || set -- --baseline "$baseline" "$@"
    [ -z "$limit" ] || set -- "$@" --limit "$limit"
    set -- "$@" --panel-frame "$frame"
    command="fg-denoise $(quoted "$shown" "$@") --panel $id.png${learns:+ --filters $id-filters.png} --metrics -"
    [ -z "$preset" ] || command="fg-build $preset | $command"
    begin_run "$command"
    [ -z "$learns" ] || set -- "$@" --filters "$part.filters"
    [ -n "$preset" ] || : >"$part.spec"
    # A stop leaves fg-denoise with what it had so far and the status of a signal: never to be taken as done.
    fg-denoise "$clip" "$@" --panel "$part.panel" --metrics - <"$part.spec" >"$part.metrics" || return 1
    mv -f "$part.panel" "$out/$id.png" || return 1
    [ -z "$learns" ] || mv -f "$part.filters" "$out/$id-filters.png" || return 1
    keep_run || return 1
    say "$method, seed $seed: done in $(run_seconds) s"
}

table() {
    for method in $methods; do
        for seed in $seeds; do
            describe "$method" "$seed" && is_done && printf '%s\n' "$out/$id.jsonl"
        done
    done >"$part.list"
    [ -s "$part.list" ] || return 1
    awk -v methods="$methods" -v seeds="$seeds" -v frame="$frame" -v clip="$shown" -v noise="$noise" \
        -v markdown="$part.table.md" -v csv="$part.table.csv" -v curves="$part.psnr.csv" -v list="$part.list" \
        -f "$top/scripts/reproduce.awk" -f "$top/scripts/reproduce-fig3.awk" </dev/null || return 1
    for name in table.md table.csv psnr.csv; do
        mv -f "$part.$name" "$out/$name" || return 1
    done
}

png_size() { # of a PNG file, "WIDTH HEIGHT"; nothing of another
    [ "$(od -An -tx1 -N4 "$1" | tr -d ' \n')" = 89504e47 ] || return 1
    od -An -tu1 -j16 -N8 "$1" | awk '{ for (i = 1; i <= NF; i++) b[++n] = $i }
        END { print ((b[1] * 256 + b[2]) * 256 + b[3]) * 256 + b[4], ((b[5] * 256 + b[6]) * 256 + b[7]) * 256 + b[8] }'
}

panel() {
    first=${seeds%% *} rows=''
    for file in "$clip"/*; do
        size=$(png_size "$file") && break
    done
    if [ -z "$size" ]; then
        say "no panel: $clip holds no PNG"
        return 0
    fi
    for method in $methods; do
        describe "$method" "$first" && is_done && rows="$rows $method"
    done
    rows=${rows# }
    [ -n "$rows" ] || return 1
    # shellcheck disable=SC2086
    whole=$(png_size "$out/${rows%% *}-$first.png") && set -- $size $whole && draw reproduce-fig3-panel panel -e \
        "methods = '$rows'; seed = '$first'; frame = $frame; crop = '$crop'; width = $1; height = $2; whole_width = $3; \
whole_height = $4"
}

failed=
for seed in $seeds; do
    for method in $methods; do
        run_one || {
            complain "$method, seed $seed: failed"
            failed=yes
        }
    done
done
if ! table; then
    complain "no table"
    exit 1
fi
say "$out/table.md"
if have_gnuplot; then
    if ! draw reproduce-fig3-psnr psnr || ! panel; then
        complain "not all pictures could be made"
        failed=yes
    fi
else
    say "no psnr.png and panel.png: they need gnuplot"
fi
[ -z "$failed" ]
