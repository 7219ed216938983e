# Behind reproduce.awk, prints the summary of scripts/reproduce.sh, our figures beside the paper's, as a table in Markdown.
# Variable: list, a file with lines SCRIPT|HOW MUCH OF THE DATA|CSV FILE.

function row(title, key, figure) {
    n_rows++
    titles[n_rows] = title
    keys[n_rows] = key
    figures[n_rows] = figure
}

function found(key, text, runs, of) {
    ours[key] = text
    sizes[key] = runs " | " of
}

function read_xor(file,    cell, right, n) {
    while ((getline line < file) > 0) {
        split(line, cell, ",")
        if (cell[1] == "run") continue
        n++
        right += cell[2] == 1
    }
    if (n) found("xor", sprintf("%d of %d seeds", right, n), n, "all")
}

function read_regression(file,    cell, sum_rmse, worst, n) {
    while ((getline line < file) > 0) {
        split(line, cell, ",")
        if (cell[1] == "run") continue
        n++
        sum_rmse += cell[2]
        if (cell[2] + 0 > worst) worst = cell[2] + 0
    }
    if (n) found("regression", sprintf("%.3f (worst %.3f)", sum_rmse / n, worst), n, "all")
}

# Frame 5 only: a shorter clip has none.
function read_fig3(file, of,    cell) {
    while ((getline line < file) > 0) {
        split(line, cell, ",")
        if (cell[4] == 5 && cell[5] != "") found(cell[1], sprintf("%.2f", cell[5]), cell[2], of (of == "all" ? "" : " frames"))
    }
}

function read_accuracy(file, of,    cell) {
    while ((getline line < file) > 0) {
        split(line, cell, ",")
        if (cell[1] == "set" || cell[5] == "") continue
        found(cell[1] "|" cell[2] "|" cell[3], sprintf("%.2f", 100 * cell[5]) \
            (cell[6] == "" ? "" : sprintf(" ± %.2f", 100 * cell[6])), cell[4], of (of == "all" ? "" : " examples"))
    }
}

BEGIN {
    row("Figure 2b: XOR, all four points right", "xor", "picture")
    row("Figure 2c: regression, error in deviations of the targets", "regression", "picture")
    n_models = split("denoise-pairwise denoise-1-per-frame denoise-1 denoise-5-per-frame denoise-5 denoise-best", model, " ")
    for (i = 1; i <= n_models; i++)
        row("Figure 3: `" model[i] "`, frame 5, dB", model[i], paper[model[i]])
    row("One pass: MNIST, %", "mnist|mnist|", paper["mnist|mnist|"])
    row("One pass: Fashion-MNIST, %", "fashion-mnist|fashion-mnist|", paper["fashion-mnist|fashion-mnist|"])
    row("One pass: CIFAR-10, %", "cifar10|cifar10|", paper["cifar10|cifar10|"])
    row("Layers at random: MNIST, %", "mnist|mnist|random", paper["mnist|mnist|random"])
    while ((getline entry < list) > 0) {
        split(entry, field, "|")
        file = entry
        sub(/^[^|]*[|][^|]*[|]/, "", file)
        if (field[1] == "fig2" && file ~ /xor[.]csv$/) read_xor(file)
        else if (field[1] == "fig2") read_regression(file)
        else if (field[1] == "fig3") read_fig3(file, field[2])
        else if (field[1] == "tables" || field[1] == "async") read_accuracy(file, field[2])
    }
    print "| result | ours | paper | runs | data |\n|---|---|---|---|---|"
    for (i = 1; i <= n_rows; i++)
        printf "| %s | %s | %s | %s |\n", titles[i], keys[i] in ours ? ours[keys[i]] : "not measured", dash(figures[i]),
            keys[i] in sizes ? sizes[keys[i]] : "- | -"
    print "\nThe paper's figures are always on all of the data: ours on less are no repetition of them. The sections below say how" \
        "\neach was measured, and what is missing."
}
