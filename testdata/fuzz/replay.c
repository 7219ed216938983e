/* Runs a fuzz target without a fuzzer: on every file of the folder given (its corpus), on every prefix of the
 * small ones and on some thousand seeded mutations, so that `make check` tries hostile input under any
 * compiler and sanitizer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FILE = 1 << 20, MAX_PREFIXES = 600, MUTATIONS = 400 };

static uint64_t state = 1;

static uint64_t draw(uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
}

/* The target gets a block of exactly the right size, so that reading past its end is seen. */
static int try_bytes(const uint8_t *data, size_t size) {
    uint8_t *copy = calloc(size ? size : 1, 1);
    if (!copy)
        return -1;
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 0;
}

static void mutate(uint8_t *data, size_t size) {
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', '-', '9', ',', '\n'};
    for (uint64_t n = 1 + draw(6); n > 0; n--) {
        size_t at = (size_t)draw(draw(2) || size < 64 ? size : 64);
        if (draw(2))
            data[at] = odd[draw(sizeof odd)];
        else
            data[at] ^= (uint8_t)(1u << draw(8));
    }
}

static int try_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return -1;
    static uint8_t data[MAX_FILE], changed[MAX_FILE];
    size_t size = fread(data, 1, MAX_FILE, f);
    fclose(f);
    int bad = try_bytes(data, size);
    size_t step = size / MAX_PREFIXES + 1;
    for (size_t n = 0; !bad && n < size; n += step)
        bad = try_bytes(data, n);
    for (int i = 0; !bad && size && i < MUTATIONS; i++) {
        memcpy(changed, data, size);
        mutate(changed, size);
        bad = try_bytes(changed, size);
    }
    return bad;
}

int main(int argc, char **argv) {
    int files = 0;
    const uint8_t nothing = 0;
    if (try_bytes(&nothing, 0))
        return EXIT_FAILURE;
    DIR *dir = argc > 1 ? opendir(argv[1]) : NULL;
    if (argc > 1 && !dir) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    for (const struct dirent *e; dir && (e = readdir(dir));) {
        char path[4096];
        int n = snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        if (e->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof path)
            continue;
        if (try_file(path)) {
            fprintf(stderr, "%s: cannot be read\n", path);
            return EXIT_FAILURE;
        }
        files++;
    }
    if (dir)
        closedir(dir);
    printf("100%%: Checks: %d, Failures: 0, Errors: 0\n", files + 1);
    return EXIT_SUCCESS;
}
