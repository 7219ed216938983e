/* How good predictions are, as numbers and as a picture. */
#include "base/mem.h"
#include "infer.h"
#include "report/matrix.h"
#include "report/score.h"

int infer_score_print(FILE *to, const fg_spec *spec, const fg_prediction *prediction, const fg_dataset *data,
                      fg_err *err) {
    if (data->labels) {
        fg_class_score s;
        int status = fg_score_classes(&s, prediction, data->labels, err);
        if (!status)
            fprintf(to, "{\"examples\":%zu,\"accuracy\":%.6g,\"nll\":%.6g,\"ece\":%.6g}\n", s.n, s.accuracy,
                    s.nll, s.ece);
        return status;
    }
    fg_real_score s;
    fg_score_real(&s, prediction, data->y, spec->layers[spec->n_layers - 1].sigma);
    fprintf(to, "{\"examples\":%zu,\"rmse\":%.6g,\"nll\":%.6g,\"within1\":%.6g,\"within2\":%.6g}\n", s.n,
            s.rmse, s.nll, s.within1, s.within2);
    return FG_OK;
}

int infer_confusion(const char *path, const fg_prediction *prediction, const int32_t *labels, fg_err *err) {
    size_t n = prediction->outputs;
    double *shares = fg_alloc(n * n, sizeof *shares);
    if (!shares)
        return fg_err_set(err, FG_ENOMEM, "no memory for the confusion of %zu classes", n);
    int status = fg_score_confusion(shares, prediction, labels, err);
    if (!status)
        status = fg_matrix_write_png(path, shares, n, err);
    fg_free(shares);
    return status;
}
