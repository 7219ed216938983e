# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# The pipelines at the top of README.md work as they stand where testdata is.
readme=$(dirname "$FG_TESTDATA")/README.md
ln -s "$FG_TESTDATA" testdata
sed -n '/^Five pipelines/,/^They /s/^    //p' "$readme" >pipelines
wc -l <pipelines
# The learned denoiser takes its time: fewer iterations show as well that it works.
while IFS= read -r line; do
    case $line in *fg-denoise*) line="${line%% --limit*} --limit 1 --iters 2 ${line#*--limit 2}" ;; *fg-continual*) line="$line --limit 100" ;; esac
    sh -c "$line" >out.txt 2>err || echo "status $?: $line"
    [ -s out.txt ] || [ -s digits.fgm ] || echo "says nothing: $line"
    [ ! -s err ] || cat err
done <pipelines
find . -name '*.png' -o -name '*.fgm' | LC_ALL=C sort
# Commands in the text are there.
grep -oE '(sh )?scripts/[a-z0-9-]+(\.sh)?' "$readme" | sed 's/^sh //' | sort -u | while read -r f; do
    [ -f "$(dirname "$readme")/$f" ] || echo "README.md names $f, which is not there"
done
