# needs: fg-denoise
# A stream of pictures, the same pictures as files, and a folder of them give the same; the format is kept.
. "$FG_TESTDATA/cmd/helpers.inc"
mkdir in
for i in 0 1 2; do ppm 21 13 $i >in/f$i.ppm; done
cat in/*.ppm | fg-denoise --baseline median >stream.ppm || echo "stream: $?"
cat in/*.ppm | fg-denoise --baseline median - -o - >dash.ppm || echo "dash: $?"
fg-denoise --baseline median in -o - >folder.ppm || echo "folder: $?"
fg-denoise --baseline median in/f0.ppm in/f1.ppm in/f2.ppm >files.ppm || echo "files: $?"
fg-denoise --baseline median in -o out || echo "to a folder: $?"
ls out
cat out/* >out.ppm
same stream.ppm dash.ppm folder.ppm files.ppm
head -c 13 stream.ppm | head -n 2
wc -c <stream.ppm
fg-denoise --baseline median in --limit 2 | wc -c
fg-denoise --baseline median in/f1.ppm in/f0.ppm --limit 1 >one.ppm
fg-denoise --baseline median in/f1.ppm >first.ppm
same one.ppm first.ppm
