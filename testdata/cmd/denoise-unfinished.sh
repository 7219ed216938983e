# needs: fg-build fg-train fg-denoise
# What fg-denoise learns on from an interrupted run of fg-train holds nothing of that run any more.
. "$FG_TESTDATA/cmd/helpers.inc"
keys() { head -c 65536 "$1" | grep -aoE '"(resume[a-z_]*|continual)":' | tr '\n' ' ' && echo; }
fg-build --input 4x4x1 observation:sigma=0.1 conv:2,kernel=3 >conv.json
awk 'BEGIN { for (i = 0; i < 5; i++) { for (j = 1; j < 16; j++) printf "%.3f,", sin(i * j) / 2 + 0.5; print 0.5 } }' >rows.csv
stopped_after 20 TERM fg-train -g conv.json --data rows.csv --iters 1000000 -o part.fgm --log log
printf 'P5 4 4 255\nAAAABBBBCCCCDDDD' >picture.pgm
fg-denoise -g part.fgm picture.pgm --save learned.fgm -o out
keys learned.fgm
fg-train -g learned.fgm --data rows.csv --iters 3 --log log -o after.fgm && wc -l <log
