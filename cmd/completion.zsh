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
    if (( $words[(I)--check] )); then
        _files
    elif (( $words[(I)--input] )); then
        compadd - ${(f)"$($words[1] --kinds 2>/dev/null | sed -nE 's/^([a-z_]+).*/\1/p')"}
    elif (( ! $words[(I)--from] )); then
        compadd - ${(f)"$($words[1] --list 2>/dev/null | sed 's/ .*//')"}
    fi
}

# A line "LETTER:NAME:ARGUMENT:HELP" for each option, its help in one line.
_fg_options() {
    $1 --help 2>/dev/null | sed -nE '/^Options:/,/^$/p' | sed -E \
        -e 's/^  (-(.), |    )--([a-z0-9-]+)( ([^ ]+))?(  +(.*))?$/\2:\3:\5:\7/' -e 's/^ {20,}/ /' |
        awk '/^[^ ]*:/ { if (line) print line; line = $0; next } { line = line $0 } END { print line }'
}

_fg_commands() {
    local letter name argument help value
    local -a specs
    while IFS=: read -r letter name argument help; do
        [[ -n $name ]] || continue
        value="$(_fg_argument "$argument")"
        help="[${${${${help# }//\\/\\\\}//:/\\:}//]/\\]}]"
        [[ -z $letter ]] || specs+=("(-$letter --$name)-$letter${value:++}$help$value")
        specs+=("${letter:+(-$letter --$name)}--$name${value:+=}$help$value")
    done < <(_fg_options $words[1])
    case ${words[1]:t} in
    fg-build) specs+=('*:operand:_fg_operands') ;;
    fg-denoise) specs+=('*:INPUT:_files') ;;
    esac
    _arguments -s $specs
}

_fg_commands "$@"
