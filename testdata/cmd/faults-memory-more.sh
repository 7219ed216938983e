# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# The same as faults-memory for other jobs: an explicit graph, tasks, a run that is taken up again, pictures with a mask.
. "$FG_TESTDATA/cmd/starve.inc"
resume= # what unfinished_job says
starve fg-infer -g "$FG_TESTDATA/graphs/tree.json" -o job/out
starve fg-continual -g spec.json --data data.csv --tasks split:1 --test data.csv --matrix job/matrix -o job/out
unfinished_job
starve $resume --metrics job/metrics -o job/out
cp "$FG_TESTDATA/fuzz/png/rgb8" a.png
starve fg-denoise -g picture.json a.png --mask a.png --filters job/filters -o job --save job/out
