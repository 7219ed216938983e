# needs: fg-build fg-denoise fg-infer
# What the frames before taught, and what they were like, is kept where a later frame cannot be read or a picture that is
# drawn cannot be written; a signal ends a clip within a frame.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive
small_job
ppm 12 10 3 >b.ppm
head -c 100 b.ppm >cut.ppm
options="-g picture.json --threads 1 -q"
fg-denoise $options a.ppm --metrics one --save one.fgm -o out
learned() { fg-infer -g "$1" --inspect | grep -v '^  fg-'; }

echo "a later frame:"
refused 1 fg-denoise $options a.ppm cut.ppm --metrics metrics --log log --save learned.fgm -o out
learned one.fgm >want
learned learned.fgm | cmp - want
wc -l <metrics
grep -c '"frame":0' log

echo "a picture that is drawn:"
rm learned.fgm
refused 1 fg-denoise $options a.ppm --panel /dev/full --save learned.fgm --metrics metrics -o out
learned learned.fgm | cmp - want
grep -c summary metrics
fg-infer -g model.fgm --data data.csv -o want
for drawn in picture confusion; do
    rm -f predicted
    refused 1 fg-infer -g model.fgm --data data.csv -o predicted --$drawn /dev/full
    cmp predicted want
done

echo "the first frame:"
rm -f learned.fgm metrics
refused 1 fg-denoise $options cut.ppm a.ppm --metrics metrics --save learned.fgm -o out
echo "a signal within it:"
rm -f metrics
stopped_after 3 TERM fg-denoise $options --damping 0.9 --iters 1000000 --settle 0 --tol 0 a.ppm b.ppm --log log \
    --save learned.fgm --metrics metrics -o none
sed 's/"iters_mean.*//' metrics
ls
