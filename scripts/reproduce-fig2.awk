# Behind reproduce.awk, makes a table of scripts/reproduce-fig2.sh from finished runs: STEM.md and STEM.csv. Variables: kind,
# xor or regression; stem, which STEM.list (names of runs), STEM.missing and STEM.about have, too.

function read(file, m,    line, how) {
    while ((getline line < file) > 0) {
        if (line ~ /^[{]"run":true/) {
            provenance(line, kind)
        } else if (line ~ /^[{]"parameters":/) {
            how = value(line, "parameters")
            note("accuracy", m, value(line, "accuracy"))
            note("nll", m, value(line, "nll"))
            note("rmse " how, m, value(line, "rmse"))
            note("within2 " how, m, value(line, "within2"))
        } else if (line ~ /^[{]"summary":true/) {
            note("seconds", m, value(line, "seconds"))
        }
    }
    close(file)
}

# A figure of one run, and of all.
function note(what, m, x) {
    figure[what, m] = x
    add(what, kind, x)
    if (!(what in worst) || x + 0 > worst[what] + 0) worst[what] = x
}

function xor_table(    i, m, right) {
    for (i = 1; i <= n_runs; i++) right += figure["accuracy", run[i]] == 1
    print "| runs | all four points right | nll, mean | nll, worst | seconds, mean |\n|---|---|---|---|---|" > markdown
    printf "| %d | %d | %s | %.4f | %s |\n\n", n_runs, right, mean("nll", kind, "%.4f", 1), worst["nll"],
        mean("seconds", kind, "%.3f", 1) > markdown
    print "run,accuracy,nll,seconds" > csv
    for (i = 1; i <= n_runs; i++) {
        m = run[i]
        printf "%s,%s,%s,%s\n", m, figure["accuracy", m], figure["nll", m], figure["seconds", m] > csv
    }
}

function curve_row(name, rmse, marginal, within, seconds) {
    printf "| %s | %.3f | %.3f | %.1f | %.2f |\n", name, rmse, marginal, 100 * within, seconds > markdown
}

function regression_table(    i, m) {
    print "| run | rmse at the means | rmse by marginals | within 2 sd, % | seconds |\n|---|---|---|---|---|" > markdown
    print "run,rmse,rmse_marginal,within2_marginal,seconds" > csv
    for (i = 1; i <= n_runs; i++) {
        m = run[i]
        curve_row(m, figure["rmse mean", m], figure["rmse marginal", m], figure["within2 marginal", m], figure["seconds", m])
        printf "%s,%s,%s,%s,%s\n", m, figure["rmse mean", m], figure["rmse marginal", m], figure["within2 marginal", m],
            figure["seconds", m] > csv
    }
    curve_row("mean", mean("rmse mean", kind, "%.6f", 1), mean("rmse marginal", kind, "%.6f", 1),
        mean("within2 marginal", kind, "%.6f", 1), mean("seconds", kind, "%.4f", 1))
    print "" > markdown
}

BEGIN {
    markdown = stem ".md"
    csv = stem ".csv"
    while ((getline line < (stem ".list")) > 0) {
        run[++n_runs] = line
        read(line ".jsonl", line)
    }
    if (kind == "xor") xor_table()
    else regression_table()
    while ((getline line < (stem ".about")) > 0) print line > markdown
    while ((getline line < (stem ".missing")) > 0) print line > markdown
    print_provenance(markdown)
    print "Commands (of the other runs likewise):\n" > markdown
    print_command(markdown, kind, run[1])
}
