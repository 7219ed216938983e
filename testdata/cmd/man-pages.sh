# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# The manual pages tell of all options of --help with the same arguments in the same order, and of no
# others.
pages=$(dirname "$FG_TESTDATA")/cmd
cat >options.sed <<'END'
s/^\.It //
s/Fl -/--/g
s/^Fl /-/
s/ , /, /
s/ Ar / /
s/ Cm / /
s/ | /|/g
END
for c in fg-build fg-train fg-infer fg-denoise fg-continual; do
    $c --help | sed -nE '/^Options:/,/^$/s/^ +(-)/\1/p' | sed -E 's/ {2,}.*//' >told
    grep '^\.It Fl ' "$pages/$c.1" | sed -f options.sed >written
    [ "$(wc -l <told)" -gt 5 ] || echo "$c --help: only $(wc -l <told) options found"
    diff told written >differ || { echo "$c: --help (<) and page (>) differ:" && cat differ; }
done
# What the same options do is said in the same words.
for c in fg-infer fg-denoise fg-continual; do
    for option in "-seed" "-threads" "-iters" "-tol" "-damping" "-dropout" "-schedule" "-log" "-no-progress"; do
        for page in fg-train $c; do
            awk -v head=".It Fl $option" '/^\.(It|El)/ { on = $0 == head || index($0, head " ") == 1 } on' "$pages/$page.1" >$page.item
        done
        [ -s fg-train.item ] || echo "fg-train.1: no $option"
        cmp -s fg-train.item $c.item || echo "$c.1: $option is not told as in fg-train.1"
    done
done
# References lead somewhere.
for p in "$pages"/*.[15]; do
    grep '^\.Xr' "$p" | while read -r macro name section rest; do
        [ -f "$pages/$name.$section" ] || [ "$name" = dot ] || echo "${p##*/}: $macro $name $section $rest: no such page"
    done
done
# Of specs the page tells of all members of "inference" and all kinds of factors.
item() { awk -v head=".It Cm $1" '/^\.(It|El)/ { on = $0 == head } on' "$pages/fg-formats.5"; }
fg-build xor | sed -n '/"inference"/,$s/^    "\([a-z_]*\)":.*/inference \1/p' >keys
fg-build --schema | sed -n 's/.*factor_\([a-z]*\)".*/factors \1/p' >>keys
[ "$(wc -l <keys)" -gt 15 ] || echo "only $(wc -l <keys) keys: $(cat keys)"
while read -r member key; do
    item "$member" | grep -qw "$key" || echo "fg-formats.5: no $key among $member"
done <keys
fg-build xor --input '?' | grep -q '"shape": \[null\]' || echo "an open input is not null"
item input | grep -q 'where null is taken from the data' || echo "fg-formats.5: what is taken from the data?"
