/* Memory: one allocator that counts and can be made to fail, and a workspace laid out before use. */
#ifndef FG_BASE_MEM_H
#define FG_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

enum { FG_ALIGN = 64 }; /* bytes: a cache line, and a whole vector of the widest instruction set */

/* Like malloc, calloc and realloc for n items of the given size; NULL on overflow, exhaustion, a passed
 * limit or an injected failure. fg_alloc and fg_zalloc return memory aligned to 16 bytes. n = 0 gives a valid
 * pointer. */
void *fg_alloc(size_t n, size_t size);
void *fg_zalloc(size_t n, size_t size);
void *fg_resize(void *old, size_t n, size_t size);
void fg_free(void *p);
char *fg_strdup(const char *text);

/* Bytes now held and the most ever held, over all threads. */
size_t fg_mem_held(void);
size_t fg_mem_peak(void);

/* Allocations that would pass this many bytes in all fail; 0 (the default) is no limit. */
void fg_mem_limit(size_t bytes);
/* The limit if an allocation has failed for it, else 0. */
size_t fg_mem_refused(void);

/* Test hook: the n-th allocation from now (1 is the next) fails, and all after it; 0 turns it off. */
void fg_mem_fail_at(uint64_t n);
/* The same, but those after it succeed. */
void fg_mem_fail_once_at(uint64_t n);
/* Allocations asked for since the last call of these. */
uint64_t fg_mem_calls(void);

/* Overflow-checked products and sums of sizes: 0, or -1 and *out = SIZE_MAX. */
int fg_size_mul(size_t *out, size_t a, size_t b);
int fg_size_add(size_t *out, size_t a, size_t b);

/* A workspace is measured and then filled by the same code: while base is NULL fg_ws_take only adds up
 * (and returns NULL); after fg_ws_commit it hands out zeroed, FG_ALIGN-aligned pieces in the same order. */
typedef struct fg_ws {
    unsigned char *base;
    size_t used, size;
    int overflow; /* a measured size did not fit in size_t */
} fg_ws;

void *fg_ws_take(fg_ws *ws, size_t n, size_t size);
int fg_ws_commit(fg_ws *ws); /* 0 or FG_ENOMEM; call once, after measuring */
void fg_ws_free(fg_ws *ws);

#endif
