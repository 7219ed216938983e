#!/bin/sh
# Measures one pass over each set, beside the paper's figures: make reproduce-tables [VARIABLE=...]
# Usage: reproduce-tables.sh [BUILD_FOLDER]. Variables: those of reproduce-classify.inc; SETS is "mnist fashion-mnist
# cifar10", and MODELS are models besides the paper's. Leaves OUT/tables.md and .csv.
set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
build=${1:-$top/build/release}
# shellcheck source=scripts/reproduce-classify.inc
. "$top/scripts/reproduce-classify.inc"
MODELS="paper ${MODELS:-${MODEL:-}}"
begin_classify "mnist fashion-mnist cifar10" paper

one_pass() {
    measure "$label" "" learn ""
}
for_each_model one_pass
make_table tables runs corner=model across= <<'END'
Test accuracy after one pass over the training data, by the forward pass at the means; nll is the mean negative
log-likelihood, seconds are those of learning. "paper" is Nabarro, van der Wilk and Davison (2024).
END
[ -z "$failed" ]
