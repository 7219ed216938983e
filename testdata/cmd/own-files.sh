# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Outputs that would take the place of what is read, or of each other, are refused before anything is read; a model may
# take the place of the one it was learned from, and what standard output goes to is added to.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive
small_job
mkdir clip
cp a.ppm clip/a.png
cp data.csv second.csv
mkdir clean masks digits links real frames
cp a.ppm clean/a.png
cp a.ppm masks/a.png
cp a.ppm real/a.ppm
cp a.ppm frames/00000.png
ln -s ../real/a.ppm links/a.ppm
cp "$FG_TESTDATA/fuzz/png/rgb8" rgb.png
images 2 0 >digits/train-images-idx3-ubyte
labels 2 0 >digits/train-labels-idx1-ubyte
fg-build --input 4x4x1 dense:2 softmax >digits.json
printf 'one data.csv second.csv\n' >list
find . -type f ! -name 'refused.*' ! -name sums -exec cksum {} + | sort >../sums
while read -r command; do
    eval "refused 2 $command"
done <<'END'
fg-train -g spec.json --data data.csv -o data.csv
fg-train -g spec.json --data data.csv -o new.fgm --log ./data.csv
fg-train -g spec.json --data data.csv -o new.fgm --metrics spec.json
fg-train -g spec.json --data data.csv -o new.fgm --log clip/../new.fgm
fg-train -g spec.json --data none.npy,data.csv -o data.csv
fg-infer -g model.fgm --data data.csv -o model.fgm
fg-infer -g model.fgm --test data.csv -o data.csv
fg-infer -g model.fgm --data data.csv --picture data.csv
fg-infer -g model.fgm --data data.csv --mask second.csv -o second.csv
fg-continual -g spec.json --data data.csv --test second.csv -o new.fgm --metrics second.csv
fg-continual --resume model.fgm --data data.csv -o new.fgm --log model.fgm
fg-denoise -g picture.json a.ppm -o out --metrics a.ppm
fg-denoise -g picture.json clip -o out --panel clip/a.png
fg-denoise -g picture.json a.ppm -o out --save picture.json --filters picture.json
fg-denoise -g picture.json a.ppm --clean clean -o out --panel clean/a.png
fg-denoise -g picture.json a.ppm --mask masks -o out --metrics masks/a.png
fg-denoise -g picture.json a.ppm --sd out -o out
fg-denoise -g picture.json a.ppm --log -
fg-denoise -g picture.json a.ppm --panel -
fg-train -g digits.json --data digits -o digits/train-labels-idx1-ubyte
fg-infer -g model.fgm --data - -o data.csv <data.csv
fg-infer -g model.fgm --data data.csv --picture - --confusion - -o new.csv
fg-train --data data.csv -o new.fgm --metrics spec.json <spec.json
fg-train -g spec.json --data - -o data.csv <data.csv
fg-continual -g spec.json --data data.csv --matrix - --metrics - -o new.fgm --tasks list
END
while read -r command; do
    eval "refused 1 $command"
done <<'END'
fg-denoise --baseline median a.ppm --mask masks -o masks
fg-denoise --baseline median a.ppm --mask masks/a.png -o masks
fg-denoise --baseline median links -o real
fg-denoise --baseline median real/a.ppm -o links
fg-denoise --baseline median -o frames <frames/00000.png
fg-denoise -g picture.json a.ppm --sd ./out -o out/
fg-denoise -g picture.json rgb.png --panel out/rgb.png -o out
fg-continual -g spec.json --tasks list --metrics data.csv -o new.fgm
fg-continual -g spec.json --tasks list --log second.csv -o new.fgm
fg-train -g spec.json --data data.csv --iters 1000000 -o none/new.fgm
fg-train -g spec.json --data data.csv --iters 1000000 -o new.fgm --metrics none/metrics
fg-continual -g spec.json --data data.csv --iters 1000000 -o clip
fg-infer -g model.fgm --data data.csv --iters 1000000 --picture none/new.png
fg-denoise -g picture.json a.ppm --iters 1000000 --save none/new.fgm -o out
END
rm -rf out
find . -type f ! -name 'refused.*' -exec cksum {} + | sort | cmp - ../sums

# shellcheck disable=SC2094 # that is what is refused
fg-train -g spec.json --data data.csv --metrics - -o both >>both
echo "status $?"
rm both
echo "a model in place of its own:"
status fg-build --from spec.json --set name=other -o spec.json
status fg-train -g model.fgm --data data.csv -o model.fgm
status fg-continual -g model.fgm --data data.csv --batch 2 -o model.fgm
fg-infer -g model.fgm --inspect | sed -n 2p

echo "what standard output and standard error go to:"
echo before | tee printed >said
own=said
{
    fg-build --input 1 dense:1 regression -o /dev/stdout
    fg-train -g spec.json --data data.csv -o new.fgm --metrics /dev/stderr
    fg-train -g spec.json --data data.csv -o new.fgm --metrics "$own"
} >>printed 2>>said
head -n 3 printed
cut -c1-40 said

{
    echo "what a script writes to stays open:" >&3
    fg-infer -g new.fgm --data data.csv -o /dev/fd/3
    echo "and is written to after that" >&3
} 3>open
wc -l <open

echo "what can be written only once:"
mkfifo pipe
for output in - pipe /dev/null /dev/stdout; do
    refused 2 fg-continual -g spec.json --data data.csv --batch 2 --checkpoint 1 -o "$output"
done
