# needs: fg-build fg-train fg-infer fg-denoise fg-continual
# The pipelines at the top of README.md and its examples work as they stand where testdata is.
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
# So do the examples but those that fetch data, with fewer iterations. Sanitizers have other tests of the same.
examples() (
    mkdir examples && cd examples && ln -s "$FG_TESTDATA" testdata && ln -s "$(dirname "$readme")/scripts" scripts
    {
        sed -n '/^## Examples/,/get-data/s/^    //p' "$readme"
        sed -n '/^    printf .*two.csv$/,/^$/s/^    //p' "$readme"
    } | sed 's/fg-denoise /fg-denoise --iters 2 /; s/--limit 2/--limit 1/; s/ffmpeg /ffmpeg -loglevel error /g' >all.sh
    without='get-data'
    for tool in ffmpeg dot gnuplot; do
        command -v $tool >/dev/null || without="$without|$tool"
    done
    grep -vE "$without" all.sh >some.sh
    [ "$(wc -l <some.sh)" -gt 15 ] || echo "only $(wc -l <some.sh) lines of examples"
    sh -e some.sh >out.txt 2>err || { echo "an example fails, status $?:" && tail -n 3 out.txt err; }
    cat err
    grep -cE '^(1|0),0\.|^total|^fashion-mnist ' out.txt
    for file in filters.png xor.png *.fgm out/*.png; do
        [ -s "$file" ] && echo "examples/$file"
    done
)
case $FG_VARIANT in
asan | tsan) sed '1,/clip/d' "$FG_TESTDATA/cmd/readme-pipelines.out" ;;
*) examples ;;
esac
# Commands in the text are there.
grep -oE '(sh )?scripts/[a-z0-9-]+(\.sh)?' "$readme" | sed 's/^sh //' | sort -u | while read -r f; do
    [ -f "$(dirname "$readme")/$f" ] || echo "README.md names $f, which is not there"
done
