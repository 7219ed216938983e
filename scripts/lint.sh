#!/bin/sh
# What holds for the sources as text: layers, sizes, format, headers, forbidden calls and words.
# Prints one line per breach and exits 1 if there was any; sizes over the aim (not over the limit) are only listed.
set -u
cd "$(dirname "$0")/.." || exit 1
CC=${CC:-cc}
FILE_AIM=400 FILE_LIMIT=600 FUNCTION_AIM=60 FUNCTION_LIMIT=120
export LC_ALL=C
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

find lib cmd testdata -name '*.[ch]' 2>/dev/null | sort >"$work/code"
grep '\.h$' "$work/code" >"$work/headers"
{
    cat "$work/code"
    find Makefile README.md .clang-format .ci scripts testdata -type f \
        \( -name '*.sh' -o -name '*.md' -o -name Makefile -o -name run -o -name .clang-format -o -name get-data \
        -o -name '*.py' -o -name '*.inc' -o -name '*.awk' -o -name '*.gp' \) 2>/dev/null
    find cmd -name '*.[15]' -o -name 'completion.*'
} | sort -u >"$work/text"
: >"$work/breaches"

breach() {
    printf '%s\n' "$*" >>"$work/breaches"
}
breaches() { # each line of stdin, with a reason behind it
    while IFS= read -r line; do
        breach "$line  [$1]"
    done
}
each() { # the file names in list $1 that match $2 and not $3, one per line
    grep -E -e "$2" "$work/$1" | grep -vE -e "${3:-^$}"
}

layers() {
    each code '^lib/' | while read -r f; do
        sed -n 's/^[[:space:]]*#[[:space:]]*include "\(.*\)".*/\1/p' "$f" | awk -v file="$f" '
            BEGIN {
                n = split("base data model factor engine report", order, " ")
                for (i = 1; i <= n; i++) rank[order[i]] = i
                split(file, part, "/")
                own = (part[2] == "fg.h") ? n : rank[part[2]]
                if (!own) print file ": not in a known layer"
            }
            {
                split($0, to, "/")
                if (!(to[1] in rank)) print file ": includes \"" $0 "\", which is not written relative to lib/"
                else if (rank[to[1]] > own) print file ": includes \"" $0 "\" from a later layer"
            }'
    done | breaches "layers: base < data < model < factor < engine < report"
}

sizes() {
    while read -r f; do
        awk -v file="$f" -v aim=$FILE_AIM -v limit=$FILE_LIMIT -v faim=$FUNCTION_AIM -v flimit=$FUNCTION_LIMIT '
            function verdict(what, n, a, l) {
                if (n > l) print "LIMIT " what ": " n " lines, the limit is " l
                else if (n > a) print "aim " what ": " n " lines, the aim is " a
            }
            /^[A-Za-z_].*\(/ && !/;$/ { name = $0; start = NR }
            /;$/ { start = 0 }
            start && /\{$/ { inside = start; start = 0 }
            /^\}/ && inside {
                sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
                verdict(file ":" inside ": " name, NR - inside + 1, faim, flimit)
                inside = 0
            }
            END { verdict(file, NR, aim, limit) }' "$f"
    done <"$work/code" >"$work/sizes"
    sed -n 's/^aim /long: /p' "$work/sizes"
    sed -n 's/^LIMIT //p' "$work/sizes" | breaches sizes
}

headers_alone() {
    while read -r h; do
        # A template is included several times, where its parameters are set.
        case $h in *_template.h) continue ;; esac
        # test.h needs Check, which building does not.
        if [ "$h" = lib/base/test.h ] && ! echo '#include <check.h>' | "$CC" -x c -fsyntax-only - 2>/dev/null; then
            continue
        fi
        # shellcheck disable=SC2086
        printf '#include "%s"\nextern int fg_lint;\n' "${h#lib/}" |
            "$CC" ${CPPFLAGS:--Ilib -D_GNU_SOURCE} -I. -std=gnu11 -Wall -Wextra -Werror -x c -fsyntax-only - \
                >"$work/out" 2>&1 || { head -n 3 "$work/out" >&2 && echo "$h: does not compile alone"; }
        grep -q -E '^#ifndef FG_(.*_)?H$' "$h" || echo "$h: no include guard FG_..._H"
    done <"$work/headers" | breaches headers
}

