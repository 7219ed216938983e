# What the tables of the reproduce-*.sh have in common.

# The value of a key in a line of JSON as the commands write it; "" where it is not.
function value(line, key,    s) {
    if (!match(line, "\"" key "\":(\"([^\"\\\\]|\\\\.)*\"|[^,}]*)")) return ""
    s = substr(line, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
    if (substr(s, 1, 1) != "\"") return s
    s = substr(s, 2, length(s) - 2)
    gsub(/\\"/, "\"", s)
    gsub(/\\\\/, "\\", s)
    return s
}

# Notes a text once, behind what is there.
function also(kept, m, text) {
    if (index("\n" kept[m] "\n", "\n" text "\n") == 0) kept[m] = kept[m] (kept[m] == "" ? "" : "\n") text
}

function add(what, m, x) {
    if (x == "" || x == "null") return
    sum[what, m] += x
    squares[what, m] += x * x
    n[what, m]++
}

# The mean of what was added, in a format; nothing where there is none.
function mean(what, m, format, scale) {
    return n[what, m] ? sprintf(format, scale * sum[what, m] / n[what, m]) : ""
}

# Its standard deviation; nothing where there is only one.
function deviation(what, m, format, scale,    k, variance) {
    k = n[what, m]
    if (k < 2) return ""
    variance = (squares[what, m] - sum[what, m] ^ 2 / k) / (k - 1)
    return sprintf(format, scale * sqrt(variance > 0 ? variance : 0))
}

function dash(text) {
    return text == "" ? "-" : text
}

function lines(text,    part, i, k, s) {
    k = split(text, part, "\n")
    for (i = 1; i <= k; i++) s = s (i > 1 ? ", " : "") part[i]
    return s
}

# What the first line of a run says of how it was made; m is its row in the table.
function provenance(line, m) {
    if (!(m in command)) command[m] = value(line, "command")
    also(commit, m, value(line, "commit"))
    also(date, m, value(line, "date"))
    also(commits, 1, value(line, "commit"))
    also(machines, 1, value(line, "machine"))
    also(dates, 1, substr(value(line, "date"), 1, 10))
}

function print_provenance(to) {
    printf "\n* Commit: %s\n* Date: %s\n* Machine: %s\n\n", lines(commits[1]), lines(dates[1]), lines(machines[1]) > to
}

# The command of a row; commit and date with it where they are not the same for all.
function print_command(to, m, name) {
    printf "    # %s%s\n    %s\n", name, index(commits[1], "\n") ? " (" lines(commit[m]) ", " lines(date[m]) ")" : "",
        command[m] > to
}

# The paper's figures: PSNR in dB at frame 5, and accuracy in per cent by set, model and column of the tables.
BEGIN {
    paper["denoise-pairwise"] = "31.1"
    paper["denoise-1-per-frame"] = "32.6"
    paper["denoise-1"] = "32.9"
    paper["denoise-5-per-frame"] = "33.4"
    paper["denoise-5"] = "34.3"
    paper["mnist|mnist|"] = paper["mnist|mnist|sweep"] = "98.16 ± 0.03"
    paper["mnist|mnist|random"] = "98.11 ± 0.04"
    paper["fashion-mnist|fashion-mnist|"] = "88.2 ± 0.1"
    paper["cifar10|cifar10|"] = "53.1 ± 0.3"
}
