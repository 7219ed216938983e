#include "data/corrupt.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data/number.h"

enum { DRAWS = 4 }; /* a pixel's: whether it is hit, and a value for each of up to three channels */

/* Keeps these draws apart from those that inference makes from the same seed. */
static const uint64_t STREAM = 0x636f727275707400u;

int fg_corruption_parse(fg_corruption *out, const char *text, fg_err *err) {
    static const struct {
        const char *name;
        fg_corruption_kind kind;
        double most;
    } kinds[] = {{"impulse:", FG_CORRUPT_IMPULSE, 1}, {"gaussian:", FG_CORRUPT_GAUSSIAN, 10}};
    *out = (fg_corruption){0};
    if (strcmp(text, "none") == 0)
        return FG_OK;
    size_t kind = 0, skip = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(text, kinds[i].name, strlen(kinds[i].name)) == 0)
            kind = i, skip = strlen(kinds[i].name);
    double amount;
    if (fg_number_parse(&amount, text + skip, strlen(text + skip)) || !(amount >= 0))
        return fg_err_set(err, FG_EINVAL, "'%s' is not P, impulse:P, gaussian:SD or none", text);
    if (amount > kinds[kind].most)
        return fg_err_set(err, FG_EINVAL, "%s%s is not in 0..%g", kinds[kind].name, text + skip,
                          kinds[kind].most);
    *out = (fg_corruption){kinds[kind].kind, amount};
    return FG_OK;
}

void fg_corrupt(fg_image *image, unsigned char *hit, const fg_corruption *corruption, uint64_t seed,
                uint64_t frame) {
    size_t plane = image->height * image->width;
    uint64_t key = fg_rng_key(seed, STREAM);
    bool gaussian = corruption->kind == FG_CORRUPT_GAUSSIAN;
    if (hit)
        memset(hit, gaussian, plane);
    if (corruption->kind == FG_CORRUPT_NONE)
        return;
    for (size_t p = 0; p < plane; p++) {
        if (!gaussian && !(fg_rng_uniform53(key, frame, DRAWS * p) < corruption->amount))
            continue;
        if (hit)
            hit[p] = 1;
        for (size_t c = 0; c < image->channels; c++) {
            float *value = &image->data[c * plane + p];
            uint64_t draw = DRAWS * p + 1 + c;
            if (gaussian)
                *value += (float)(corruption->amount * fg_rng_normal(key, frame, draw));
            else
                *value = fg_rng_uniform(key, frame, draw);
        }
    }
}
