#include "base/mem.h"
#include "data/cifar.h"
#include "data/dataset_internal.h"
#include "data/idx.h"

static int check_target(const fg_source *s, const fg_dataset_want *want, fg_err *err) {
    if (want->target != FG_TARGET_REAL)
        return FG_OK;
    return fg_err_set(err, FG_EFORMAT, "%s: images with class labels, but real targets are wanted", s->name);
}

static int take_labels(fg_dataset *d, const unsigned char *labels, const fg_dataset_want *want, fg_err *err) {
    d->labels = fg_alloc(d->n, sizeof *d->labels);
    if (!d->labels)
        return fg_dataset_no_memory(err);
    for (size_t i = 0; i < d->n; i++)
        d->labels[i] = labels[i];
    return fg_dataset_check_labels(d, want, err);
}

/* The sources that hold images and labels; either stays NULL if there is none. */
typedef struct idx_pair {
    fg_source *images_source, *labels_source;
    fg_idx images, labels;
} idx_pair;

static int read_pair(idx_pair *p, fg_source sources[], size_t n, size_t limit, fg_err *err) {
    for (size_t i = 0; i < n; i++) {
        fg_source *s = &sources[i];
        fg_idx idx;
        int code = fg_idx_read(&idx, s->bytes, s->size, limit, err);
        if (code)
            return fg_err_prefix(err, "%s", s->name);
        fg_source **place = idx.images ? &p->images_source : &p->labels_source;
        if (*place) {
            const char *what = idx.images ? "images" : "labels";
            fg_idx_free(&idx);
            return fg_err_set(err, FG_EINVAL,
                              "%s: holds %s, as %s does; give one file of images and one of labels", s->name,
                              what, (*place)->name);
        }
        *place = s;
        *(idx.images ? &p->images : &p->labels) = idx;
        fg_free(s->bytes);
        s->bytes = NULL;
    }
    return FG_OK;
}

static int check_pair(const idx_pair *p, const fg_dataset_want *want, fg_err *err) {
    const fg_source *images = p->images_source, *labels = p->labels_source;
    if (!images)
        return fg_err_set(err, FG_EFORMAT, "%s: labels without images; give both files, comma-joined",
                          labels->name);
    if (!labels && want->target == FG_TARGET_LABELS)
        return fg_err_set(err, FG_EFORMAT, "%s: images without labels; give both files, comma-joined",
                          images->name);
    if (labels && p->labels.n != p->images.n)
        return fg_err_set(err, FG_EFORMAT, "%s: %zu labels, but %s has %zu images", labels->name, p->labels.n,
                          images->name, p->images.n);
    return check_target(images, want, err);
}

static int take_pair(fg_dataset *d, idx_pair *p, const fg_dataset_want *want, fg_err *err) {
    d->n = p->images.kept;
    d->height = p->images.height;
    d->width = p->images.width;
    d->channels = 1;
    d->n_inputs = d->height * d->width;
    d->bytes = p->images.data;
    p->images.data = NULL;
    int code = fg_dataset_check_inputs(d, want, err);
    if (code)
        return fg_err_prefix(err, "%s", p->images_source->name);
    if (want->target != FG_TARGET_LABELS)
        return FG_OK;
    code = take_labels(d, p->labels.data, want, err);
    return code ? fg_err_prefix(err, "%s", p->labels_source->name) : FG_OK;
}

int fg_dataset_load_idx(fg_dataset *d, fg_source sources[], size_t n, const fg_dataset_want *want,
                        fg_err *err) {
    idx_pair pair = {0};
    int code = read_pair(&pair, sources, n, want->limit, err);
    if (!code)
        code = check_pair(&pair, want, err);
    if (!code)
        code = take_pair(d, &pair, want, err);
    fg_idx_free(&pair.images);
    fg_idx_free(&pair.labels);
    return code;
}

static int take_set(fg_dataset *d, fg_cifar *set, const char *name, const fg_dataset_want *want,
                    fg_err *err) {
    d->n = set->n;
    d->height = d->width = FG_CIFAR_SIDE;
    d->channels = 3;
    d->n_inputs = FG_CIFAR_PIXELS;
    /* The part of the block that its growth left over. */
    d->bytes = fg_resize(set->pixels, set->n, FG_CIFAR_PIXELS);
    if (!d->bytes)
        return fg_dataset_no_memory(err);
    set->pixels = NULL;
    int code = fg_dataset_check_inputs(d, want, err);
    if (!code && want->target == FG_TARGET_LABELS)
        code = take_labels(d, set->labels, want, err);
    return code ? fg_err_prefix(err, "%s", name) : FG_OK;
}

int fg_dataset_load_cifar(fg_dataset *d, fg_source sources[], size_t n, const fg_dataset_want *want,
                          fg_err *err) {
    fg_cifar set = {0};
    int code = check_target(&sources[0], want, err);
    for (size_t i = 0; i < n && !code; i++) {
        code = fg_cifar_add(&set, sources[i].bytes, sources[i].size, want->limit, err);
        if (code)
            fg_err_prefix(err, "%s", sources[i].name);
        fg_free(sources[i].bytes);
        sources[i].bytes = NULL;
    }
    if (!code)
        code = take_set(d, &set, sources[0].name, want, err);
    fg_cifar_free(&set);
    return code;
}
