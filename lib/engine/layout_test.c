/* What the check of a spec says of its layers is what wiring a graph of them finds. */
#include <string.h>

#include "base/rng.h"
#include "engine/fixture_internal.h"
#include "model/kind.h"
#include "model/spec_internal.h"

enum { ROUNDS = 60000, MOST_LAYERS = 7 };

static uint64_t drawn;

static size_t draw(size_t n) {
    return (size_t)fg_rng_u32(5, 0, drawn++) % n;
}

/* Small shapes and layers of all kinds. */
static void draw_layers(char text[512]) {
    static const char *const shapes[] = {"6x5x2", "6x6x1", "4", "1x8x1"};
    static const char *const layers[] = {"observation",
                                         "mixture",
                                         "pairwise",
                                         "dense:3",
                                         "dense:2,covariance=full",
                                         "tconv:2",
                                         "upsample",
                                         "conv:2",
                                         "conv:2,kernel=1",
                                         "max_pool:2",
                                         "avg_pool:2",
                                         "features:3",
                                         "features:2,kernel=1,size=1",
                                         "softmax",
                                         "regression"};
    size_t n = 1 + draw(MOST_LAYERS);
    strcpy(text, shapes[draw(4)]);
    if (draw(3) == 0)
        strcat(text, " observation");
    for (size_t i = 0; i < n; i++) {
        strcat(text, " ");
        strcat(text, layers[draw(sizeof layers / sizeof *layers)]);
    }
}

static int wire(const fg_spec *spec, fg_err *err) {
    fg_graph_options options = {.seed = 1};
    fg_graph *graph;
    int status = fg_graph_create(&graph, spec, spec->input, 2, &options, err);
    fg_graph_free(graph);
    return status;
}

START_TEST(what_is_checked_is_what_can_be_wired) {
    size_t good = 0, refused[FG_LAYER_KINDS] = {0}, shared = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        char text[512];
        fg_spec spec;
        fg_err err = {0}, laid = {0}, wired = {0};
        draw_layers(text);
        int status = fg_fixture_read(&spec, text, &err);
        if (status && strcmp(err.text, fg_layout_check(&spec, &laid) ? laid.text : "") != 0)
            continue; /* refused for something else than the layout */
        ck_assert_msg((wire(&spec, &wired) != FG_OK) == (status != FG_OK), "%s: check \"%s\", wiring \"%s\"",
                      text, err.text, wired.text);
        good += status == FG_OK;
        shared += strstr(err.text, "share one group") != NULL;
        for (int kind = 0; kind < FG_LAYER_KINDS && status; kind++) {
            const char *why = strstr(err.text, ": "), *name = fg_kind_of((fg_layer_kind)kind)->name;
            refused[kind] += !strncmp(why + 2, name, strlen(name)) && why[2 + strlen(name)] == ' ';
        }
        fg_spec_free(&spec);
    }
    ck_assert_msg(good > 500 && shared > 0, "%zu good, %zu shared", good, shared);
    for (int kind = 0; kind < FG_LAYER_KINDS; kind++) {
        /* Windows of pooling fit no vector: that is refused before. */
        bool pools = kind == FG_LAYER_MAX_POOL || kind == FG_LAYER_AVG_POOL;
        ck_assert_msg(pools || (refused[kind] > 0) == (fg_kind_of((fg_layer_kind)kind)->takes != 0),
                      "%s: %zu", fg_kind_of((fg_layer_kind)kind)->name, refused[kind]);
    }
}
END_TEST

START_TEST(reasons_are_true_and_name_the_layer) {
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"8x8x1 observation tconv:2 dense:2 softmax",
         "/layers/2: dense takes a plain vector, or what conv "
         "and pooling make, not the pixels of /layers/1 (tconv)"},
        {"5x5x1 mixture softmax",
         "/layers/1: softmax takes a plain vector, or what conv and pooling make, not "
         "the pixels of /layers/0 (mixture)"},
        {"8x8x1 conv:2 upsample",
         "/layers/1: upsample takes pixels, or what tconv and upsample make, not the "
         "channels of /layers/0 (conv)"},
        {"28x28x1 tconv:4", "/layers/0: tconv explains variables, but the input is noiseless: an observation "
                            "or mixture layer is needed before it"},
        {"8x8x1 dense:4 conv:2,kernel=1",
         "/layers/1: conv takes a grid, not the vector of /layers/0 (dense)"},
        {"4x4x1 observation pairwise pairwise pairwise pairwise",
         "/layers/4: more than 4 layers share one group of variables"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fg_spec spec;
        fg_err err = {0};
        ck_assert_int_eq(fg_fixture_read(&spec, bad[i].text, &err), FG_EINVAL);
        ck_assert_str_eq(err.text, bad[i].message);
        fg_spec_free(&spec);
    }
}
END_TEST

FG_TEST_MAIN("engine/layout", what_is_checked_is_what_can_be_wired, reasons_are_true_and_name_the_layer)
