#!/bin/sh
# Measures one pass with layers updated in other orders, as in the paper's asynchronous experiment:
# make reproduce-async [VARIABLE=...]
# Usage: reproduce-async.sh [BUILD_FOLDER]. Variables: those of reproduce-classify.inc, SETS is "mnist", and
#   SCHEDULES  "sweep random residual", as for fg-continual --schedule
# Leaves OUT/async.md and .csv.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-$top/build/release}
# shellcheck source=scripts/reproduce-classify.inc
. "$top/scripts/reproduce-classify.inc"
schedules=$(words "${SCHEDULES:-sweep random residual}")
[ -n "$schedules" ] || refuse "SCHEDULES must not be blank"
for schedule in $schedules; do
    case $schedule in
    sweep | synchronous | random | residual) ;;
    *) refuse "SCHEDULES: '$schedule' is none of sweep, synchronous, random, residual" ;;
    esac
done
begin_classify mnist paper

each_schedule() {
    for schedule in $schedules; do
        # The model's own needs no option: that run is the one of the other tables, too.
        if grep -q "\"schedule\": *\"$schedule\"" "$part.spec"; then
            measure "$label" "$schedule" learn ""
        else
            measure "$label" "$schedule" learn "$schedule" --schedule "$schedule"
        fi
    done
}
for_each_model each_schedule
make_table async runs corner=model across=schedule <<'END'
Test accuracy after one pass over the training data, by the forward pass at the means; nll is the mean negative
log-likelihood, seconds are those of learning. "paper" is Nabarro, van der Wilk and Davison (2024), whose asynchronous
schedule is "random".
END
[ -z "$failed" ]
