# Behind reproduce.awk, makes the table of scripts/reproduce-fig3.sh from its finished runs. Variables: list, a file with
# their names; methods, seeds, frame, clip, noise; and where to write: markdown, csv, curves.

function read(file,    line, m, s, psnr) {
    while ((getline line < file) > 0) {
        if (line ~ /^[{]"run":true/) {
            m = value(line, "method"); s = value(line, "seed")
            runs[m]++
            have[m, s] = 1
            provenance(line, m)
        } else if (line ~ /^[{]"summary":true/) {
            if (m == "noisy") continue
            add("within1", m, value(line, "within1"))
            add("within2", m, value(line, "within2"))
            if (!(m in fastest) || value(line, "seconds") + 0 < fastest[m]) fastest[m] = value(line, "seconds") + 0
            if (value(line, "peak_mb") + 0 > peak[m] + 0) peak[m] = value(line, "peak_mb")
        } else if (line ~ /^[{]"frame":/) {
            psnr = value(line, m == "noisy" ? "psnr_input" : "psnr")
            add("psnr", m, psnr)
            if (value(line, "frame") == frame) add("frame", m, psnr)
            if (!(m in worst) || psnr + 0 < worst[m] + 0) {
                worst[m] = psnr
                worst_at[m] = value(line, "frame")
                worst_seed[m] = s
            }
            if (s == first_seed) {
                curve[m, value(line, "frame")] = psnr
                if (value(line, "frame") + 0 > last) last = value(line, "frame") + 0
            }
        }
    }
    close(file)
}

function rows(    i, m, p) {
    printf "| method | mean dB | frame %d |%s worst frame (number, seed) | within 1 sd, %% | within 2 sd, %% " \
        "| seconds | MB |\n", frame, compare ? " paper |" : "" > markdown
    printf "|---|---|---|%s---|---|---|---|---|\n", compare ? "---|" : "" > markdown
    print "method,runs,psnr_mean,frame,psnr_frame,paper,worst,worst_frame,worst_seed,within1,within2,seconds,peak_mb" > csv
    for (i = 1; i <= n_methods; i++) {
        m = method[i]
        if (!runs[m]) {
            missing = missing sprintf("%s was not measured.\n", m)
            continue
        }
        p = compare && (m in paper) ? paper[m] : ""
        printf "| %s | %s | %s |%s %.2f (%d, %d) | %s | %s | %s | %s |\n", m, mean("psnr", m, "%.2f", 1),
            dash(mean("frame", m, "%.2f", 1)), compare ? " " dash(p) " |" : "", worst[m], worst_at[m], worst_seed[m],
            dash(mean("within1", m, "%.1f", 100)), dash(mean("within2", m, "%.1f", 100)),
            (m in fastest) ? sprintf("%.1f", fastest[m]) : "-", dash(peak[m] == "" ? "" : sprintf("%.0f", peak[m])) > markdown
        printf "%s,%d,%s,%d,%s,%s,%.4f,%d,%d,%s,%s,%s,%s\n", m, runs[m], mean("psnr", m, "%.4f", 1), frame,
            mean("frame", m, "%.4f", 1), p, worst[m], worst_at[m], worst_seed[m], mean("within1", m, "%.4f", 1),
            mean("within2", m, "%.4f", 1), (m in fastest) ? sprintf("%.3f", fastest[m]) : "", peak[m] > csv
        for (k = 1; k <= n_seeds; k++)
            if (!((m, seed[k]) in have)) missing = missing sprintf("%s lacks seed %s.\n", m, seed[k])
    }
}

function notes(    i, m) {
    printf "\nClip %s, frames 0 to %d, noise `--corrupt %s`, seeds %s. Figures are means over the seeds; worst frame and\n" \
        "memory are the worst of any seed. Seconds are those of the whole clip, of the seed that took least.\n", clip, last, noise, seeds > markdown
    printf "Settings were chosen on frames 0 to 4 of the paper's clip and crops of them (`denoise-1` and `denoise-5`: frame 5,\n" \
        "too), the figures are over all frames.\n" > markdown
    if (compare) print "\"paper\" is frame 5 in Nabarro, van der Wilk and Davison (2024)." > markdown
    printf "%s", missing > markdown
    print_provenance(markdown)
    print "Commands (of the other seeds likewise; \"noisy\" is the input of its command):\n" > markdown
    for (i = 1; i <= n_methods; i++) {
        m = method[i]
        if (!runs[m]) continue
        print_command(markdown, m, m)
    }
}

function all_curves(    i, f, line) {
    line = "frame"
    for (i = 1; i <= n_methods; i++)
        if ((method[i], first_seed) in have) line = line "," method[i]
    print line > curves
    for (f = 0; f <= last; f++) {
        line = f
        for (i = 1; i <= n_methods; i++)
            if ((method[i], first_seed) in have) line = line "," curve[method[i], f]
        print line > curves
    }
}

BEGIN {
    n_methods = split(methods, method, " ")
    n_seeds = split(seeds, seed, " ")
    first_seed = seed[1]
    compare = clip == "$FG_DATA/bear_258x454" && noise == "0.1" && frame == 5
    while ((getline file < list) > 0) read(file)
    rows()
    notes()
    all_curves()
}
