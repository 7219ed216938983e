#include "report/matrix.h"

#include <math.h>

#include "base/mem.h"
#include "base/test.h"

START_TEST(pictures) {
    const double a[] = {1, 0, NAN, 0.5};
    fg_image image = {0};
    fg_err err;
    size_t held = fg_mem_held();
    ck_assert_int_eq(fg_matrix_picture(&image, a, 2, 8, &err), 0);
    ck_assert(image.width == 8 * 2 + 2 * 4 && image.height == image.width && image.channels == 3);
    fg_image_free(&image);
    ck_assert_int_eq(fg_matrix_write_png("/dev/null/x.png", a, 2, &err), FG_EIO);
    ck_assert_uint_eq(fg_mem_held(), held);
    for (uint64_t at = 1, status = 1; status; at++) {
        fg_mem_fail_at(at);
        int code = fg_matrix_picture(&image, a, 2, 8, &err);
        fg_mem_fail_at(0);
        ck_assert(code == FG_OK || code == FG_ENOMEM);
        fg_image_free(&image);
        ck_assert_uint_eq(fg_mem_held(), held);
        status = code != 0;
    }
}
END_TEST

FG_TEST_MAIN("report/matrix", pictures)
