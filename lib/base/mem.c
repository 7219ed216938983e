#include "base/mem.h"

#include "base/err.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Every block carries in front what it is counted as, so that this can be taken back when it is freed. */
typedef union block_head {
    size_t size;
    max_align_t align;
} block_head;

static _Atomic size_t held, peak, limit, refused;
static _Atomic uint64_t calls, fail_at, fail_until;

static int reserve(size_t bytes) {
    uint64_t n = atomic_fetch_add(&calls, 1) + 1, at = atomic_load(&fail_at);
    if (at && n >= at && n < atomic_load(&fail_until))
        return -1;
    size_t now = atomic_fetch_add(&held, bytes) + bytes, most = atomic_load(&limit);
    if (most && now > most) {
        atomic_fetch_sub(&held, bytes);
        atomic_store(&refused, most);
        return -1;
    }
    size_t seen = atomic_load(&peak);
    while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now))
        ;
    return 0;
}

/* What to ask malloc for, and what that takes: its own word and its rounding count, too, as files of a
 * million small things would else take a fifth more than the limit. */
static int block_size(size_t *asked, size_t *taken, size_t n, size_t size) {
    const size_t unit = 2 * sizeof(size_t);
    if (fg_size_mul(asked, n, size) || fg_size_add(asked, *asked, sizeof(block_head)) ||
        fg_size_add(taken, *asked, sizeof(size_t) + unit - 1))
        return -1;
    *taken -= *taken % unit;
    return 0;
}

static void *allocate(size_t n, size_t size, int zero) {
    size_t asked, taken;
    if (block_size(&asked, &taken, n, size) || reserve(taken))
        return NULL;
    block_head *head = zero ? calloc(1, asked) : malloc(asked);
    if (!head) {
        atomic_fetch_sub(&held, taken);
        return NULL;
    }
    head->size = taken;
    return head + 1;
}

void *fg_alloc(size_t n, size_t size) {
    return allocate(n, size, 0);
}

void *fg_zalloc(size_t n, size_t size) {
    return allocate(n, size, 1);
}

void *fg_resize(void *old, size_t n, size_t size) {
    if (!old)
        return fg_alloc(n, size);
    size_t asked, taken;
    block_head *head = (block_head *)old - 1;
    size_t before = head->size;
    if (block_size(&asked, &taken, n, size) || reserve(taken))
        return NULL;
    block_head *moved = realloc(head, asked);
    if (!moved) {
        atomic_fetch_sub(&held, taken);
        return NULL;
    }
    atomic_fetch_sub(&held, before);
    moved->size = taken;
    return moved + 1;
}

void fg_free(void *p) {
    if (!p)
        return;
    block_head *head = (block_head *)p - 1;
    atomic_fetch_sub(&held, head->size);
    free(head);
}

char *fg_strdup(const char *text) {
    size_t n = strlen(text) + 1;
    char *copy = fg_alloc(n, 1);
    return copy ? memcpy(copy, text, n) : NULL;
}

size_t fg_mem_held(void) {
    return atomic_load(&held);
}

size_t fg_mem_peak(void) {
    return atomic_load(&peak);
}

void fg_mem_limit(size_t bytes) {
    atomic_store(&limit, bytes);
    atomic_store(&refused, 0);
}

size_t fg_mem_refused(void) {
    return atomic_load(&refused);
}

static void fail_between(uint64_t first, uint64_t end) {
    atomic_store(&calls, 0);
    atomic_store(&fail_until, end);
    atomic_store(&fail_at, first);
}

void fg_mem_fail_at(uint64_t n) {
    fail_between(n, UINT64_MAX);
}

void fg_mem_fail_once_at(uint64_t n) {
    fail_between(n, n + 1);
}

uint64_t fg_mem_calls(void) {
    return atomic_load(&calls);
}

int fg_size_mul(size_t *out, size_t a, size_t b) {
    if (!__builtin_mul_overflow(a, b, out))
        return 0;
    *out = SIZE_MAX;
    return -1;
}

int fg_size_add(size_t *out, size_t a, size_t b) {
    if (!__builtin_add_overflow(a, b, out))
        return 0;
    *out = SIZE_MAX;
    return -1;
}

void *fg_ws_take(fg_ws *ws, size_t n, size_t size) {
    size_t bytes, at = ws->used;
    if (fg_size_mul(&bytes, n, size) || fg_size_add(&bytes, bytes, FG_ALIGN - 1)) {
        ws->overflow = 1;
        return NULL;
    }
    bytes -= bytes % FG_ALIGN;
    if (fg_size_add(&ws->used, ws->used, bytes))
        ws->overflow = 1;
    if (!ws->base)
        return NULL;
    assert(ws->used <= ws->size);
    return ws->base + at;
}

int fg_ws_commit(fg_ws *ws) {
    size_t total;
    assert(!ws->base);
    if (ws->overflow || fg_size_add(&total, ws->used, FG_ALIGN))
        return FG_ENOMEM;
    unsigned char *raw = fg_zalloc(total, 1);
    if (!raw)
        return FG_ENOMEM;
    size_t shift = FG_ALIGN - (uintptr_t)raw % FG_ALIGN;
    ws->base = raw + shift;
    ws->base[-1] =
        (unsigned char)shift; /* shift is 16..64: blocks are 16-aligned, so there is room in front */
    ws->size = ws->used;
    ws->used = 0;
    return FG_OK;
}

void fg_ws_free(fg_ws *ws) {
    if (ws->base)
        fg_free(ws->base - ws->base[-1]);
    *ws = (fg_ws){0};
}
