#include "denoise.h"

#include "base/mem.h"

struct denoise_mask {
    const char *path;
    fg_frames *pictures;
    bool one;               /* a single picture serves all frames */
    unsigned char *missing; /* [height][width] of the last one read; NULL: none yet */
    size_t height, width;
};

int denoise_mask_open(denoise_mask **out, const char *path, fg_err *err) {
    denoise_mask *mask = *out = fg_zalloc(1, sizeof *mask);
    if (!mask)
        return fg_err_set(err, FG_ENOMEM, "no memory for a mask");
    mask->path = path;
    int bad = fg_frames_open(&mask->pictures, &path, 1, &fg_cli_stop, err);
    if (!bad)
        mask->one = fg_frames_count(mask->pictures) == 1;
    if (bad) {
        fg_err_prefix(err, "--mask");
        denoise_mask_close(mask);
        *out = NULL;
    }
    return bad;
}

fg_frames *denoise_mask_frames(denoise_mask *mask) {
    return mask->pictures;
}

size_t denoise_mask_count(const denoise_mask *mask) {
    return mask->one ? 0 : fg_frames_count(mask->pictures);
}

/* A pixel is missing where the brightest of its channels is more white than black. */
static void mark(unsigned char *missing, const fg_image *image) {
    size_t plane = image->height * image->width;
    for (size_t p = 0; p < plane; p++) {
        missing[p] = 0;
        for (size_t c = 0; c < image->channels; c++)
            missing[p] |= image->data[c * plane + p] >= 0.5f;
    }
}

static int read_next(denoise_mask *mask, size_t number, fg_err *err) {
    fg_frame read;
    bool got;
    int bad = fg_frames_next(&got, &read, mask->pictures, err);
    if (!bad && !got)
        bad = fg_err_set(err, FG_EINVAL, "%s ends before frame %zu; a single picture serves all frames",
                         mask->path, number);
    if (bad)
        return fg_err_prefix(err, "--mask"), bad;
    fg_free(mask->missing);
    mask->height = read.image->height;
    mask->width = read.image->width;
    mask->missing = fg_alloc(mask->height, mask->width);
    if (!mask->missing)
        return fg_err_set(err, FG_ENOMEM, "no memory for a mask");
    mark(mask->missing, read.image);
    return FG_OK;
}

int denoise_mask_next(const unsigned char **missing, denoise_mask *mask, const fg_frame *frame, fg_err *err) {
    int bad = mask->one && mask->missing ? FG_OK : read_next(mask, frame->number, err);
    if (!bad && (mask->height != frame->image->height || mask->width != frame->image->width))
        bad = fg_err_set(err, FG_EINVAL,
                         "--mask: %s: %zu x %zu pixels, but %s has %zu x %zu; ffmpeg -i MASK -vf "
                         "scale=%zu:%zu:flags=neighbor new.png makes it as large",
                         mask->path, mask->width, mask->height, frame->label, frame->image->width,
                         frame->image->height, frame->image->width, frame->image->height);
    *missing = bad ? NULL : mask->missing;
    return bad;
}

void denoise_mask_close(denoise_mask *mask) {
    if (!mask)
        return;
    fg_frames_close(mask->pictures);
    fg_free(mask->missing);
    fg_free(mask);
}
