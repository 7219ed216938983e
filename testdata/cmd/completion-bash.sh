# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# What bash offers behind the words of a command line; the last word is the one that is completed.
command -v bash >/dev/null || { echo "skipped: no bash" && exit 77; }
completion=$(dirname "$FG_TESTDATA")/cmd/completion.bash
mkdir clips && touch clips/a.png x.npy y.npy 'two words.csv'
cat >complete.bash <<'END'
. "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
[[ $(complete -p "${1##*/}") == *" -F _fg_commands ${1##*/}" ]] || echo "$1: nothing completes it"
_fg_commands "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
END
offers() {
    echo "$*:"
    bash complete.bash "$completion" "$@" | LC_ALL=C sort | tr '\n' '|' | sed 's/|$//; s/^/    /'
    echo
}
offers fg-build ""
offers fg-build x
offers fg-build --i
offers fg-build -
offers fg-build --from ""
offers fg-build --from x.npy ""
offers fg-build --input 4x4x1 co
offers fg-build --set x
offers fg-train --sch
offers fg-train --schedule ""
offers fg-train --schedule = ran
offers fg-train --schedule =
offers fg-train --seed ""
offers fg-train -d x
offers fg-train --data x.npy,
offers fg-train --data = x.npy,y
offers fg-train -g two
offers fg-train ""
offers fg-infer --format ""
offers fg-infer --by f
offers fg-denoise --baseline ""
offers fg-denoise ""
offers fg-denoise --mask c
offers fg-continual --scoring ""
offers fg-continual --re
# Every option of every command is offered.
for c in fg-build fg-train fg-infer fg-denoise fg-continual; do
    bash complete.bash "$completion" $c -- | LC_ALL=C sort >offered
    $c --help | sed -nE '/^Options:/,/^$/s/^ +(-., )?(--[a-z-]+).*/\2/p' | LC_ALL=C sort | diff - offered || echo "$c: these differ"
done
# A command that is not there is no harm.
offers /none/fg-build -
offers /none/fg-build ""
