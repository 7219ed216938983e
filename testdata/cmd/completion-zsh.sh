# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# What zsh's completion hands to _arguments for each command: all options of --help, and what they take.
command -v zsh >/dev/null || { echo "skipped: no zsh" && exit 77; }
cat >complete.zsh <<'END'
_arguments() { print -rl -- "$@" }
file=$1
shift
words=("$@") CURRENT=$#
. $file
END
specs() {
    zsh -f complete.zsh "$(dirname "$FG_TESTDATA")/cmd/completion.zsh" "$@"
}
for c in fg-build fg-train fg-infer fg-denoise fg-continual; do
    specs $c >given || echo "$c: status $?"
    sed 1d given | grep -oE '(^|\))--?[a-zA-Z-]+' | sed 's/)//' | LC_ALL=C sort >offered
    $c --help | sed -nE '/^Options:/,/^$/s/^ +((-.), )?(--[a-z-]+).*/\2 \3/p' | tr -s ' ' '\n' | grep . |
        LC_ALL=C sort >told
    diff told offered || echo "$c: these differ"
done
specs fg-build | grep -E 'input|observations|operand|version'
specs fg-train | grep -E 'data|threads|schedule|require'
specs fg-denoise | grep -E 'baseline|mask|INPUT'
# What can stand where no option does: presets, or layers behind --input.
cat >operands.zsh <<'END'
_arguments() { : }
compadd() { print -r -- "$@" }
. $1
words=(fg-build) && _fg_operands
words=(fg-build --input 3) && _fg_operands
END
zsh -f operands.zsh "$(dirname "$FG_TESTDATA")/cmd/completion.zsh"
