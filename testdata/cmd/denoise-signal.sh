# needs: fg-denoise
# SIGTERM while waiting for a stream: what is done is whole, death by the signal. A reader that goes away ends
# it quietly.
. "$FG_TESTDATA/cmd/helpers.inc"
# The thread sanitizer holds a signal back while a buffered read waits.
[ "$FG_VARIANT" != tsan ] || { echo "skipped: signals do not interrupt reads under a sanitizer" && exit 77; }
ppm 20 10 0 >a.ppm
mkfifo pipe
fg-denoise --baseline median -o out --metrics m.jsonl <pipe &
child=$!
exec 4>pipe
cat a.ppm >&4
tries=0
while [ ! -s out/00000.png ] && [ "$tries" -lt 200 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -TERM "$child"
wait "$child" 2>/dev/null
echo "SIGTERM: $?"
exec 4>&-
ls out
[ ! -e m.jsonl ] || sed 's/:[-0-9.e+][-0-9.e+]*/:N/g' m.jsonl
cp a.ppm many.ppm
while [ "$(wc -c <many.ppm)" -lt 200000 ]; do
    cat many.ppm many.ppm >more.ppm && mv more.ppm many.ppm
done
{
    fg-denoise --baseline median <many.ppm
    echo "$?" >left
} | head -c 100 >/dev/null
case $(cat left) in
0 | 141) ;;
*) echo "a reader that goes away: status $(cat left)" ;;
esac
