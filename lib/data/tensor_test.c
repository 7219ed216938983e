#include "data/tensor.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

START_TEST(dtypes_have_names_and_sizes) {
    static const size_t sizes[FG_DTYPES] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    for (int i = 0; i < FG_DTYPES; i++) {
        const char *name = fg_dtype_name((fg_dtype)i);
        ck_assert_uint_eq(fg_dtype_size((fg_dtype)i), sizes[i]);
        ck_assert_int_eq(fg_dtype_find(name, strlen(name)), i);
    }
    ck_assert_int_eq(fg_dtype_find("F16", 3), FG_DTYPES);
    ck_assert_int_eq(fg_dtype_find("F6", 2), FG_DTYPES);
    ck_assert_int_eq(fg_dtype_find("", 0), FG_DTYPES);
}
END_TEST

START_TEST(counts_and_overflow) {
    size_t count, bytes, held = fg_mem_held();
    fg_err err;
    fg_tensor t;
    ck_assert_int_eq(fg_shape_count(&count, &bytes, FG_F64, 3, (size_t[]){2, 3, 4}, &err), 0);
    ck_assert_uint_eq(count, 24);
    ck_assert_uint_eq(bytes, 192);
    ck_assert_int_eq(fg_shape_count(&count, &bytes, FG_F32, 0, NULL, &err), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(fg_shape_count(&count, &bytes, FG_U8, 2, (size_t[]){0, 7}, &err), 0);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_int_eq(fg_shape_count(&count, &bytes, FG_U8, 2, (size_t[]){SIZE_MAX, 2}, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_shape_count(&count, &bytes, FG_F64, 1, (size_t[]){SIZE_MAX / 4}, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_shape_count(&count, &bytes, FG_U8, 3, (size_t[]){SIZE_MAX, 2, 0}, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_shape_count(&count, &bytes, FG_U8, FG_RANK_MAX + 1, NULL, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_shape_count(&count, &bytes, FG_U8, -1, NULL, &err), FG_EFORMAT);
    fg_mem_limit(held + 1000);
    ck_assert_int_eq(fg_tensor_alloc(&t, FG_F64, 1, (size_t[]){200}, &err), FG_ENOMEM);
    fg_mem_limit(0);
    ck_assert_ptr_null(t.data);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(alloc_copy_free) {
    size_t held = fg_mem_held();
    fg_tensor t, copy;
    fg_err err;
    ck_assert_int_eq(fg_tensor_alloc(&t, FG_I16, 2, (size_t[]){2, 3}, &err), 0);
    ck_assert_uint_eq(fg_tensor_count(&t), 6);
    ck_assert_uint_eq(fg_tensor_bytes(&t), 12);
    for (size_t i = 0; i < 6; i++)
        ck_assert(fg_tensor_get(&t, i) == 0);
    ((int16_t *)t.data)[5] = -300;
    ck_assert_int_eq(fg_tensor_copy(&copy, &t, &err), 0);
    ck_assert_ptr_ne(copy.data, t.data);
    ck_assert(fg_tensor_get(&copy, 5) == -300);
    fg_mem_fail_at(1);
    fg_tensor none;
    ck_assert_int_eq(fg_tensor_copy(&none, &t, &err), FG_ENOMEM);
    fg_mem_fail_at(0);
    fg_tensor_free(&t);
    fg_tensor_free(&t);
    fg_tensor_free(&copy);
    fg_tensor_free(NULL);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(every_type_converts) {
    uint8_t boolean[] = {0, 1}, u8[] = {0, 255};
    int8_t i8[] = {-128, 127};
    uint16_t u16[] = {1, 65535};
    int16_t i16[] = {-32768, 32767};
    uint32_t u32[] = {1, 4294967295u};
    int32_t i32[] = {INT32_MIN, INT32_MAX};
    uint64_t u64[] = {3, (uint64_t)1 << 63};
    int64_t i64[] = {-4, INT64_MIN};
    float f32[] = {0.5f, -2.0f};
    double f64[] = {1e-300, 1e300};
    const struct {
        fg_dtype dtype;
        void *data;
        double first, second;
    } cases[] = {
        {FG_BOOL, boolean, 0, 1},
        {FG_U8, u8, 0, 255},
        {FG_I8, i8, -128, 127},
        {FG_U16, u16, 1, 65535},
        {FG_I16, i16, -32768, 32767},
        {FG_U32, u32, 1, 4294967295.0},
        {FG_I32, i32, -2147483648.0, 2147483647.0},
        {FG_U64, u64, 3, 9223372036854775808.0},
        {FG_I64, i64, -4, -9223372036854775808.0},
        {FG_F32, f32, 0.5, -2},
        {FG_F64, f64, 1e-300, 1e300},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fg_tensor t = {cases[i].dtype, 1, {2}, cases[i].data};
        double out[2];
        ck_assert_int_eq(fg_tensor_doubles(out, &t, 2, true, NULL), 0);
        ck_assert(out[0] == cases[i].first);
        ck_assert(out[1] == cases[i].second);
    }
}
END_TEST

START_TEST(values_out_of_range_are_refused_with_their_place) {
    double values[] = {1, -2, 2.5, NAN, 1e39, 3e9};
    fg_tensor t = {FG_F64, 3, {1, 2, 3}, values};
    double doubles[6];
    float floats[6];
    int32_t ints[6];
    fg_err err;
    ck_assert_int_eq(fg_tensor_doubles(doubles, &t, 6, false, &err), 0);
    ck_assert(isnan(doubles[3]));
    ck_assert_int_eq(fg_tensor_doubles(doubles, &t, 6, true, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "element [0,1,0]: nan is not a finite number");
    ck_assert_int_eq(fg_tensor_floats(floats, &t, 3, true, &err), 0);
    ck_assert(floats[2] == 2.5f);
    ck_assert_int_eq(fg_tensor_floats(floats, &t, 6, false, &err), 0);
    ck_assert(isinf(floats[4]));
    values[3] = 0;
    ck_assert_int_eq(fg_tensor_floats(floats, &t, 6, true, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "element [0,1,1]: 1e+39 is not in the range of a float");
    ck_assert_int_eq(fg_tensor_ints(ints, &t, 2, &err), 0);
    ck_assert_int_eq(ints[1], -2);
    ck_assert_int_eq(fg_tensor_ints(ints, &t, 6, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "element [0,0,2]: 2.5 is not a whole number");
    values[2] = 3e9;
    ck_assert_int_eq(fg_tensor_ints(ints, &t, 6, &err), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "32-bit"));
    values[2] = NAN;
    ck_assert_int_eq(fg_tensor_ints(ints, &t, 6, &err), FG_EFORMAT);
}
END_TEST

START_TEST(positions) {
    char text[FG_POSITION_TEXT];
    fg_tensor t = {FG_U8, 3, {2, 3, 4}, NULL}, scalar = {FG_U8, 0, {0}, NULL};
    fg_tensor huge = {FG_U8, 8, {1, 1, 1, 1, 1, 1, 1, SIZE_MAX}, NULL};
    fg_tensor_position(text, &t, 23);
    ck_assert_str_eq(text, "[1,2,3]");
    fg_tensor_position(text, &scalar, 0);
    ck_assert_str_eq(text, "[]");
    fg_tensor_position(text, &huge, SIZE_MAX - 1);
    ck_assert_str_eq(text, "[0,0,0,0,0,0,0,18446744073709551614]");
}
END_TEST

FG_TEST_MAIN("data/tensor", dtypes_have_names_and_sizes, counts_and_overflow, alloc_copy_free,
             every_type_converts, values_out_of_range_are_refused_with_their_place, positions)
