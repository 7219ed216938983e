# Makes one page of HTML, with its pictures inside, of a report in Markdown, named twice: once for the contents. Of Markdown
# it knows what the reproductions write: headings (# and ##), paragraphs, lists (*), tables, commands (four blanks),
# pictures, and in a line `code` and **emphasis**.

function escape(s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    gsub(/>/, "\\&gt;", s)
    gsub(/"/, "\\&quot;", s)
    return s
}

# Replaces pairs of a mark by a tag around what is between them.
function mark(s, pattern, width, tag,    done) {
    while (match(s, pattern)) {
        done = done substr(s, 1, RSTART - 1) "<" tag ">" substr(s, RSTART + width, RLENGTH - 2 * width) "</" tag ">"
        s = substr(s, RSTART + RLENGTH)
    }
    return done s
}

function inline(s) {
    return mark(mark(escape(s), "`[^`]+`", 1, "code"), "[*][*][^*]+[*][*]", 2, "strong")
}

# One kind of block is open at a time.
function begin(kind) {
    if (open == kind) return 0
    if (open != "") print closing[open]
    open = kind
    if (kind != "") print opening[kind]
    return 1
}

function table_line(line,    n, i, cell, tag) {
    if (line ~ /^[|](---[|])+$/) return
    tag = begin("table") ? "th" : "td"
    sub(/^[|] */, "", line)
    sub(/ *[|]$/, "", line)
    n = split(line, cell, / *[|] */)
    printf "<tr>"
    for (i = 1; i <= n; i++) printf "<%s>%s</%s>", tag, inline(cell[i]), tag
    print "</tr>"
}

# The file's bytes stand in the page.
function picture(line,    caption, path, command, piece) {
    caption = path = line
    sub(/^!\[/, "", caption)
    sub(/\]\(.*$/, "", caption)
    sub(/^[^\]]*\]\(/, "", path)
    sub(/\)$/, "", path)
    begin("pictures")
    printf "<figure><img alt=\"%s\" src=\"data:image/png;base64,", escape(caption)
    gsub(/'/, "'\\''", path)
    command = "base64 <'" path "'"
    while ((command | getline piece) > 0) printf "%s", piece
    if (close(command) != 0) failed = 1
    printf "\"><figcaption>%s</figcaption></figure>\n", inline(caption)
}

function head() {
    print "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    print "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    printf "<title>%s</title>\n<style>\n", escape(title)
    print ":root { color-scheme: light dark; --text: #1c1e21; --paper: #fff; --soft: #5c6370; --line: #d5d9df; --shade: #f3f5f7;"
    print "  --link: #1f5fa8; }"
    print "@media (prefers-color-scheme: dark) { :root { --text: #e2e4e8; --paper: #17191c; --soft: #a0a7b2; --line: #3a3f46;"
    print "  --shade: #22252a; --link: #8ab8ee; } }"
    print "body { margin: 0 auto; padding: 1rem 1.25rem 4rem; max-width: 62rem; color: var(--text); background: var(--paper);"
    print "  font: 1rem/1.5 system-ui, sans-serif; }"
    print "h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin-top: 2.5rem; padding-top: .5rem; border-top: 1px solid var(--line);"
    print "  font-size: 1.25rem; }"
    print "p, ul { max-width: 46rem; } a { color: var(--link); } nav { margin: 1rem 0; } nav a { margin-right: 1rem; display: inline-block; }"
    print ".wide { overflow-x: auto; margin: 1rem 0; }"
    print "table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }"
    print "th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }"
    print "th { color: var(--soft); font-weight: 600; white-space: normal; vertical-align: bottom; }"
    print "th:first-child, td:first-child { text-align: left; padding-left: 0; }"
    print "td code { overflow-wrap: anywhere; }"
    print "@media (max-width: 40rem) { th, td { padding: .3rem .4rem; } table { font-size: .8rem; } td:first-child { min-width: 6rem; white-space: normal; } }"
    print "pre { padding: .6rem .8rem; background: var(--shade); border-radius: 4px; font-size: .8rem; white-space: pre-wrap;"
    print "  overflow-wrap: anywhere; } code, pre { font-family: ui-monospace, monospace; }"
    print ".pictures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; }"
    print "figure { margin: 0; flex: 0 1 auto; max-width: 100%; } .pictures figure:nth-last-child(n+3),"
    print ".pictures figure:nth-last-child(n+3) ~ figure { flex-basis: 18rem; }"
    print "img { max-width: 100%; height: auto; background: #fff; border: 1px solid var(--line); box-sizing: border-box; }"
    print "figcaption { color: var(--soft); font-size: .85rem; }"
    print "@media print { body { max-width: none; padding: 0; font-size: 10pt; } .wide { overflow: visible; } th, td { padding: .15rem .35rem;"
    print "  white-space: normal; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } nav { display: none; } }"
    print "</style>\n</head>\n<body>"
}

function contents(    i) {
    print "<nav>"
    for (i = 1; i <= n_headings; i++) printf "<a href=\"#s%d\">%s</a>\n", i, escape(headings[i])
    print "</nav>"
}

BEGIN {
    opening["p"] = "<p>"; closing["p"] = "</p>"
    opening["ul"] = "<ul>"; closing["ul"] = "</ul>"
    opening["pre"] = "<pre>"; closing["pre"] = "</pre>"
    opening["table"] = "<div class=\"wide\"><table>"; closing["table"] = "</table></div>"
    opening["pictures"] = "<div class=\"pictures\">"; closing["pictures"] = "</div>"
}
FNR == 1 { pass++ }
pass == 1 && /^# / { title = substr($0, 3) }
pass == 1 && /^## / { headings[++n_headings] = substr($0, 4) }
pass == 1 { next }
FNR == 1 { head() }
/^# / { begin(""); printf "<h1>%s</h1>\n", inline(substr($0, 3)); next }
/^## / {
    begin("")
    if (++section == 1) contents()
    printf "<h2 id=\"s%d\">%s</h2>\n", section, inline(substr($0, 4))
    next
}
/^$/ { begin(""); next }
/^[|]/ { table_line($0); next }
/^!\[/ { picture($0); next }
/^    / { begin("pre"); print escape(substr($0, 5)); next }
/^[*] / { begin("ul"); printf "<li>%s</li>\n", inline(substr($0, 3)); next }
{ begin("p"); print inline($0) }
END {
    begin("")
    print "</body>\n</html>"
    if (failed) exit 1
}
