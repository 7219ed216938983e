# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# Ends of pipes: standard output that is full, closed or no longer read, standard input that ends in the middle, folders
# that cannot be written. A message and a status that is not 0, what is there stays, nothing else is left.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive
small_job
tree=$FG_TESTDATA/graphs/tree.json
ppm 12 10 1 >b.ppm
cat a.ppm b.ppm >two.ppm

# outputs RUN: calls RUN with every job that writes to standard output.
outputs() {
    "$@" fg-build xor
    "$@" fg-build xor --info -n 4
    "$@" fg-train -g spec.json --data data.csv
    "$@" fg-train -g spec.json --data data.csv -o x.fgm --metrics -
    "$@" fg-infer -g model.fgm --data data.csv
    "$@" fg-infer -g model.fgm --data data.csv --format npy
    "$@" fg-infer -g model.fgm --data data.csv --score
    "$@" fg-infer -g model.fgm --inspect
    "$@" fg-infer -g "$tree"
    "$@" fg-continual -g spec.json --data data.csv --batch 2
    "$@" fg-continual -g spec.json --data data.csv --batch 2 -o x.fgm --metrics -
    "$@" fg-denoise -g picture.json a.ppm b.ppm -o -
    "$@" fg-denoise -g picture.json a.ppm -o x --metrics -
}

# failed COMMAND...: what a job that cannot write has to do.
failed() {
    [ "$got" -eq 1 ] || echo "status $got: $how: $*"
    [ "$(wc -l <err)" -eq 1 ] && grep -q "^$1: ." err || echo "says '$(cat err)': $how: $*"
}
full() {
    how=full
    "$@" >/dev/full 2>err
    got=$?
    failed "$@"
}
closed() {
    how=closed
    "$@" >&- 2>err
    got=$?
    failed "$@"
}
# A reader that goes away is none of the writer's faults: no message, and death by SIGPIPE where it was still writing.
unread() {
    rm -f pipe
    mkfifo pipe
    : <pipe &
    "$@" >pipe 2>err
    got=$?
    wait
    case $got in
    0 | 141) ;;
    *) echo "status $got: $*" ;;
    esac
    [ ! -s err ] || echo "says '$(cat err)': $*"
}
outputs full
outputs closed
outputs unread
echo "outputs: tried"

echo "cut off:"
for cut in 1 60 300; do
    head -c "$cut" spec.json >cut.json
    refused 1 fg-train --data data.csv <cut.json | sed 's/[0-9]*:[0-9]*:/LINE:COLUMN:/; s/found .*/found/'
done
for cut in 4 700 1100; do
    head -c "$cut" model.fgm >cut.fgm
    refused 1 fg-infer --data data.csv <cut.fgm | sed 's/[0-9]* of [0-9]*/N of N/; s/[0-9]\{3,\}/N/g'
done
printf '1,2' >cut.csv
: >empty
for file in empty cut.csv; do
    refused 1 fg-train -g spec.json --data - <"$file"
done
printf '1,2,0\n1,' >cut.csv
refused 1 fg-continual -g spec.json --data - <cut.csv
refused 1 fg-infer -g model.fgm --data - <cut.csv
whole=$(wc -c <two.ppm)
for cut in 5 20 $((whole - 1)); do
    rm -rf out
    head -c "$cut" two.ppm | refused 1 fg-denoise -g picture.json - -o out
    ls out 2>/dev/null
done
# The data stop coming, and the writer dies: the frames before are there.
rm -rf out
{ cat a.ppm && head -c 50 b.ppm && sleep 0.2; } | refused 1 fg-denoise -g picture.json - -o out
ls out

echo "folders that cannot be written:"
mkdir shut
echo old >shut/out
chmod 555 shut
# The administrator may write everywhere, but for what a file system or a container forbids.
run=
if [ "$(id -u)" -eq 0 ]; then
    run="setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search"
    $run true 2>/dev/null || { chmod 755 shut && echo "skipped: cannot give up rights as root" && exit 77; }
fi
shut() {
    $run "$@" >printed 2>err
    got=$?
    how=shut
    failed "$@"
    cat err
    [ "$(ls shut) $(cat shut/out)" = "out old" ] || echo "changed the folder: $*"
}
shut fg-build xor -o shut/out
shut fg-train -g spec.json --data data.csv -o shut/out
shut fg-infer -g model.fgm --data data.csv -o shut/out
shut fg-continual -g spec.json --data data.csv --batch 2 --checkpoint 1 -o shut/out
shut fg-continual -g spec.json --data data.csv --batch 2 --metrics shut/out -o x.fgm
shut fg-denoise -g picture.json a.ppm -o shut
shut fg-denoise -g picture.json a.ppm -o shut/new
chmod 755 shut
