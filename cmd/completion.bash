# Completion of the fg commands in bash. What there is to complete, the commands themselves say: --help the options
# and what they take, fg-build --list the presets and --kinds the layers.

# Files; of names joined by commas the last one.
_fg_files() {
    local lead=
    [[ $1 != *,* ]] || lead=${1%,*},
    mapfile -t COMPREPLY < <(compgen -P "$lead" -f -- "${1#"$lead"}")
    compopt -o filenames 2>/dev/null
}

_fg_words() { # _fg_words CURRENT: those of stdin that it begins
    mapfile -t COMPREPLY < <(compgen -W "$(cat)" -- "$1")
}

# What is no option and no option's argument.
_fg_operand() {
    case "${1##*/} ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
    fg-denoise* | fg-build*" --check "*) _fg_files "$2" ;;
    fg-build*" --from "*) ;;
    fg-build*" --input "*) _fg_words "$2" < <("$1" --kinds 2>/dev/null | sed -nE 's/^([a-z_]+).*/\1/p') ;;
    fg-build*) _fg_words "$2" < <("$1" --list 2>/dev/null | sed 's/ .*//') ;;
    esac
}

_fg_commands() {
    local command=${COMP_WORDS[0]/#\~/$HOME} current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local letter name argument takes="" options=()
    COMPREPLY=()
    # --name=value is three words.
    [[ $current != = ]] || current=""
    [[ $before != = || $COMP_CWORD -lt 2 ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
    while IFS=: read -r letter name argument; do
        options+=("--$name")
        [[ $before != "--$name" && ( -z $letter || $before != "-$letter" ) ]] || takes=$argument
    done < <("$command" --help 2>/dev/null | sed -nE 's/^  (-(.), |    )--([a-z0-9-]+)( ([^ ]+))?(  .*)?$/\2:\3:\5/p')
    case $takes in
    FILE | FILES | DIR | PATH | STATE | TASKS) _fg_files "$current" ;;
    *[[:upper:]]*) ;;
    ?*) _fg_words "$current" <<<"${takes//|/ }" ;;
    *)
        case $current in
        -*) _fg_words "$current" <<<"${options[*]}" ;;
        *) _fg_operand "$command" "$current" ;;
        esac
        ;;
    esac
}

complete -F _fg_commands fg-build fg-train fg-infer fg-denoise fg-continual
