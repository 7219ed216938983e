# needs: fg-build fg-train fg-infer fg-denoise
# Files made to break the readers: sizes that overflow, headers that lie, bombs, a million of everything, nesting, keys
# that stand twice, the wrong byte order. Each is refused in one line, within little memory.
. "$FG_TESTDATA/cmd/helpers.inc"
export OMP_WAIT_POLICY=passive
fg-build --input 2 dense:2 softmax >two.json
fg-build --input 4x4x1 dense:2 softmax >small.json
fg-build --input '?x?x?' mixture tconv:2,sigma=0.05 --set inference.iterations=1 >picture.json
labels 2 0 >marks

# repeat N TEXT: the text so many times.
repeat() { awk -v n="$1" -v text="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", text }'; }
train() { refused 1 fg-train -g "$1" --data "$2" --max-memory 30M -o out; }
denoise() {
    refused 1 fg-denoise -g picture.json "$1" --max-memory 30M -o folder
    refused 1 fg-denoise -g picture.json - --max-memory 30M -o folder <"$1"
}
check() { # check HEAD N PIECE TAIL: a spec of a head, so many pieces, and a tail
    { printf %s "$1" && repeat "$2" "$3" && printf %s "$4"; } >spec.json
    refused 1 fg-infer -g spec.json --max-memory 30M
}

npy() { # npy TYPE SHAPE BYTES
    header="{'descr': '$1', 'fortran_order': False, 'shape': $2, }"
    printf '\223NUMPY\001\000'"\\$(printf %03o ${#header})"'\000%s' "$header"
    printf %b "$3"
}
echo "NPY:"
for shape in '(4294967296, 4294967296)' '(18446744073709551616, 2)' '(0, 18446744073709551615)' '(1000000000, 2)' \
    '(-1, 2)' '(1, 1, 1, 1, 1, 1, 1, 1, 2)' '((((((1, 2))))))'; do
    npy '<f4' "$shape" '\0\0\200\77\0\0\0\100' >x.npy
    train two.json x.npy
done
npy '<f8' '(1, 2)' '\0\0\0\0\0\0\370\177\0\0\0\0\0\0\0\0' >nan.npy
npy '<f8' '(1, 2)' '\0\0\0\0\0\0\360\177\0\0\0\0\0\0\0\0' >inf.npy
npy '<f8' '(1, 2)' '\100\360\0\0\0\0\0\376\0\0\0\0\0\0\0\0' >swapped.npy # big-endian 65536, said to be little-endian
npy '<i8' '(1,)' '\0\0\0\0\0\0\0\200' >y.npy
for x in nan inf swapped; do train two.json $x.npy,y.npy; done
npy '<f4' '(1, 2)' '\0\0\200\77\0\0\0\100' >x.npy
train two.json x.npy,y.npy

echo "IDX:"
printf '\0\0\10\3\377\377\377\377\377\377\377\377\377\377\377\377' >most
printf '\0\0\10\3\2\0\0\0\4\0\0\0\4\0\0\0%032d' 0 >swapped
printf '\0\0\10\3\0\0\0\2\0\0\0\4\0\0\0\4%031d' 0 >short
printf '\0\0\10\3\0\0\0\0\377\377\377\377\377\377\377\377' >none
for x in most swapped short none; do train small.json $x,marks; done
printf '\0\0\10\3\3\223\207\0\0\0\0\4\0\0\0\4' | gzip -n >lies.gz
images 2 0 >good
gzip -n <good | head -c 30 >cut.gz
{ gzip -n <good && head -c 8 marks; } >behind.gz
{ cat good && head -c 30000000 /dev/zero; } | gzip -n >bomb.gz
{ printf '\0\0\10\3\0\36\204\200\0\0\0\4\0\0\0\4' && head -c 32000000 /dev/zero; } | gzip -n >large.gz
for x in lies cut behind bomb large; do train small.json $x.gz,marks; done

echo "CSV:"
for n in nan inf 1e999 1e39 0x1 1e 1.2.3; do
    printf '1,2,0\n%s,2,1\n' "$n" >x.csv
    train two.json x.csv
done
{ printf '1,' && repeat 100000 9 && printf ',0\n'; } >x.csv
train two.json x.csv
{ repeat 99999 '1,' && echo 1; } >x.csv
train two.json x.csv
{ printf '1,2,0\n1,"' && repeat 100000 '2,0\n'; } >x.csv
train two.json x.csv
printf '1,2,0\r1,2,1\r' >x.csv
train two.json x.csv

