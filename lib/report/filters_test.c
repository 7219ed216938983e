#include "report/filters.h"

#include "base/mem.h"
#include "base/test.h"

static const char text[] =
    "{\"format\":\"fg-spec\",\"version\":1,\"input\":{\"shape\":[null,null,null]},\"layers\":["
    "{\"kind\":\"observation\"},{\"kind\":\"tconv\",\"filters\":2,\"kernel\":2},"
    "{\"kind\":\"tconv\",\"filters\":3,\"kernel\":3}]}";

/* Weights of the first filter of the first layer: red, green and blue planes; the rest grow by their place.
 */
static fg_posterior *learned(size_t channels) {
    static const double first[12] = {2, -2, 0, 0, 0, 0, 1, 0, 0, 0, 0, -0.5};
    fg_posterior *p;
    size_t dims[2][2] = {{channels, 8}, {2, 27}};
    ck_assert_int_eq(fg_posterior_create(&p, 2, NULL), 0);
    for (int l = 0; l < 2; l++) {
        fg_parameter *w = fg_posterior_add(p, l ? "tconv2/weight" : "tconv1/weight", 2, dims[l]);
        ck_assert_ptr_nonnull(w);
        for (size_t i = 0; i < w->size; i++) {
            w->lambda[i] = 4;
            w->eta[i] = 4 * (double)(i + 1);
        }
        for (size_t c = 0; l == 0 && c < channels; c++)
            for (size_t k = 0; k < 4; k++)
                w->eta[c * 8 + k] = 4 * first[c * 4 + k];
    }
    return p;
}

static float at(const fg_image *image, size_t c, size_t y, size_t x) {
    return image->data[(c * image->height + y) * image->width + x];
}

/* Gaps of 4; tiles of 2 x 2 enlarged 12 times, of 3 x 3 eight times: all 24 wide. */
START_TEST(tiles_stand_where_they_should) {
    fg_spec spec;
    fg_image out = {0};
    ck_assert_int_eq(fg_spec_parse(&spec, text, sizeof text - 1, NULL), 0);
    fg_posterior *p = learned(3);
    ck_assert_int_eq(fg_filters_picture(&out, &spec, p, NULL), 0);
    ck_assert_uint_eq(out.channels, 3);
    ck_assert_uint_eq(out.width, 3 * 28 + 4);
    ck_assert_uint_eq(out.height, (28 + 4) + (2 * 28 + 4));
    ck_assert_float_eq(at(&out, 0, 4, 4), 1);
    ck_assert_float_eq(at(&out, 1, 4, 4), 0.5f);
    ck_assert_float_eq(at(&out, 0, 15, 16), 0);
    ck_assert_float_eq(at(&out, 1, 27, 4), 0.75f);
    ck_assert_float_eq(at(&out, 2, 27, 27), 0.375f);
    ck_assert_float_eq(at(&out, 0, 3, 10), 1);
    ck_assert_float_eq(at(&out, 0, 10, 70), 1);
    /* Second layer, second channel, third filter: weights 46 .. 54, the last the largest. */
    for (size_t c = 0; c < 3; c++) {
        ck_assert_float_eq(at(&out, c, 32 + 4 + 28 + 23, 4 + 2 * 28 + 23), 1);
        ck_assert_float_eq_tol(at(&out, c, 32 + 4 + 28, 4 + 2 * 28), 0.5f + 0.5f * 46 / 54, 1e-6f);
    }
    fg_posterior_free(p);
    p = learned(1);
    ck_assert_int_eq(fg_filters_picture(&out, &spec, p, NULL), 0);
    ck_assert_float_eq(at(&out, 1, 4, 4), 1);
    ck_assert_float_eq(at(&out, 2, 4, 16), 0);
    fg_posterior_free(p);
    fg_image_free(&out);
    fg_spec_free(&spec);
}
END_TEST

/* Weights of conv layers are numbered by channel, place and then filter. */
START_TEST(filters_of_conv_layers) {
    static const char conv[] =
        "{\"format\":\"fg-spec\",\"version\":1,\"input\":{\"shape\":[5,5,1]},"
        "\"layers\":[{\"kind\":\"conv\",\"filters\":3,\"kernel\":2},{\"kind\":\"softmax\"}]}";
    fg_spec spec;
    fg_posterior *p;
    fg_image out = {0};
    fg_err err;
    ck_assert_int_eq(fg_spec_parse(&spec, conv, sizeof conv - 1, NULL), 0);
    ck_assert_int_eq(fg_posterior_create(&p, 1, NULL), 0);
    fg_parameter *w = fg_posterior_add(p, "conv1/weight", 2, (size_t[]){4, 3});
    ck_assert_ptr_nonnull(w);
    for (size_t i = 0; i < w->size; i++) {
        w->lambda[i] = 2;
        w->eta[i] = 2 * (double)i;
    }
    ck_assert_int_eq(fg_filters_picture(&out, &spec, p, NULL), 0);
    ck_assert(out.width == 3 * 28 + 4 && out.height == 28 + 4);
    /* The third filter has weights 2, 5, 8 and 11. */
    ck_assert_float_eq_tol(at(&out, 0, 4, 4 + 2 * 28), 0.5f + 0.5f * 2 / 11, 1e-6f);
    ck_assert_float_eq_tol(at(&out, 1, 4, 4 + 2 * 28 + 12), 0.5f + 0.5f * 5 / 11, 1e-6f);
    ck_assert_float_eq_tol(at(&out, 2, 4 + 12, 4 + 2 * 28), 0.5f + 0.5f * 8 / 11, 1e-6f);
    ck_assert_float_eq(at(&out, 0, 4 + 23, 4 + 2 * 28 + 23), 1);
    spec.layers[0].kernel = 3;
    ck_assert_int_eq(fg_filters_picture(&out, &spec, p, &err), FG_EFORMAT);
    fg_image_free(&out);
    fg_posterior_free(p);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(what_cannot_be_drawn) {
    static const char none[] = "{\"format\":\"fg-spec\",\"version\":1,\"input\":{\"shape\":[4,4,1]},"
                               "\"layers\":[{\"kind\":\"observation\"},{\"kind\":\"pairwise\"}]}";
    fg_spec spec;
    fg_image out = {0};
    fg_err err;
    fg_posterior *p = learned(3);
    ck_assert_int_eq(fg_spec_parse(&spec, none, sizeof none - 1, NULL), 0);
    ck_assert_int_eq(fg_filters_picture(&out, &spec, p, &err), FG_EINVAL);
    ck_assert_int_eq(fg_spec_parse(&spec, text, sizeof text - 1, NULL), 0);
    spec.layers[2].filters = 4;
    ck_assert_int_eq(fg_filters_picture(&out, &spec, p, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "'tconv2/weight' is missing, or is not 4 filters of 3 x 3");
    spec.layers[2].filters = 3;
    size_t held = fg_mem_held();
    int bad = FG_ENOMEM;
    for (uint64_t n = 1; bad && n < 60; n++) {
        fg_mem_fail_at(n);
        bad = fg_filters_picture(&out, &spec, p, &err);
        fg_mem_fail_at(0);
        ck_assert(bad == 0 || bad == FG_ENOMEM);
        fg_image_free(&out);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    ck_assert_int_eq(bad, 0);
    fg_posterior_free(p);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("report/filters", tiles_stand_where_they_should, filters_of_conv_layers, what_cannot_be_drawn)
