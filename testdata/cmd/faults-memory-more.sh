# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# The same as faults-memory for other jobs: an explicit graph, tasks, a run that is taken up again, pictures with a mask,
# what is drawn and shown.
. "$FG_TESTDATA/cmd/starve.inc"
resume= # what unfinished_job says
starve fg-infer -g "$FG_TESTDATA/graphs/tree.json" -o job/out
starve fg-continual -g spec.json --data data.csv --tasks split:1 --test data.csv --matrix job/matrix -o job/out
unfinished_job
starve $resume --metrics job/metrics -o job/out
cp "$FG_TESTDATA/fuzz/png/rgb8" a.png
starve fg-denoise -g picture.json a.png --mask a.png --filters job/filters -o job --save job/out
starve fg-denoise -g picture.json a.ppm --corrupt 0.1 --panel job/panel --sd job/sd -o job --save job/out
starve fg-infer -g model.fgm --data data.csv --limit 3 --iters 2 --picture job/picture --confusion job/confusion -o job/out
starve fg-infer -g model.fgm --inspect -o job/out
starve fg-build --from spec.json --info -n 4 -o job/out
starve fg-build --input 4x4x1 conv:2,kernel=2 dense:2 softmax --dot -o job/out
