# needs: fg-build fg-train fg-infer fg-denoise
# Usage errors: status 2, one line and the pointer to --help, nothing on stdout.
. "$FG_TESTDATA/cmd/helpers.inc"
for c in fg-build fg-train fg-infer fg-denoise; do
    refused 2 $c --no-such-option
    refused 2 $c -o
    refused 2 $c --out=
done
for c in fg-train fg-denoise; do
    refused 2 $c --damping 1.5
    refused 2 $c --damping nan
    refused 2 $c --damping 0.5x
    refused 2 $c --dropout -0.1
    refused 2 $c --iters 0
    refused 2 $c --iters 99999999999999999999
    refused 2 $c --threads -1
    refused 2 $c --seed 1.5
    refused 2 $c --schedule upwards
done
