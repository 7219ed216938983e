# needs: fg-build fg-train fg-infer fg-continual fg-denoise
# One signal ends a command that waits: for data, a model or pictures that do not come, for somebody to read what it has
# to say. timeout(1) sends SIGTERM, and SIGKILL only to what does not end: 124, not 137. What fits no model is told of, too,
# where it came through a pipe that is gone.
. "$FG_TESTDATA/cmd/helpers.inc"
# The thread sanitizer holds a signal back while a read or write waits.
[ "$FG_VARIANT" != tsan ] || { echo "skipped: signals do not interrupt reads under a sanitizer" && exit 77; }
export OMP_WAIT_POLICY=passive
small_job
mkfifo silent taken
exec 3<>silent

ended() {
    timeout -k 60 0.5 "$@" >out 2>err
    echo "$1: $?, $(wc -c <out) bytes, $(wc -l <err) lines"
}
ended fg-infer -g model.fgm --data - <silent
ended fg-infer -g model.fgm --data silent
ended fg-infer --data data.csv <silent
ended fg-train -g spec.json --data - -o new.fgm <silent
ended fg-train --data data.csv -o new.fgm <silent
ended fg-continual -g spec.json --data - -o new.fgm <silent
ended fg-continual -g spec.json --data data.csv --test silent -o new.fgm
ended fg-build --check <silent
ended fg-denoise a.ppm -o frames <silent
ended fg-denoise -g picture.json silent -o frames
ended fg-denoise -g picture.json a.ppm --clean silent -o frames
ended fg-denoise -g picture.json a.ppm --mask silent -o frames

echo "nobody opens the pipe:"
ended fg-infer -g model.fgm --data data.csv -o taken
ended fg-train -g spec.json --data data.csv -o taken
ended fg-train -g spec.json --data data.csv --log taken -o new.fgm
ended fg-denoise -g picture.json a.ppm --save taken -o frames

echo "nobody reads on:"
awk 'BEGIN { for (i = 0; i < 20000; i++) print "0,1" }' >many.csv
timeout -k 60 20 fg-infer -g model.fgm --data many.csv --iters 1 >silent &
fg=$!
until [ -n "$(head -c 1 <&3)" ]; do :; done
kill -TERM "$fg"
wait "$fg" 2>/dev/null
echo "fg-infer: $?"

echo "read once:"
{ printf '1,2,3,4\n1,2,3,4\n' >taken & } 2>/dev/null
refused 1 fg-train -g spec.json --data taken -o new.fgm
{ printf '1,2,3,4\n1,2,3,4\n' >taken & } 2>/dev/null
refused 1 fg-infer -g model.fgm --data taken
ls -A
