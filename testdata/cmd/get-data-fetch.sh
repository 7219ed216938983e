# scripts/get-data from file URLs: fetched, gone on with, refused where the checksum is wrong.
command -v curl >/dev/null || { echo "skipped: no curl" && exit 77; }
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
gzip -n src/mnist/*
(cd src && tar -czf cifar-10-binary.tar.gz cifar-10-batches-bin)
left() {
    find url -type f | LC_ALL=C sort
}
mkdir -p url/mnist
head -c 20 src/mnist/train-images-idx3-ubyte.gz >url/mnist/.train-images-idx3-ubyte.gz.part
cp src/mnist/train-labels-idx1-ubyte.gz url/mnist/.train-labels-idx1-ubyte.gz.part
status "$get" --url "file://$PWD/src/mnist" --sums sums url mnist
status "$get" --url "file://$PWD/src" --sums sums url cifar-10
left
for f in $files; do
    cmp url/mnist/$f.gz src/mnist/$f.gz
done
echo "damaged here: fetched anew, whatever its packing"
rm url/mnist/t10k-labels-idx1-ubyte.gz
echo damaged >url/mnist/t10k-labels-idx1-ubyte
echo damaged >url/mnist/t10k-images-idx3-ubyte
status "$get" --url "file://$PWD/src/mnist" --sums sums url mnist
left | grep t10k
echo "damaged there:"
echo damaged | gzip -n >src/mnist/train-labels-idx1-ubyte.gz
rm url/mnist/train-labels-idx1-ubyte.gz url/cifar-10/data_batch_2.bin
status "$get" --url "file://$PWD/src/mnist" --sums sums url mnist 2>/dev/null
status "$get" --url "file://$PWD/nowhere" --sums sums url cifar-10 2>/dev/null
left
