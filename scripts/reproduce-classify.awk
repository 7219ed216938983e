# Behind reproduce.awk, makes a table of the runs of the scripts that source reproduce-classify.inc: STEM.md and STEM.csv.
# Variables: kind, grid (accuracies, a row a method, a column a number), runs (a row for each method and column) or
# tasks (that, and matrices); stem, which STEM.list, STEM.missing and STEM.about have, too; corner and across, what
# rows and columns are; compare, not empty if the paper's figures may stand beside.

# Accuracies after each task (rows) on each task (columns), "a,b],[c,d".
function add_matrix(m, text,    i, j, k, row, cell) {
    tasks[m] = split(text, row, /\],\[/)
    for (i = 1; i <= tasks[m]; i++) {
        k = split(row[i], cell, ",")
        for (j = 1; j <= k; j++) add("matrix" SUBSEP i SUBSEP j, m, cell[j])
    }
}

# Seconds are those of learning where an evaluation tells them, nll is that of the last one.
function read(file, m,    line, nll, seconds) {
    while ((getline line < file) > 0) {
        if (line ~ /^[{]"run":true/) {
            runs[m]++
            provenance(line, m)
        } else if (line ~ /^[{]"examples":/) {
            seconds = value(line, "seconds")
            nll = value(line, "nll")
        } else if (line ~ /^[{]"summary":true/) {
            add("accuracy", m, value(line, "accuracy"))
            add("nll", m, nll != "" ? nll : value(line, "nll"))
            add("seconds", m, seconds != "" ? seconds : value(line, "seconds"))
            if (value(line, "peak_mb") + 0 > peak[m] + 0) peak[m] = value(line, "peak_mb")
            passed[m] += value(line, "passed")
            add("average", m, value(line, "average"))
            add("backward", m, value(line, "backward_transfer"))
            add("forgetting", m, value(line, "forgetting"))
            if (match(line, /"matrix":\[\[.*\]\]/)) add_matrix(m, substr(line, RSTART + 11, RLENGTH - 13))
        }
    }
    close(file)
}

# m is a set, a row and a column; each list keeps the order in which they come.
function note(m, id,    part) {
    split(m, part, "|")
    also(all_sets, 1, part[1])
    also(set_rows, part[1], part[2])
    also(set_columns, part[1], part[3])
    if (!((m, id) in seen)) read(id ".jsonl", m)
    seen[m, id] = 1
}

# The cells there are, set by set and row by row.
function order(    i, j, k, s, sets, rows, columns, n_rows, n_columns, m) {
    s = split(all_sets[1], sets, "\n")
    for (k = 1; k <= s; k++) {
        n_rows = split(set_rows[sets[k]], rows, "\n")
        n_columns = split(set_columns[sets[k]] "\n", columns, "\n") - 1
        for (i = 1; i <= n_rows; i++)
            for (j = 1; j <= n_columns; j++) {
                m = sets[k] "|" rows[i] "|" columns[j]
                if (runs[m]) cells[++n_cells] = m
            }
    }
}

# In per cent, with the deviation over the runs.
function percent(what, m,    sd) {
    sd = deviation(what, m, "%.2f", 100)
    return mean(what, m, "%.2f", 100) (sd == "" ? "" : " ± " sd)
}

function grid(    i, j, k, s, sets, rows, columns, n_rows, n_columns, line, m, seconds) {
    s = split(all_sets[1], sets, "\n")
    for (k = 1; k <= s; k++) {
        n_rows = split(set_rows[sets[k]], rows, "\n")
        n_columns = split(set_columns[sets[k]], columns, "\n")
        line = "| " sets[k] ", " corner " |"
        for (j = 1; j <= n_columns; j++) line = line " " columns[j] " |"
        print (k > 1 ? "\n" : "") line " seconds, sum |" > markdown
        gsub(/[^|]+/, "---", line)
        print line "---|" > markdown
        for (i = 1; i <= n_rows; i++) {
            line = "| " rows[i] " |"
            seconds = 0
            for (j = 1; j <= n_columns; j++) {
                m = sets[k] "|" rows[i] "|" columns[j]
                line = line " " dash(percent("accuracy", m)) " |"
                seconds += mean("seconds", m, "%.3f", 1)
            }
            printf "%s %.1f |\n", line, seconds > markdown
        }
    }
    printf "\nAccuracy in per cent; columns: %s.\n", across > markdown
}

function published_text(m) {
    if (compare == "") return ""
    return m in published ? published[m] : paper[m]
}

function run_rows(    i, m, part) {
    printf "| set | %s |%s accuracy, %% | paper | nll | seconds | MB |\n|---|---|%s---|---|---|---|---|\n", corner,
        across == "" ? "" : " " across " |", across == "" ? "" : "---|" > markdown
    for (i = 1; i <= n_cells; i++) {
        m = cells[i]
        split(m, part, "|")
        printf "| %s | %s |%s %s | %s | %s | %s | %s |\n", part[1], part[2], across == "" ? "" : " " part[3] " |",
            percent("accuracy", m), dash(published_text(m)), dash(mean("nll", m, "%.4f", 1)),
            mean("seconds", m, "%.1f", 1), dash(peak[m] == "" ? "" : sprintf("%.0f", peak[m])) > markdown
    }
    print "" > markdown
}

function task_rows(    i, m, part) {
    printf "| set | %s | %s | average, %% | backward transfer | forgetting | published averages | seconds | MB |\n" \
        "|---|---|---|---|---|---|---|---|---|\n", corner, across > markdown
    for (i = 1; i <= n_cells; i++) {
        m = cells[i]
        split(m, part, "|")
        printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", part[1], part[2], part[3], percent("average", m),
            percent("backward", m), percent("forgetting", m), dash(published_text(m)), mean("seconds", m, "%.1f", 1),
            dash(peak[m] == "" ? "" : sprintf("%.0f", peak[m])) > markdown
    }
    print "" > markdown
}

function matrices(    c, i, j, m, line) {
    for (c = 1; c <= n_cells; c++) {
        m = cells[c]
        line = "| " name(m) ": after task |"
        for (j = 1; j <= tasks[m]; j++) line = line " on " j " |"
        print "\n" line > markdown
        gsub(/[^|]+/, "---", line)
        print line > markdown
        for (i = 1; i <= tasks[m]; i++) {
            line = "| " i " |"
            for (j = 1; j <= tasks[m]; j++) line = line " " dash(mean("matrix" SUBSEP i SUBSEP j, m, "%.2f", 100)) " |"
            print line > markdown
        }
    }
}

function name(m,    part) {
    split(m, part, "|")
    return part[1] ", " part[2] (part[3] == "" ? "" : ", " part[3])
}

function table_csv(    i, m, part) {
    print "set,row,column,runs,accuracy_mean,accuracy_sd,nll_mean,average_mean,average_sd,backward_transfer,forgetting," \
        "seconds,peak_mb,passed" > csv
    for (i = 1; i <= n_cells; i++) {
        m = cells[i]
        split(m, part, "|")
        printf "%s,%s,%s,%d,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", part[1], part[2], part[3], runs[m],
            mean("accuracy", m, "%.6f", 1), deviation("accuracy", m, "%.6f", 1), mean("nll", m, "%.6f", 1),
            mean("average", m, "%.6f", 1), deviation("average", m, "%.6f", 1), mean("backward", m, "%.6f", 1),
            mean("forgetting", m, "%.6f", 1), mean("seconds", m, "%.3f", 1), peak[m], passed[m] > csv
    }
}

# The commands of a grid are those of one row: the columns differ in a number.
function notes(    i, line, part, told) {
    while ((getline line < (stem ".about")) > 0) print line > markdown
    for (i = 1; i <= n_cells; i++)
        if (passed[cells[i]])
            printf "%s: %d batches were passed over, which diverged.\n", name(cells[i]), passed[cells[i]] > markdown
    while ((getline line < (stem ".missing")) > 0) {
        split(line, part, "|")
        printf "%s: seed %s was not measured.\n", name(line), part[4] > markdown
    }
    print_provenance(markdown)
    print "Commands (of the other seeds" (kind == "grid" ? " and columns" : "") " likewise):\n" > markdown
    for (i = 1; i <= n_cells; i++) {
        split(cells[i], part, "|")
        line = part[1] "|" part[2] (kind == "grid" ? "" : "|" part[3])
        if (!(line in told)) print_command(markdown, cells[i], kind == "grid" ? part[1] ", " part[2] : name(cells[i]))
        told[line] = 1
    }
}

BEGIN {
    markdown = stem ".md"
    csv = stem ".csv"
    split_mnist = "EWC 20, SI 21, generative classifiers 94"
    permuted_mnist = "VCL 90, EWC 84"
    while ((getline line < (stem ".list")) > 0) {
        split(line, part, "|")
        m = part[1] "|" part[2] "|" part[3]
        if (part[1] == "mnist" && part[3] == "split:2:class") published[m] = split_mnist
        if (part[1] == "mnist" && part[3] == "permuted:10") published[m] = permuted_mnist
        note(m, part[4])
    }
    order()
    if (kind == "grid") grid()
    else if (kind == "tasks") task_rows()
    else run_rows()
    notes()
    if (kind == "tasks") matrices()
    table_csv()
}