echo "streams without end:"
yes 2>/dev/null | train two.json -
yes 1,2,0 2>/dev/null | train two.json -
yes ba 2>/dev/null | tr a '\0' 2>/dev/null | train two.json -
yes 2>/dev/null | gzip 2>/dev/null | train small.json -
yes 2>/dev/null | refused 1 fg-infer -g - --data x.csv --max-memory 30M
yes 2>/dev/null | refused 1 fg-build --from -

echo "pictures:"
for header in '4294967295 4294967295 255' '99999999999999999999 1 255' '8000 8000 255' '0 4 255' '4 4 0' '4 4 65536' '-4 4 255'; do
    printf 'P6 %s\n' "$header" >x.ppm
    denoise x.ppm
done
{ printf 'P6 #' && repeat 70000 c; } >x.ppm
denoise x.ppm
chunk() { printf '\211PNG\r\n\032\n\0\0\0\015IHDR%b\010\002\0\0\0abcd%b' "$1" "$2"; }
chunk '\0177\0377\0377\0377\0177\0377\0377\0377' '\0\0\0\0IDAT\0\0\0\0\0\0\0\0IEND\0\0\0\0' >x.png
denoise x.png
chunk '\0\0\0\4\0\0\0\4' '\0377\0377\0377\0377tEXt' >x.png
denoise x.png
chunk '\0\0\0\4\0\0\0\4' '\0177\0377\0377\0377tEXt' >x.png
denoise x.png
chunk '\0\0\037\0\0\0\037\0' '\0\0\0\1IDATx\0\0\0\0\0\0\0\0IEND\0\0\0\0' >x.png
denoise x.png

echo "specs:"
head='{"format":"fg-spec","version":1,'
check '' 100000 '[' ''
check '{"a":' 100000 '{"a":' ''
check "$head\"version\":2,\"layers\":[]}" 0 '' ''
check "$head\"layers\":[" 20000 '{"kind":"dense","units":2},' '{"kind":"softmax"}]}'
check "$head\"variables\":[" 300000 '"a",' '"b"],"factors":[]}'
check "$head\"variables\":[\"a\"],\"factors\":[" 1 '{"kind":"linear","variables":["a"],"matrix":[[1e400]],"value":0,"sigma":1}' ']}'
check "$head\"variables\":[\"a\"],\"factors\":[" 1 '{"kind":"observation","variables":["a"],"value":NaN,"sigma":1}' ']}'
check "$head\"name\":\"" 100000 x '"}'
fg-build --input 2 dense:1000000 dense:2000 softmax >wide.json
refused 1 fg-train -g wide.json --data "$FG_TESTDATA/xor.csv" --max-memory 1G -o out
refused 2 fg-build --input 2 dense:1000000 dense:1000000 softmax

echo "states:"
printf '\377\377\377\377\377\377\377\377{}' >x.fgm
printf '\0\0\0\0\0\0\0\020{}' >swapped.fgm
printf '\144\0\0\0\0\0\0\0{}' >short.fgm
for state in x swapped short; do refused 1 fg-infer -g $state.fgm --data x.csv; done
tensor() { # tensor SHAPE OFFSETS: a state's file with one tensor and 8 bytes
    text="{\"a/eta\":{\"dtype\":\"F64\",\"shape\":$1,\"data_offsets\":$2}}"
    printf "\\$(printf %03o ${#text})"'\0\0\0\0\0\0\0%s%08d' "$text" 0 >x.fgm
    refused 1 fg-infer -g x.fgm --data x.csv
}
tensor '[4294967296,4294967296]' '[0,8]'
tensor '[1]' '[0,18446744073709551615]'
tensor '[1]' '[8,0]'
tensor '[1]' '[8,16]'
tensor '[18446744073709551616]' '[0,8]'
tensor '[1],"shape":[1]' '[0,8]'
tensor '[0,99999999999999]' '[0,0]'

echo "options:"
for option in "--threads 99999999999" "--seed -1" "--iters 1e9" "--tol nan" "--damping 1" "--limit 99999999999999999999" \
    "--max-memory -1" "--schedule $(repeat 100 x)"; do
    refused 2 fg-train -g two.json --data x.csv $option
done
refused 2 fg-build --input 2147483648x2147483648x4 dense:2
refused 2 fg-build --input 4x4x4x4 dense:2
refused 2 fg-build --input 2 dense:99999999999999999999
refused 2 fg-build xor --set "layers.99999999999999999999.units=1"
refused 2 fg-build xor --set "layers.0.units=$(repeat 1000 '[')"
