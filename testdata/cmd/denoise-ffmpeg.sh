# needs: fg-build fg-denoise
# Pipes from and to the real ffmpeg, PPM and PNG, are those of the files, pixel for pixel.
command -v ffmpeg >/dev/null || { echo "skipped: no ffmpeg" && exit 77; }
. "$FG_TESTDATA/cmd/helpers.inc"
ff() { ffmpeg -nostdin -loglevel error "$@" </dev/null; }
fed() { ffmpeg -loglevel error "$@"; } # reads standard input
# Frames in a stream of PPM pictures of the clip.
frames() { echo "$(($(wc -c) / (14 + 3 * 128 * 96))) frames"; }
fg-build denoise-pairwise --set inference.iterations=4 >pairwise.json
# A clip in a lossless codec stands for what a camera would give.
ff -i "$FG_TESTDATA/clip/%05d.png" -c:v ffv1 -pix_fmt gbrp in.mkv || echo "ffmpeg has no ffv1"
ff -i in.mkv -f image2pipe -c:v ppm -pix_fmt rgb24 - >in.ppm
fg-denoise --baseline median "$FG_TESTDATA/clip" -o - >files.ppm
fg-denoise --baseline median <in.ppm >piped.ppm
same files.ppm piped.ppm
# Both ends at once, as the manual has it.
ff -i in.mkv -f image2pipe -c:v ppm -pix_fmt rgb24 - | fg-denoise -g pairwise.json - |
    fed -f image2pipe -c:v ppm -i - -c:v ffv1 -pix_fmt gbrp out.mkv || echo "pipeline: status $?"
ff -i out.mkv -f image2pipe -c:v ppm -pix_fmt rgb24 - >through.ppm
fg-denoise -g pairwise.json "$FG_TESTDATA/clip" -o - >direct.ppm
same direct.ppm through.ppm
# PNG in the pipe, and an ordinary file at the end.
ff -i in.mkv -f image2pipe -c:v png -pix_fmt rgb24 - | fg-denoise -g pairwise.json - |
    fed -f image2pipe -i - -c:v mpeg4 plain.mp4 || echo "png: status $?"
ff -i plain.mp4 -f image2pipe -c:v ppm -pix_fmt rgb24 - | frames
# Only the first frames are wanted: ffmpeg finds its reader gone.
ff -i in.mkv -f image2pipe -c:v ppm -pix_fmt rgb24 - 2>/dev/null | fg-denoise --baseline median - --limit 2 2>err | frames
cat err
