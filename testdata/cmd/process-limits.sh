# needs: fg-build fg-train fg-infer fg-continual
# A limit of processor time, SIGQUIT, standard descriptors that are closed: the signal's status or a message, and nothing
# half-written.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive
small_job
mkdir job
cd job || exit 1
cp ../spec.json ../data.csv .

# What the limit of processor time ends has learned something by then, and can go on.
long="--data data.csv --batch 1 --passes 1000000"
{
    prlimit --core=0 --cpu=1: fg-continual -g spec.json $long -o long.fgm
    echo "ended by $(kill -l $?)"
} 2>&1 | grep -v "limit exceeded"
fg-infer -g long.fgm --inspect | sed -n 2p | sed 's/[0-9]\{2,\} observations/many observations/'
mkfifo log
{ stopped_after 5 QUIT prlimit --core=0 env --default-signal=QUIT fg-continual -g spec.json $long \
    --metrics new -o new.fgm --log log; } 2>&1
find . -name '*new*' -o -name '.?*'

echo "closed descriptors:"
seen="--data data.csv --batch 1 --passes 30 --eval-every 2 --test data.csv"
fg-continual -g spec.json $seen --log whole.log -o whole.fgm
fg-continual -g spec.json $seen --log plain.log -v -o plain.fgm >&- 2>&- <&-
echo "status $?"
for model in whole plain; do
    fg-infer -g $model.fgm --data data.csv >$model.csv
done
same whole.csv plain.csv
same whole.log plain.log
fg-continual -g spec.json $seen --log new.log -o new.fgm --metrics - <&- >&-
echo "status $?"
find . -name '*new*'
