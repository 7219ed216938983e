# PSNR of each frame, one curve a method, from psnr.csv. Variable: out, the file to write.
set datafile separator ","
set terminal pngcairo size 1000,560 font "sans,11"
set output out
set xlabel "frame"
set ylabel "PSNR, dB"
set grid ytics lt 1 lc rgb "#e0e0e0"
set border 3 lc rgb "#808080"
set tics nomirror
set key outside right center reverse Left noenhanced
stats "psnr.csv" skip 1 using 1 nooutput
single = STATS_records == 1
if (single) { set xrange [STATS_min - 1 : STATS_max + 1] } else { set xrange [STATS_min : STATS_max] }
colours = "#808080 #b8a27c #d9a400 #8c5a2b #7aa9d6 #1f5fa8 #7cc08d #1d7d3c #b565a7 #c0273a"
columns = words(system("head -n 1 psnr.csv | tr ',' ' '"))
low = 1e9
high = -1e9
do for [i = 2 : columns] {
    stats "psnr.csv" skip 1 using i nooutput
    if (STATS_min < low) { low = STATS_min }
    if (STATS_max > high) { high = STATS_max }
}
set yrange [low - 0.5 : high + 0.5]
plot for [i = 2 : columns] "psnr.csv" using 1:i with linespoints pt 7 ps (single ? 1 : 0.3) lw 2 \
    lc rgb word(colours, 1 + (i - 2) % words(colours)) title columnheader(i)
