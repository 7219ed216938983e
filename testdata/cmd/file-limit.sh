# needs: fg-build fg-train
# Files that grow larger than the process may write: a message, and nothing half-written.
. "$FG_TESTDATA/cmd/helpers.inc"
case $FG_VARIANT in
tsan)
    echo "skipped: files of the runtime are large under a sanitizer of threads"
    exit 77
    ;;
esac
export OMP_WAIT_POLICY=passive
small_job
echo "files no larger than 8 kB:" # runtimes of OpenMP have such of their own
fg-build --input 2 dense:300 dense:2 softmax --set inference.iterations=60 >wide.json
for output in '-o new.fgm' '-o /dev/null --log new.log'; do
    (ulimit -f 16 && refused 1 fg-train -g wide.json --data data.csv $output)
done
find . -name '*new*'

