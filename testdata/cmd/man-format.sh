# The manual pages are formatted without a fault by what there is to format them.
pages=$(dirname "$FG_TESTDATA")/cmd
checked=
if command -v mandoc >/dev/null; then
    checked=yes
    mandoc -T lint -W warning "$pages"/*.[15] | sed "s|$pages/||"
fi
if command -v groff >/dev/null && echo .Dd | groff -mdoc -Tutf8 >/dev/null 2>&1; then
    checked=yes
    for p in "$pages"/*.[15]; do
        groff -t -mdoc -ww -Tutf8 -z "$p" 2>&1 | sed "s|$pages/||"
    done
fi
[ -n "$checked" ] || { echo "skipped: no mandoc and no groff" && exit 77; }
