# needs: fg-build
# Output that cannot be written is an error, not silence; a reader that goes away is not.
. "$FG_TESTDATA/cmd/helpers.inc"
fg-build xor >/dev/full
echo "full: $?"
fg-build --schema >/dev/full
echo "full: $?"
fg-build xor >&-
echo "closed: $?"
fg-build --help >/dev/full
echo "full: $?"
{
    fg-build --schema
    echo $? >left
} | true
case $(cat left) in
0 | 141) ;;
*) echo "broken pipe: status $(cat left)" ;;
esac
