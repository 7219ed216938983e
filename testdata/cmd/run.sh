#!/bin/sh
# Command tests: runs testdata/cmd/NAME.sh in an empty folder, with the commands of a build folder first in PATH,
# and compares what it prints and its exit status with NAME.out, NAME.err and NAME.status.
#   run.sh [-j N] BUILD_FOLDER [NAME...]           runs all tests, or the named ones
#   run.sh --accept BUILD_FOLDER NAME...           records what the named tests do now as expected
# A missing NAME.out or NAME.err stands for no output, a missing NAME.status for 0. A line "~ PATTERN" in an expected
# file stands for one line that the extended regular expression PATTERN matches as a whole.
# Status 77 with a line "skipped: REASON" on stdout says that the test cannot be run here.
# A test finds testdata in FG_TESTDATA and the variant's name in FG_VARIANT. Its first line may read
# "# needs: fg-train fg-infer": without these it is an error, so that a command that is not built cannot pass unseen.
set -u
jobs=2
accept=0
while :; do
    case ${1-} in
    -j) jobs=$2 && shift 2 ;;
    --accept) accept=1 && shift ;;
    *) break ;;
    esac
done
here=$(cd "$(dirname "$0")" && pwd) || exit 1
build=$(cd "${1:?usage: run.sh [-j N] [--accept] BUILD_FOLDER [NAME...]}" && pwd) || exit 1
shift
PATH=$build:$PATH
FG_TESTDATA=$(dirname "$here")
FG_VARIANT=$(basename "$build")
LC_ALL=C
export PATH FG_TESTDATA FG_VARIANT LC_ALL
unset NO_COLOR OMP_NUM_THREADS 2>/dev/null
scratch=$(mktemp -d "${TMPDIR:-/tmp}/fg-cmd.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# compare EXPECTED ACTUAL: line by line, "~ " lines as patterns; a diff where they differ.
compare() {
    [ -f "$1" ] || set -- /dev/null "$2"
    cmp -s "$1" "$2" && return 0
    if grep -q '^~ ' "$1" && [ "$(wc -l <"$1")" -eq "$(wc -l <"$2")" ]; then
        exec 3<"$2"
        bad=0
        while IFS= read -r want; do
            IFS= read -r got <&3 || bad=1
            case $want in
            "~ "*) printf '%s\n' "$got" | grep -qxE -e "${want#??}" || bad=1 ;;
            *) [ "$want" = "$got" ] || bad=1 ;;
            esac
        done <"$1"
        exec 3<&-
        [ "$bad" -eq 1 ] || return 0
    fi
    diff -u "$1" "$2" | sed '1,2d' | head -n 40
    return 1
}

# run_one NAME: leaves the report in scratch/NAME.report, and scratch/NAME.bad when it failed.
run_one() {
    dir=$scratch/$1.dir
    mkdir "$dir"
    missing=
    needs=$(sed -n '1s/^# needs://p' "$here/$1.sh")
    for tool in $needs; do
        [ -x "$build/$tool" ] || missing="$missing $tool"
    done
    if [ -n "$missing" ]; then
        echo "not built:$missing" >"$scratch/$1.report"
        touch "$scratch/$1.bad"
        return
    fi
    (cd "$dir" && timeout "${CMD_SECONDS:-300}" sh "$here/$1.sh" </dev/null >"$scratch/$1.out" 2>"$scratch/$1.err")
    echo $? >"$scratch/$1.status"
    if [ "$(cat "$scratch/$1.status")" -eq 77 ] && grep -q '^skipped: ' "$scratch/$1.out"; then
        return
    fi
    if [ "$accept" -eq 1 ]; then
        for part in out err status; do
            rm -f "$here/$1.$part"
            [ ! -s "$scratch/$1.$part" ] || cp "$scratch/$1.$part" "$here/$1.$part"
        done
        [ "$(cat "$scratch/$1.status")" -ne 0 ] || rm -f "$here/$1.status"
        return
    fi
    {
        compare "$here/$1.out" "$scratch/$1.out" || { echo "^ stdout" && touch "$scratch/$1.bad"; }
        compare "$here/$1.err" "$scratch/$1.err" || { echo "^ stderr" && touch "$scratch/$1.bad"; }
        want=0
        [ ! -f "$here/$1.status" ] || want=$(cat "$here/$1.status")
        got=$(cat "$scratch/$1.status")
        [ "$got" -eq "$want" ] || { echo "status $got, expected $want" && touch "$scratch/$1.bad"; }
    } >"$scratch/$1.report" 2>&1
    rm -rf "$dir"
}

if [ "$#" -eq 0 ]; then
    cd "$here" || exit 1
    set -- *.sh
fi
names=
total=0
for name; do
    name=$(basename "$name" .sh)
    [ "$name" != run ] || continue
    [ -f "$here/$name.sh" ] || { echo "run.sh: no test named $name" >&2 && exit 2; }
    names="$names $name"
    total=$((total + 1))
done
[ "$total" -gt 0 ] || { echo "100%: Checks: 0, Failures: 0, Errors: 0" && exit 0; }

# Worker k takes every jobs-th test.
worker() {
    i=0
    for name in $names; do
        [ $((i % jobs)) -ne "$1" ] || run_one "$name"
        i=$((i + 1))
    done
}
k=0
while [ "$k" -lt "$jobs" ]; do
    worker "$k" &
    k=$((k + 1))
done
wait

bad=0
for name in $names; do
    if [ -e "$scratch/$name.bad" ]; then
        bad=$((bad + 1))
        echo "FAIL $name"
        sed 's/^/    /' "$scratch/$name.report"
    fi
    grep -h '^skipped: ' "$scratch/$name.out" "$scratch/$name.err" 2>/dev/null
done
echo "$((100 * (total - bad) / total))%: Checks: $total, Failures: $bad, Errors: 0"
[ "$bad" -eq 0 ]
