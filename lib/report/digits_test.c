#include "report/digits.h"

#include <string.h>

#include "base/test.h"

static const float black[3] = {0, 0, 0};

static fg_image white(size_t height, size_t width) {
    fg_image image = {0};
    ck_assert_int_eq(fg_image_alloc(&image, height, width, 3, 8, NULL), 0);
    for (size_t i = 0; i < fg_image_size(&image); i++)
        image.data[i] = 1;
    return image;
}

/* Black values of all channels. */
static size_t ink(const fg_image *image) {
    size_t n = 0;
    for (size_t i = 0; i < fg_image_size(image); i++)
        n += image->data[i] < 0.5f;
    return n;
}

START_TEST(letters_have_their_squares) {
    fg_image image = white(5, 11);
    fg_digits_put(&image, 0, 0, "1-7", 1, black);
    static const char *const rows[] = {" #      ###", "##        #", " #  ###   #", " #        #",
                                       "###       #"};
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < 5; i++)
            for (size_t j = 0; j < 11; j++)
                ck_assert_float_eq(image.data[(c * 5 + i) * 11 + j], rows[i][j] == '#' ? 0 : 1);
    ck_assert_uint_eq(fg_digits_width("1-7", 1), 11);
    ck_assert_uint_eq(fg_digits_width("1-7", 2), 22);
    ck_assert_uint_eq(fg_digits_width("", 3), 0);
    ck_assert_uint_eq(fg_digits_height(3), 15);
    fg_image_free(&image);
}
END_TEST

START_TEST(all_letters_differ_and_others_are_gaps) {
    static const char letters[] = "0123456789-+.e ";
    fg_image seen[sizeof letters - 1];
    for (size_t k = 0; letters[k]; k++) {
        const char text[] = {letters[k], 0};
        seen[k] = white(5, 3);
        fg_digits_put(&seen[k], 0, 0, text, 1, black);
        ck_assert_uint_eq(ink(&seen[k]) == 0, letters[k] == ' ');
        for (size_t m = 0; m < k; m++)
            ck_assert_int_ne(memcmp(seen[m].data, seen[k].data, 45 * sizeof(float)), 0);
    }
    for (size_t k = 0; letters[k]; k++)
        fg_image_free(&seen[k]);
}
END_TEST

START_TEST(what_is_outside_is_left_out) {
    fg_image image = white(6, 6);
    for (ptrdiff_t row = -20; row < 20; row += 3)
        for (ptrdiff_t column = -20; column < 20; column += 3)
            fg_digits_put(&image, row, column, "88", 2, (float[]){1, 1, 1});
    ck_assert_uint_eq(ink(&image), 0);
    fg_digits_put(&image, -2, -2, "8", 2, black); /* the hole above is at (0, 0) */
    ck_assert_float_eq(image.data[0], 1);
    ck_assert_float_eq(image.data[2], 0);
    fg_image_free(&image);
}
END_TEST

FG_TEST_MAIN("report/digits", letters_have_their_squares, all_letters_differ_and_others_are_gaps,
             what_is_outside_is_left_out)
