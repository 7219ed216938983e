# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Every allocation of a small job fails in turn, with all after it and alone: one message, status 1, the output as it was, no
# temporary files, and no leaks (which the asan build finds).
. "$FG_TESTDATA/cmd/starve.inc"
starve fg-build --from spec.json --set layers.0.sigma=0.2 -o job/out
starve fg-train -g spec.json --data data.csv --limit 3 -o job/out
starve fg-infer -g model.fgm --data data.csv --limit 3 -o job/out
starve fg-continual -g spec.json --data data.csv --batch 2 --limit 2 -o job/out
starve fg-denoise -g picture.json a.ppm -o job --save job/out
