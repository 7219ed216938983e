#!/bin/sh
# Draws curves from JSON lines, with gnuplot:
#   sh scripts/plot-curves.sh -o PICTURE METRICS...   learning curves, from what fg-continual --metrics wrote: accuracy
#                                                     (or root mean square error) over examples, a curve a file; of one
#                                                     file with tasks, a curve a task
#   sh scripts/plot-curves.sh -o PICTURE LOG          how inference converges, from what any command's --log wrote: how
#                                                     far the messages of each layer still move a belief at most, and
#                                                     the energy of each layer
# PICTURE is PNG, or SVG where its name ends so. It appears whole or not at all.
set -u
fail() {
    echo "plot-curves: $*" >&2
    exit 1
}
usage() {
    echo "plot-curves: $*; as in sh scripts/plot-curves.sh -o curves.png metrics.jsonl" >&2
    exit 2
}
out=
case ${1-} in
-o) [ "$#" -ge 2 ] && [ -n "$2" ] && out=$2 && shift 2 ;;
esac
[ -n "$out" ] || usage "-o PICTURE is needed first"
[ "$#" -gt 0 ] || usage "no file to draw"
command -v gnuplot >/dev/null || fail "gnuplot is needed: apt-get install gnuplot-nox"
[ ! -d "$out" ] || fail "cannot write $out: it is a folder"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"; rm -f "$out.part"' EXIT
trap 'exit 1' HUP INT TERM

kind= # of all files: curve or log
for file; do
    if [ ! -r "$file" ] || [ -d "$file" ]; then
        fail "cannot read $file"
    elif grep -q '"iteration":' "$file"; then
        this=log
    elif grep -qE '"examples":.*"(accuracy|rmse)":' "$file"; then
        this=curve
    else
        fail "$file: no line of a log and none of fg-continual's metrics; --log FILE and --metrics FILE write them"
    fi
    [ "${kind:-$this}" = "$this" ] || fail "$file: a $this beside a ${kind}: draw them apart"
    kind=$this
done
[ "$kind" = curve ] || [ "$#" -eq 1 ] || fail "one log at a time"

# value KEY: the number behind the key; an awk function for the programs below.
# shellcheck disable=SC2016
value='
function value(key) {
    if (!match($0, "\"" key "\":-?[0-9][-0-9.e+]*")) return "nan"
    s = substr($0, RSTART, RLENGTH)
    sub(/^[^:]*:/, "", s)
    return s
}'

# A block of rows for each curve, two empty lines between, its title in front as gnuplot takes it.
curves() {
    for file; do
        name=$(basename "$file" .jsonl)
        awk -v name="$name" -v alone="$(($# == 1))" "$value"'
            /"summary":/ || !/"examples":/ { next }
            {
                n++
                x[n] = value("examples")
                y[n] = value("accuracy")
                if (y[n] == "nan") y[n] = value("rmse")
                if (alone && match($0, /"tasks":\[[^]]*\]/)) {
                    k = split(substr($0, RSTART + 9, RLENGTH - 10), of, ",")
                    for (t = 1; t <= k; t++) task[n, t] = of[t] == "null" ? "nan" : of[t]
                    tasks = k > tasks ? k : tasks
                }
            }
            END {
                printf "\"%s\"\n", tasks ? "mean" : name
                for (i = 1; i <= n; i++) print x[i], y[i]
                for (t = 1; t <= tasks; t++) {
                    printf "\n\n\"task %d\"\n", t - 1
                    for (i = 1; i <= n; i++) print x[i], (task[i, t] == "" ? "nan" : task[i, t])
                }
                printf "\n\n"
            }' "$file"
    done
}

# The same of a log: for each layer what its messages change, then for each its energy. Steps are counted through all
# batches or frames.
logged() {
    awk "$value"'
        function show(of,   l, i) {
            for (l = 1; l <= layers; l++) {
                printf "\"%s\"\n", name[l]
                for (i = 1; i <= n; i++) print i, ((i, l) in of && of[i, l] + 0 > 0 ? of[i, l] : "nan")
                printf "\n\n"
            }
        }
        !/"iteration":/ { next }
        {
            n++
            rest = $0
            sub(/.*"layers":\[/, "", rest)
            for (l = 1; match(rest, /\{"name":"[^}]*\}/); l++) {
                $0 = substr(rest, RSTART, RLENGTH)
                rest = substr(rest, RSTART + RLENGTH)
                split($0, part, "\"")
                name[l] = part[4]
                change[n, l] = value("change")
                energy[n, l] = value("energy")
                layers = l > layers ? l : layers
            }
        }
        END {
            show(change)
            show(energy)
        }' "$1"
}

if [ "$kind" = curve ]; then curves "$@"; else logged "$1"; fi >"$work/data"
blocks=$(grep -c '^"' "$work/data")
grep -qE '^[0-9]+ [0-9]' "$work/data" || fail "nothing to draw: no point of a curve has a value"
case $out in
*.svg) terminal="svg size 900,560 background '#ffffff' font 'sans,11'" ;;
*) terminal="pngcairo size 900,560 font 'sans,11'" ;;
esac
label=accuracy
grep -q '"accuracy":' "$1" || label='root mean square error'
cat >"$work/plot.gp" <<END
set terminal $terminal
set output part
set border 3 lc rgb "#808080"
set tics nomirror
set autoscale xfix
set grid ytics lt 1 lc rgb "#e0e0e0"
set key outside right center reverse Left noenhanced
colours = "#1f5fa8 #c0273a #1d7d3c #d9a400 #8c5a2b #b565a7 #7aa9d6 #808080"
colour(i) = word(colours, 1 + i % words(colours))
END
if [ "$kind" = curve ]; then
    cat >>"$work/plot.gp" <<END
set xlabel "examples"
set ylabel "$label"
plot for [i = 0 : $blocks - 1] data index i using 1:2 with linespoints pt 7 ps 0.5 lw (i == 0 ? 2.5 : 1.5) \
    lc rgb colour(i) title columnheader(1)
END
else
    cat >>"$work/plot.gp" <<END
set logscale y
set format y "10^{%L}"
set multiplot layout 2, 1
set lmargin 11
set rmargin 26
set title "how far the messages of a layer still move a belief (standard deviations)"
plot for [i = 0 : $blocks / 2 - 1] data index i using 1:2 with lines lw 1.5 lc rgb colour(i) title columnheader(1)
set title "energy of a layer"
set xlabel "iteration"
plot for [i = $blocks / 2 : $blocks - 1] data index i using 1:2 with lines lw 1.5 lc rgb colour(i - $blocks / 2) \
    title columnheader(1)
unset multiplot
END
fi
gnuplot -e "data = '$work/data'; part = '$work/picture'" "$work/plot.gp" 2>"$work/said" ||
    fail "gnuplot: $(grep -v '^ *$' "$work/said" | tail -n 1)"
if ! cp "$work/picture" "$out.part" 2>"$work/said" || ! mv "$out.part" "$out"; then
    fail "cannot write $out"
fi
