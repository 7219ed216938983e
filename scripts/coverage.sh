#!/bin/sh
# Line coverage per file from a coverage build that has run its tests: sh scripts/coverage.sh build/coverage
set -u
cd "$(dirname "$0")/.." || exit 1
B=$1
find "$B/lib" "$B/cmd" -name '*.gcda' 2>/dev/null | grep -vE '_(test|bench|fuzz)\.' | while read -r data; do
    gcov -n -o "$(dirname "$data")" "$data" 2>/dev/null
done | awk '
    /^File / { file = $2; gsub(/\047/, "", file); next }
    /^Lines executed:/ && file ~ /^(lib|cmd)\// && file !~ /(_test|_fuzz|_bench)\.c$|test\.h$/ {
        split($0, part, /[:% ]+/)
        lines = $NF
        hit = part[3] * lines / 100
        # A header counts as in the source that runs most of it.
        if (!(file in total) || hit / lines > best[file] / total[file]) {
            best[file] = hit
            total[file] = lines
        }
        file = ""
    }
    END {
        for (f in total) {
            printf "%5.1f %%  %5d  %s\n", 100 * best[f] / total[f], total[f], f | "sort -k 4"
            h += best[f]; t += total[f]
        }
        close("sort -k 4")
        if (t) printf "%5.1f %%  %5d  all\n", 100 * h / t, t
    }'
