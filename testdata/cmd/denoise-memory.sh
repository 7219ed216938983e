# needs: fg-build fg-denoise
# However long a stream is, it takes no more memory.
. "$FG_TESTDATA/cmd/helpers.inc"
case $FG_VARIANT in
asan | tsan)
    echo "skipped: memory under a sanitizer is its own"
    exit 77
    ;;
esac
if [ ! -r /proc/self/status ]; then
    echo "skipped: needs Linux"
    exit 77
fi
fg-build --input '?x?x?' mixture tconv:2,sigma=0.05 --set inference.iterations=3 >tiny.json
ppm 32 24 0 >a.ppm
cat a.ppm a.ppm a.ppm a.ppm a.ppm a.ppm a.ppm a.ppm a.ppm a.ppm >ten.ppm
# peak TENS OPTION...: the most memory, in KiB, that so many tens of frames took, read off before the stream ends.
peak() {
    tens=$1
    shift
    rm -rf out pipe && mkfifo pipe
    fg-denoise "$@" --threads 2 --corrupt 0.1 -o out <pipe &
    child=$!
    exec 4>pipe
    tries=0
    while [ "$tries" -lt "$tens" ]; do
        cat ten.ppm >&4
        tries=$((tries + 1))
    done
    tries=0
    while [ ! -s "out/$(printf %05d $((10 * tens - 1))).png" ] && [ "$tries" -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    sed -n 's/VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$child/status"
    exec 4>&-
    wait "$child" || echo "status $?"
}
for how in "-g tiny.json" "-g tiny.json --per-frame" "--baseline nlm" "--baseline road"; do
    echo "$(peak 2 $how) $(peak 20 $how)" |
        awk -v how="$how" '{ print how ": " (NF == 2 && $2 < $1 + 512 ? "no more" : $0 " KiB") }'
done
