# One row a method: the denoised frame, four times its difference from the truth, its deviations; above them the
# true and the noisy frame. Each is cut from the panel that fg-denoise left of its run, METHOD-SEED.png: three tiles
# a row (true, noisy, denoised; difference, deviations), 6 pixels of white around each.
# Variables: out, the file to write; methods, seed, frame; crop, WIDTHxHEIGHT+X+Y or "" for the middle; width and
# height of a frame; whole_width and whole_height of a panel.
gap = 6
factor = ((whole_width - gap) / 3 - gap) / width
if (whole_width != 3 * (width * factor + gap) + gap || whole_height != 2 * (height * factor + gap) + gap) {
    exit error sprintf("a panel of %d x %d pixels does not hold frames of %d x %d", whole_width, whole_height, width, height)
}
if (crop eq "") {
    w = width < 128 ? width : 128
    h = height < 96 ? height : 96
    x = (width - w) / 2
    y = (height - h) / 2
} else {
    w = int(system("echo '" . crop . "' | tr 'x+' '  ' | cut -d ' ' -f 1"))
    h = int(system("echo '" . crop . "' | tr 'x+' '  ' | cut -d ' ' -f 2"))
    x = int(system("echo '" . crop . "' | tr 'x+' '  ' | cut -d ' ' -f 3"))
    y = int(system("echo '" . crop . "' | tr 'x+' '  ' | cut -d ' ' -f 4"))
}
if (w < 1 || h < 1 || x + w > width || y + h > height) {
    exit error sprintf("CROP: %dx%d+%d+%d lies outside the frame of %d x %d", w, h, x, y, width, height)
}

# Positions on the page, in pixels from its top left corner.
zoom = w < 256 ? ceil(256.0 / w) : 1
label = 22
page_width = 3 * (w * zoom + gap) + gap
row_height = h * zoom + label + gap
rows = 1
do for [i = 1 : words(methods)] { if (word(methods, i) ne "noisy") { rows = rows + 1 } }
page_height = rows * row_height
file(method) = method . "-" . seed . ".png"
score(method, key) = system(sprintf("sed -n 's/^{\"frame\":%d,.*\"%s\":\\([0-9.]*\\).*/\\1/p' %s-%s.jsonl", frame, key, method, seed))
titled(text, score) = score eq "" ? text : sprintf("%s, %.2f dB", text, real(score))

set terminal pngcairo size page_width, page_height font "sans,11"
set output out
unset border
unset tics
unset key
set multiplot
row = 0
do for [i = 0 : words(methods)] {
    method = word(methods, i == 0 ? 1 : i)
    if (i > 0 && method eq "noisy") { continue }
    do for [column = 0 : (i == 0 ? 1 : 2)] {
        tile = (i == 0 ? 0 : 2) + column
        left = gap + (tile % 3) * (width * factor + gap) + x * factor
        top = gap + (tile / 3) * (height * factor + gap) + y * factor
        set xrange [left - 0.5 : left + w * factor - 0.5]
        set yrange [whole_height - top - h * factor - 0.5 : whole_height - top - 0.5]
        page_left = gap + column * (w * zoom + gap)
        page_top = row * row_height + label
        set lmargin at screen real(page_left) / page_width
        set rmargin at screen real(page_left + w * zoom) / page_width
        set tmargin at screen 1 - real(page_top) / page_height
        set bmargin at screen 1 - real(page_top + h * zoom) / page_height
        caption = column > 0 && i > 0 ? "" : i > 0 ? titled(method, score(method, "psnr")) \
            : column == 0 ? sprintf("true, frame %d", frame) : titled("noisy", score(method, "psnr_input"))
        unset label
        set label 1 caption at screen real(page_left) / page_width, screen 1 - (page_top - label / 2.0) / page_height noenhanced
        if (i == 0 && column == 1 && rows > 1) {
            set label 2 "Below: the denoised frame,\n4 times its difference from\nthe true one, and its deviations\n(each method on its own scale,\nbright: most; filters have none)" \
                at screen real(page_left + w * zoom + 2 * gap) / page_width, screen 1 - real(page_top + 2 * label) / page_height
        }
        plot file(method) binary filetype=png with rgbimage
    }
    row = row + 1
}
unset multiplot
