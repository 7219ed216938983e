#include <math.h>
#include "engine/posterior.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static fg_posterior *create(size_t n) {
    fg_posterior *posterior;
    fg_err err = {0};
    ck_assert_msg(fg_posterior_create(&posterior, n, &err) == FG_OK, "%s", err.text);
    return posterior;
}

START_TEST(parameters_are_found_by_name) {
    size_t held = fg_mem_held(), dims[] = {3, 2};
    fg_posterior *posterior = create(2);
    ck_assert_uint_eq(posterior->n, 0);
    ck_assert_ptr_null(fg_posterior_find(posterior, "dense1/weight"));
    fg_parameter *weight = fg_posterior_add(posterior, "dense1/weight", 2, dims);
    ck_assert_ptr_nonnull(weight);
    fg_parameter *bias = fg_posterior_add(posterior, "dense1/bias", 1, dims + 1);
    ck_assert_ptr_nonnull(bias);
    ck_assert_uint_eq(posterior->n, 2);
    ck_assert_uint_eq(weight->size, 6);
    ck_assert_int_eq(weight->rank, 2);
    ck_assert(weight->dims[0] == 3 && weight->dims[1] == 2);
    ck_assert_uint_eq(bias->size, 2);
    for (size_t i = 0; i < weight->size; i++)
        ck_assert(weight->eta[i] == 0 && weight->lambda[i] == 0);
    ck_assert_ptr_eq(fg_posterior_find(posterior, "dense1/weight"), weight);
    ck_assert_ptr_eq(fg_posterior_find(posterior, "dense1/bias"), bias);
    ck_assert_ptr_null(fg_posterior_find(posterior, "dense1"));
    ck_assert_ptr_null(fg_posterior_find(posterior, "dense1/bias2"));
    fg_posterior_free(posterior);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(none_and_nothing_are_valid) {
    size_t held = fg_mem_held();
    fg_posterior_free(NULL);
    fg_posterior *posterior = create(0);
    ck_assert_ptr_null(fg_posterior_find(posterior, ""));
    fg_posterior_free(posterior);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(sizes_that_do_not_fit_are_refused) {
    size_t held = fg_mem_held(), product[] = {SIZE_MAX / 2, 3}, bytes[] = {SIZE_MAX / 4};
    fg_err err = {0};
    fg_posterior *posterior = create(2);
    ck_assert_ptr_null(fg_posterior_add(posterior, "product", 2, product));
    ck_assert_ptr_null(fg_posterior_add(posterior, "bytes", 1, bytes));
    fg_posterior_free(posterior);
    ck_assert_int_eq(fg_posterior_create(&posterior, SIZE_MAX / 2, &err), FG_ENOMEM);
    ck_assert_ptr_null(posterior);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind) {
    size_t held = fg_mem_held(), dims[] = {4};
    for (uint64_t n = 1; n <= 4; n++) {
        fg_posterior *posterior;
        fg_err err = {0};
        fg_mem_fail_at(n);
        int status = fg_posterior_create(&posterior, 1, &err);
        const fg_parameter *p = status ? NULL : fg_posterior_add(posterior, "p", 1, dims);
        fg_mem_fail_at(0);
        ck_assert_int_eq(status, n <= 2 ? FG_ENOMEM : FG_OK);
        ck_assert_ptr_null(p);
        fg_posterior_free(posterior);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
}
END_TEST

START_TEST(no_more_than_there_is_room_for) {
    size_t held = fg_mem_held(), dims[] = {2, 2, 2};
    fg_posterior *posterior = create(2);
    ck_assert_ptr_null(fg_posterior_add(posterior, "cube", 3, dims));
    ck_assert_ptr_null(fg_posterior_add(posterior, "point", 0, dims));
    ck_assert_ptr_nonnull(fg_posterior_add(posterior, "a", 1, dims));
    ck_assert_ptr_nonnull(fg_posterior_add(posterior, "b", 2, dims));
    ck_assert_ptr_null(fg_posterior_add(posterior, "c", 1, dims));
    ck_assert_uint_eq(posterior->n, 2);
    fg_posterior_free(posterior);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(parameters_without_correlations_stay_so) {
    const size_t dims[] = {3, 2};
    const float ones[3] = {1, 1, 1};
    fg_err err;
    fg_posterior *posterior = create(1);
    fg_parameter *p = fg_posterior_add(posterior, "a/weight", 2, dims);
    ck_assert_int_eq(fg_parameter_spread(p, &err), FG_OK);
    ck_assert_int_eq(fg_parameter_widen(p, &err), FG_OK);
    ck_assert_int_eq(fg_parameter_take_correlations(p, ones, NULL, 3, &err), FG_OK);
    ck_assert(!fg_parameter_correlated(p) && p->matrices == 0);
    fg_posterior_free(posterior);
}
END_TEST

START_TEST(correlations_begin_anew) {
    const size_t dims[] = {3, 2}, held = fg_mem_held();
    const double half[4] = {1, 0.5, 0.5, 1};
    fg_err err;
    fg_posterior *posterior = create(1);
    fg_parameter *p = fg_posterior_add(posterior, "a/weight", 2, dims);
    ck_assert_int_eq(fg_parameter_correlate(p, 2, &err), FG_OK);
    ck_assert_int_eq(fg_parameter_spread(p, &err), FG_OK);
    ck_assert_int_eq(fg_parameter_take_correlations(p, NULL, half, 1, &err), FG_OK);
    ck_assert(p->matrices == 3 && p->wide_correlation[9] == 0.5);
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_parameter_correlate(p, 3, &err), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert(p->joint == 2 && p->wide_correlation[9] == 0.5);
    ck_assert_int_eq(fg_parameter_correlate(p, 3, &err), FG_OK);
    ck_assert(p->joint == 3 && p->matrices == 1 && !p->wide_correlation && p->correlation[1] == 0);
    fg_posterior_free(posterior);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(without_memory_no_average_moves) {
    const size_t dims[] = {1};
    fg_err err;
    fg_posterior *posterior = create(2);
    fg_parameter *a = fg_posterior_add(posterior, "a/bias", 1, dims);
    fg_parameter *b = fg_posterior_add(posterior, "b/bias", 1, dims);
    *a->eta = *a->lambda = *b->eta = *b->lambda = 1;
    ck_assert_int_eq(fg_posterior_average(posterior, 1, &err), FG_OK);
    fg_free(b->average);
    b->average = NULL;
    *a->eta = 3;
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_posterior_average(posterior, 2, &err), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert(*a->average == 1 && !b->average);
    ck_assert_int_eq(fg_posterior_average(posterior, 2, &err), FG_OK);
    ck_assert(*a->average == 2 && *b->average == 1);
    fg_posterior_free(posterior);
}
END_TEST

START_TEST(forgetting_goes_back_to_the_priors) {
    const size_t dims[1] = {2};
    fg_posterior *p, *priors;
    fg_err err;
    ck_assert_int_eq(fg_posterior_create(&p, 1, &err), 0);
    ck_assert_int_eq(fg_posterior_create(&priors, 1, &err), 0);
    fg_parameter *now = fg_posterior_add(p, "a/bias", 1, dims);
    fg_parameter *first = fg_posterior_add(priors, "a/bias", 1, dims);
    const double mean[2] = {3, -1}, sd[2] = {0.1, 0.5}, mean0[2] = {0, 2}, sd0[2] = {2, 1};
    for (double a = 0; a <= 1; a += 0.25) {
        for (int i = 0; i < 2; i++) {
            now->lambda[i] = 1 / (sd[i] * sd[i]);
            now->eta[i] = mean[i] * now->lambda[i];
            first->lambda[i] = 1 / (sd0[i] * sd0[i]);
            first->eta[i] = mean0[i] * first->lambda[i];
        }
        fg_posterior *copy;
        ck_assert_int_eq(fg_posterior_copy(&copy, p, &err), 0);
        fg_posterior_forget(p, priors, a);
        ck_assert(!strcmp(copy->parameters[0].name, "a/bias") && copy->parameters[0].dims[0] == 2);
        ck_assert(copy->parameters[0].eta[0] == mean[0] * copy->parameters[0].lambda[0]);
        fg_posterior_free(copy);
        for (int i = 0; i < 2; i++) {
            ck_assert_double_eq_tol(now->eta[i] / now->lambda[i], a * mean0[i] + (1 - a) * mean[i], 1e-12);
            ck_assert_double_eq_tol(1 / sqrt(now->lambda[i]), a * sd0[i] + (1 - a) * sd[i], 1e-12);
            ck_assert(first->lambda[i] == 1 / (sd0[i] * sd0[i]));
        }
    }
    fg_posterior_free(p);
    fg_posterior_free(priors);
}
END_TEST

/* In the same share whatever they are kept in, and to none at a = 1. */
START_TEST(forgetting_takes_correlations_back) {
    const size_t dims[2] = {2, 2};
    static const double shares[] = {0, 0.5, 1};
    for (int i = 0; i < 6; i++) {
        const double a = shares[i / 2];
        fg_err err;
        fg_posterior *p = create(1), *priors;
        fg_parameter *w = fg_posterior_add(p, "a/weight", 2, dims);
        for (size_t j = 0; j < 4; j++)
            w->eta[j] = w->lambda[j] = 1;
        ck_assert_int_eq(fg_posterior_copy(&priors, p, &err), 0);
        ck_assert_int_eq(fg_parameter_correlate(w, 2, &err), 0);
        w->correlation[1] = w->correlation[2] = 0.5f;
        if (i % 2)
            ck_assert(!fg_parameter_widen(w, &err) && !fg_parameter_spread(w, &err));
        fg_posterior_forget(p, priors, a);
        for (size_t j = 0; j < fg_parameter_correlations(w); j++)
            ck_assert_double_eq(w->correlation ? (double)w->correlation[j] : w->wide_correlation[j],
                                j % 4 == 0 || j % 4 == 3 ? 1 : 0.5 * (1 - a * a));
        fg_posterior_free(p);
        fg_posterior_free(priors);
    }
}
END_TEST

/* States have parameters in the order of their names, graphs in that of their layers. */
START_TEST(forgetting_goes_by_names) {
    const size_t many[1] = {5}, one[1] = {1};
    fg_posterior *p = create(2), *priors = create(2);
    fg_posterior_add(p, "a/bias", 1, one);
    fg_posterior_add(p, "a/weight", 1, many);
    fg_posterior_add(priors, "a/weight", 1, many);
    fg_posterior_add(priors, "a/bias", 1, one);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < p->parameters[i].size; j++) {
            fg_parameter *prior = &priors->parameters[1 - i];
            p->parameters[i].eta[j] = p->parameters[i].lambda[j] = prior->lambda[j] = 1;
            prior->eta[j] = i == 0 ? 100 : (double)j;
        }
    fg_posterior_forget(p, priors, 1);
    ck_assert_double_eq(p->parameters[0].eta[0], 100);
    for (size_t j = 0; j < many[0]; j++)
        ck_assert_double_eq(p->parameters[1].eta[j], (double)j);
    fg_posterior_free(p);
    fg_posterior_free(priors);
}
END_TEST

FG_TEST_MAIN("engine/posterior", parameters_are_found_by_name, none_and_nothing_are_valid,
             sizes_that_do_not_fit_are_refused, no_memory_leaves_nothing_behind,
             no_more_than_there_is_room_for, parameters_without_correlations_stay_so, correlations_begin_anew,
             without_memory_no_average_moves, forgetting_goes_back_to_the_priors, forgetting_goes_by_names,
             forgetting_takes_correlations_back)
