#compdef fg-build fg-train fg-infer fg-denoise fg-continual
# Completion of the fg commands in zsh. What there is to complete, the commands themselves say: --help the options and
# what they take, fg-build --list the presets and --kinds the layers.

# What an option takes, as _arguments wants it.
_fg_argument() {
    case $1 in
    '') ;;
    FILES) print -r -- ":$1:_sequence _files" ;;
    FILE | DIR | PATH | STATE | TASKS) print -r -- ":$1:_files" ;;
    *[[:upper:]]*) print -r -- ":$1: " ;;
    *) print -r -- ":value:(${1//|/ })" ;;
    esac
}

_fg_operands() {
    local text
    if (( $words[(I)--check] )); then
        _files
    elif (( $words[(I)--input] )); then
        text="$($words[1] --kinds 2>/dev/null)"
        compadd - ${${(M)${(f)text}:#[a-z]*}%%[^a-z_]*}
    elif (( ! $words[(I)--from] )); then
        text="$($words[1] --list 2>/dev/null)"
        compadd - ${${(f)text}%% *}
    fi
}

# Sets reply to a line "LETTER:NAME:ARGUMENT:HELP" for each option, its help in one line. One program at a time: zsh 5.9
# can wait for ever for a slow program in a pipeline of a substitution.
_fg_options() {
    local line text="$($1 --help 2>/dev/null)"
    text="$(sed -nE '/^Options:/,/^$/{
        s/^  (-(.), |    )--([a-z0-9-]+)( ([^ ]+))?(  +(.*))?$/\2:\3:\5:\7/
        s/^ {20,}/ /
        p
    }' <<<$text)"
    reply=()
    for line in ${(f)text}; do
        if [[ $line == [^\ ]#:* ]]; then
            reply+=("$line")
        elif (( $#reply )); then
            reply[-1]+=$line
        fi
    done
}

_fg_commands() {
    local line letter name argument help value
    local -a specs reply
    setopt localoptions extendedglob
    _fg_options $words[1]
    for line in $reply; do
        IFS=: read -r letter name argument help <<<$line
        [[ -n $name ]] || continue
        value="$(_fg_argument "$argument")"
        help="[${${${${help# }//\\/\\\\}//:/\\:}//]/\\]}]"
        [[ -z $letter ]] || specs+=("(-$letter --$name)-$letter${value:++}$help$value")
        specs+=("${letter:+(-$letter --$name)}--$name${value:+=}$help$value")
    done
    case ${words[1]:t} in
    fg-build) specs+=('*:operand:_fg_operands') ;;
    fg-denoise) specs+=('*:INPUT:_files') ;;
    esac
    _arguments -s $specs
}

_fg_commands "$@"
