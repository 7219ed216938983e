#!/bin/sh
# Measures how much is kept of tasks that are learned one after the other: make reproduce-tasks [VARIABLE=...]
# Usage: reproduce-tasks.sh [BUILD_FOLDER]. Variables: those of reproduce-classify.inc, SETS is "mnist", and
#   TASKS  "split:2:class split:2:domain permuted:10", as for fg-continual --tasks, split tasks with their --scoring
#          (class, task or domain); for domain the model's last dense layer gets as many units as a task has classes
# Leaves OUT/tasks.md, .csv, and OUT/RUN-matrix.png of every run.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-$top/build/release}
# shellcheck source=scripts/reproduce-classify.inc
. "$top/scripts/reproduce-classify.inc"
tasks=$(words "${TASKS:-split:2:class split:2:domain permuted:10}")
[ -n "$tasks" ] || refuse "TASKS must not be blank"
for task in $tasks; do
    count=${task#*:}
    case $task in
    split:*:class | split:*:task | split:*:domain) count=${count%:*} ;;
    permuted:*) ;;
    *) count=none ;;
    esac
    positive "$count" || refuse "TASKS: '$task' is not permuted:N or split:K:class, :task or :domain"
done
begin_classify mnist paper

last_dense() { # which layer of the model is its last dense one, from 0
    sed -n 's/^ *"kind": *"\([a-z_]*\)".*/\1/p' "$part.spec" | awk '$0 == "dense" { at = NR } END { print at - 1 }'
}

learn_tasks() { # learn_tasks TASK, as in TASKS
    tag=$(echo "$1" | tr : -)
    case $1 in
    split:*)
        scoring=${1##*:}
        set -- --tasks "${1%:*}" --scoring "$scoring"
        ;;
    *) set -- --tasks "$1" ;;
    esac
    learn "$tag" "$@" && draw_matrix
}

# The picture of a run: rows are tasks learned, columns tasks asked, light is 1.
draw_matrix() {
    have_gnuplot || return 0
    tail -n 1 "$out/$id.jsonl" | sed 's/.*"matrix":\[\[//; s/\]\].*//; s/\],\[/ /g' | tr ' ,' '\n ' >"$part.matrix"
    edge=$(($(wc -l <"$part.matrix"))).5
    (cd "$out" && gnuplot -e "set terminal pngcairo size 520,460; set output '${part##*/}.png'; set xrange [0.5:$edge]; \
set yrange [$edge:0.5]; set tics 1; set format cb '%.1f'; set cbtics 0.2; set cbrange [0:1]; \
set xlabel 'accuracy on task'; set ylabel 'after task'; set palette gray; unset key; \
plot '${part##*/}.matrix' matrix using (\$1 + 1):(\$2 + 1):3 with image") && mv -f "$part.png" "$out/$id-matrix.png"
}

each_task() {
    for task in $tasks; do
        use_model "$model"
        case $task in
        *:domain)
            units=${task#*:}
            change_model --set "layers.$(last_dense).units=${units%:*}" || {
                complain "$label has no dense layer whose units could be those of $task"
                failed=yes
                continue
            }
            ;;
        esac
        measure "$label" "$task" learn_tasks "$task"
    done
}
for_each_model each_task
make_table tasks tasks corner=model across=tasks <<'END'
Average: of the test accuracies on all tasks after the last one, by the forward pass at the means. Backward transfer: by
how much accuracies on the earlier tasks have changed since they were learned. Forgetting: how far they are below their
best. All in per cent. split:K are K classes after K classes, scored among all classes (class), among the task's own
(task), or by the place of the class in its task (domain); permuted:N are N orders of the pixels. Published: of methods
that replay no data; permuted MNIST after ten tasks.
END
[ -z "$failed" ]
