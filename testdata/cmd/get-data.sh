# scripts/get-data on made files: taken from a folder in any packing, checked, fetched from a file URL, resumed.
. "$FG_TESTDATA/cmd/helpers.inc"
get=$FG_TESTDATA/../scripts/get-data
files="train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte"
sum() {
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}
mkdir -p src/mnist src/cifar-10-batches-bin
for f in $files; do
    echo "made $f" >src/mnist/$f
    echo "$(sum <src/mnist/$f)  mnist/$f" >>sums
done
for i in 1 2; do
    echo "made batch $i" >src/cifar-10-batches-bin/data_batch_$i.bin
    echo "$(sum <src/cifar-10-batches-bin/data_batch_$i.bin)  cifar-10/data_batch_$i.bin" >>sums
done
gzip -n src/mnist/train-*
left() { # what a run left, hidden files too
    find "$1" -type f | LC_ALL=C sort
}
status "$get" --from src --sums sums out mnist cifar-10
left out
gzip -dc out/mnist/train-images-idx3-ubyte.gz
echo "nothing to do:"
status "$get" --from src --sums sums out mnist cifar-10
echo "one file is damaged, here and there:"
echo other >out/mnist/t10k-labels-idx1-ubyte
echo cut | head -c 2 >src/mnist/t10k-labels-idx1-ubyte
rm out/mnist/t10k-images-idx3-ubyte
status "$get" --from src --sums sums out mnist 2>&1
left out
echo "none is there, or the checksum is the real one's:"
mkdir empty
status "$get" --from empty --sums sums none mnist 2>&1
status "$get" --from src real mnist 2>&1
left real
left none
echo "an archive:"
(cd src && tar -czf cifar-10-binary.tar.gz cifar-10-batches-bin && rm -r cifar-10-batches-bin)
status "$get" --from src --sums sums archive cifar-10
left archive
echo "a wrong use:"
"$get" >/dev/null 2>err || echo "status $?: $(head -n 1 err)"
"$get" out letters 2>err || echo "status $?: $(head -n 1 err)"
"$get" out --from 2>err || echo "status $?: $(head -n 1 err)"
"$get" --from nowhere out 2>err || echo "status $?: $(head -n 1 err)"
"$get" --frm x out 2>err || echo "status $?: $(head -n 1 err)"
"$get" --help | head -n 1