# A file's code without comments and the insides of strings, every line prefixed by its place.
bare_code() {
    awk -v file="$1" '
        {
            line = $0
            gsub(/\\\\/, "", line); gsub(/\\"/, "", line)
            gsub(/"[^"]*"/, "\"\"", line); gsub(/\047[^\047]*\047/, "0", line)
            if (inside) { if (sub(/^.*\*\//, "", line)) inside = 0; else line = "" }
            gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", line)
            sub(/\/\/.*/, "", line)
            if (sub(/\/\*.*/, "", line)) inside = 1
            print file ":" NR ": " line
        }' "$1"
}

# The sources and headers of lib that the library itself is made of: what its sources include, directly or not.
# The rest helps tests.
product() {
    each code '^lib/' | xargs grep -HoE '^ *# *include "[^"]*"' | sed 's/: *# *include "/ /; s/"$//' |
        awk '
            { from[NR] = $1; to[NR] = "lib/" $2 }
            $1 ~ /\.c$/ && $1 !~ /_(test|bench|fuzz)\.c$/ { in_it[$1] = 1 }
            END {
                in_it["lib/fg.h"] = 1
                do {
                    grown = 0
                    for (i = 1; i <= NR; i++)
                        if (from[i] in in_it && !(to[i] in in_it)) grown = in_it[to[i]] = 1
                } while (grown)
                for (f in in_it) print f
            }' | sort
}

calls() {
    product | while read -r f; do
        [ -f "$f" ] || continue
        bare_code "$f" >"$work/bare"
        call='(^|[^A-Za-z0-9_.>])'
        grep -E "$call(printf|vprintf|puts|putchar|perror|exit|_exit|abort|quick_exit|err|errx|warn|warnx) ?\(" "$work/bare" |
            breaches "the library never prints or exits"
        grep -E "$call(stdout|stderr)($|[^A-Za-z0-9_])" "$work/bare" | grep -v '^lib/base/io\.c:' |
            breaches "standard streams are for commands"
        grep -E "$call(atoi|atol|atof|strtok|rand|srand|random|drand48|gets|strcpy|strcat|sprintf|vsprintf|alloca|system|popen) ?\(" \
            "$work/bare" | breaches "unchecked or unsafe call"
        [ "$f" = lib/base/mem.c ] ||
            grep -E "$call(malloc|calloc|realloc|free|strdup|strndup|posix_memalign|aligned_alloc|asprintf) ?\(" "$work/bare" |
            breaches "memory goes through base/mem.h"
    done
}

text() {
    while read -r f; do
        grep -nHE '[[:blank:]]+$' "$f" | breaches "trailing blanks"
        [ "$f" = Makefile ] || grep -nHE "$(printf '\t')" "$f" | breaches tabs
        [ -z "$(tail -c 1 "$f")" ] || breach "$f: no newline at the end"
        [ "$f" = scripts/lint.sh ] || grep -nHwE 'TODO|FIXME' "$f" | breaches "unfinished work"
    done <"$work/text"
}

tools() {
    if command -v clang-format >/dev/null; then
        xargs clang-format --dry-run -Werror <"$work/code" 2>&1 | grep 'error: ' | cut -d: -f1 | uniq -c |
            sed 's/^ *\([0-9]*\) \(.*\)/\2: \1 places/' | breaches "make format"
    else
        echo "clang-format is not here: formatting unchecked"
    fi
    if command -v shellcheck >/dev/null; then
        each text '\.sh$|^\.ci/run$|^scripts/get-data$' '^testdata/cmd/' | xargs shellcheck -x -f gcc | breaches shellcheck
        shellcheck -s bash -f gcc cmd/completion.bash | breaches shellcheck
        # Command tests are run with sh, source helpers.inc by a path known only then, and keep commands in variables.
        each text '^testdata/cmd/.*\.sh$' | xargs shellcheck -s sh -e SC1091,SC2086 -f gcc | breaches shellcheck
    else
        echo "shellcheck is not here: scripts unchecked"
    fi
    # Both compilers must be content, whichever one builds.
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        each code '^(lib|cmd)/.*\.c$' '_kernel\.c$' >"$work/sources"
        # shellcheck disable=SC2086
        xargs -P 2 -n 8 "$compiler" ${CPPFLAGS:--Ilib -D_GNU_SOURCE} -std=gnu11 -Wall -Wextra -Wshadow -Wvla \
            -Wstrict-prototypes -Wno-unknown-pragmas -fsyntax-only \
            <"$work/sources" 2>&1 | grep -E ': (warning|error|fatal error): ' | sort -u | breaches "$compiler"
    done
}

layers
sizes
headers_alone
calls
text
tools
cat "$work/breaches"
count=$(wc -l <"$work/breaches")
[ "$count" -eq 0 ] && echo "lint: clean ($(wc -l <"$work/code") source files)" && exit 0
echo "lint: $count breaches"
exit 1
