# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Outputs that would take the place of what is read, or of each other, are refused before anything is read; a model may
# take the place of the one it was learned from, and what standard output goes to is added to.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive
small_job
mkdir clip
cp a.ppm clip/a.png
cp data.csv second.csv
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
END
find . -type f ! -name 'refused.*' -exec cksum {} + | sort | cmp - ../sums

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

echo "what can be written only once:"
mkfifo pipe
for output in - pipe /dev/null /dev/stdout; do
    refused 2 fg-continual -g spec.json --data data.csv --batch 2 --checkpoint 1 -o "$output"
done
