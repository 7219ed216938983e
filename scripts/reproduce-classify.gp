# Accuracy over a number, a panel a set and a curve a row, with the deviation over the runs, from the CSV file of a grid.
# Variables: out, the file to write; csv; sets, rows; horizontal, what the number is.
set datafile separator ","
n = words(sets)
set terminal pngcairo size 420 * n + 240, 460 font "sans,11"
set output out
set grid ytics lt 1 lc rgb "#e0e0e0"
set border 3 lc rgb "#808080"
set tics nomirror
set logscale x
unset mxtics
stats csv skip 1 using 3 nooutput
set xrange [STATS_min / 1.25 : STATS_max * 1.25]
stats csv skip 1 using (100 * column(5)) nooutput
set yrange [STATS_min - 3 : STATS_max + 3]
set xlabel horizontal
colours = "#c0273a #1f5fa8 #1d7d3c #d9a400 #b565a7 #7aa9d6 #8c5a2b #808080"
set multiplot layout 1, n
do for [i = 1 : n] {
    unset key
    if (i == n) { set key at screen (40.0 + 420 * n) / (240 + 420 * n), screen 0.85 left top reverse Left noenhanced }
    set ylabel i == 1 ? "accuracy, %" : ""
    set title word(sets, i) noenhanced
    set lmargin at screen (70.0 + 420 * (i - 1)) / (240 + 420 * n)
    set rmargin at screen (30.0 + 420 * i) / (240 + 420 * n)
    of(row) = sprintf("< awk -F, -v s=%s -v r=%s '$1 == s && $2 == r' %s", word(sets, i), row, csv)
    # A row that this set lacks is only in the key.
    here = system(sprintf("awk -F, -v s=%s 'NR > 1 && $1 == s && !seen[$2]++ { print $2 }' %s", word(sets, i), csv))
    colour(row) = word(colours, 1 + (sum [k = 1 : words(rows)] (word(rows, k) eq row ? k - 1 : 0)) % words(colours))
    plot for [row in here] of(row) \
        using 3:(100 * column(5)):(strlen(strcol(6)) ? 100 * column(6) : 0):xtic(3) \
        with yerrorlines pt 7 ps 0.7 lw 1.5 lc rgb colour(row) notitle, \
        for [row in rows] NaN with linespoints pt 7 ps 0.7 lw 1.5 lc rgb colour(row) title row
}
unset multiplot
