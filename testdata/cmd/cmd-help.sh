# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# --help and --version of every command: on stdout, status 0, no line wider than a terminal.
for c in fg-build fg-train fg-infer fg-denoise fg-continual; do
    $c --version || echo "$c --version: status $?"
    $c --help >help || echo "$c --help: status $?"
    $c -h >help2 && cmp help help2
    head -n 1 help | grep -q "$c" || echo "$c --help does not begin with its name"
    for word in --help --version --quiet -o; do
        grep -q -e "$word" help || echo "$c --help does not tell of $word"
    done
    # Examples are to be pasted, so they stay on one line.
    awk -v c="$c" '/^Examples:/ { pasted = 1 } length > (pasted ? 120 : 100) { print c ": a line of " length " characters: " $0 }' help
    [ "$(wc -l <help)" -gt 15 ] || echo "$c --help is only $(wc -l <help) lines"
done
