#include "model/preset.h"

#include <string.h>

#include "model/range.h"

#define HEAD(name) "{\"format\":\"fg-spec\",\"version\":1,\"name\":\"" name "\","

/* The paper's classifiers of pictures by one convolution. Linearisation points that lag let batches converge
 * with less damping and without dropout. */
#define PAPER_CLASSIFIER(name, shape, scale, inference)                                                      \
    HEAD(name)                                                                                               \
    "\"input\":{\"shape\":" shape ",\"scale\":\"" scale "\"},\"layers\":["                                   \
    "{\"kind\":\"conv\",\"filters\":16,\"kernel\":5,\"activation\":\"leaky_relu\",\"sigma\":0.01,"           \
    "\"weight_prior\":0.1,\"bias_prior\":0.1,\"activation_prior\":3,\"weight_init\":0.2,"                    \
    "\"activation_init\":0.2},"                                                                              \
    "{\"kind\":\"max_pool\",\"size\":2,\"sigma\":0.01,\"activation_prior\":3,\"activation_init\":0.2,"       \
    "\"dropout\":0},"                                                                                        \
    "{\"kind\":\"dense\",\"units\":10,\"sigma\":0.01,\"weight_prior\":0.15,\"bias_prior\":0.1,"              \
    "\"activation_prior\":2,\"weight_init\":0.2,\"activation_init\":0.2},"                                   \
    "{\"kind\":\"softmax\",\"sigma\":0.01,\"dropout\":0}],"                                                  \
    "\"inference\":{" inference                                                                              \
    ",\"damping\":0.7,\"fit\":0.005,\"relinearise_lag\":0.7,\"init\":\"forward\","                           \
    "\"predict\":{\"iterations\":300,\"fit\":0}}}"

/* Joint weights over filters drawn from the data. */
#define JOINT_CLASSIFIER(name, shape, scale, features, softmax)                                              \
    HEAD(name)                                                                                               \
    "\"input\":{\"shape\":" shape ",\"scale\":\"" scale "\"},\"layers\":[{\"kind\":\"features\"," features   \
    "},"                                                                                                     \
    "{\"kind\":\"dense\",\"units\":10,\"covariance\":\"full\",\"sigma\":0.01,\"weight_prior\":0.3,"          \
    "\"bias_prior\":0.3,\"activation_prior\":100},"                                                          \
    "{\"kind\":\"softmax\",\"likelihood\":\"categorical\",\"sigma\":" softmax "}],"                          \
    "\"inference\":{\"iterations\":60,\"damping\":0.3,\"tol\":0.02,\"init\":\"forward\"}}"
#define PATCHES(filters)                                                                                     \
    "\"filters\":" filters ",\"kernel\":9,\"draw\":\"patches\",\"activation\":\"leaky_relu\",\"size\":5"

/* Settings of those without "best" or "fast" are those of the paper, "Learning in Deep Factor Graphs with
 * Gaussian Belief Propagation". */
static const fg_preset presets[] = {
    {"xor", "exclusive or of two inputs: dense 8 leaky_relu, dense 2, softmax",
     HEAD("xor") "\"input\":{\"shape\":[2]},\"layers\":["
                 "{\"kind\":\"dense\",\"units\":8,\"activation\":\"leaky_relu\",\"sigma\":0.1,\"weight_"
                 "prior\":3,"
                 "\"bias_prior\":1,\"activation_prior\":5,\"weight_init\":0.1,\"activation_init\":0.1},"
                 "{\"kind\":\"dense\",\"units\":2,\"sigma\":0.1,\"weight_prior\":3,\"bias_prior\":1,"
                 "\"activation_prior\":2,\"weight_init\":0.1,\"activation_init\":0.1},"
                 "{\"kind\":\"softmax\",\"sigma\":0.1}],"
                 "\"inference\":{\"iterations\":600,\"damping\":0.7,\"predict\":{\"iterations\":300}}}"},
    {"regression", "a curve through noisy points: dense 16 sigmoid, dense 1, regression",
     HEAD(
         "regression") "\"input\":{\"shape\":[1]},\"layers\":["
                       "{\"kind\":\"observation\",\"sigma\":0.02},"
                       "{\"kind\":\"dense\",\"units\":16,\"activation\":\"sigmoid\",\"sigma\":0.005,"
                       "\"weight_prior\":6,\"bias_prior\":3,\"activation_prior\":10,\"weight_init\":0.1,"
                       "\"activation_init\":0.1},"
                       "{\"kind\":\"dense\",\"units\":1,\"sigma\":0.01,\"weight_prior\":1.5,\"bias_prior\":3,"
                       "\"activation_prior\":3,\"weight_init\":0.1,\"activation_init\":0.1},"
                       "{\"kind\":\"regression\",\"sigma\":0.05}],"
                       "\"inference\":{\"iterations\":4000,\"damping\":0.7,\"dropout\":0.5,"
                       "\"predict\":{\"iterations\":1000}}}"},
    {"denoise-pairwise", "images of any size: observed pixels, robust smoothness between neighbours",
     HEAD(
         "denoise-pairwise") "\"input\":{\"shape\":[null,null,null]},\"layers\":["
                             "{\"kind\":\"observation\",\"sigma\":0.2,\"robust\":\"tukey\",\"threshold\":0."
                             "14},"
                             "{\"kind\":\"pairwise\",\"sigma\":1.3,\"robust\":\"tukey\",\"threshold\":0.35}],"
                             "\"inference\":{\"iterations\":200,\"damping\":0.7,\"settle\":0.0005}}"},
    {"denoise-gaussian",
     "images with Gaussian noise (its deviation: layers.0.sigma): smooth pixels, two filters",
     HEAD("denoise-gaussian") "\"input\":{\"shape\":[null,null,null]},\"layers\":["
                              "{\"kind\":\"observation\",\"sigma\":0.1},"
                              "{\"kind\":\"pairwise\",\"sigma\":0.1,\"robust\":\"tukey\",\"threshold\":0.3},"
                              "{\"kind\":\"tconv\",\"filters\":2,\"kernel\":3,\"sigma\":0.02,\"robust\":"
                              "\"tukey\","
                              "\"threshold\":2.5,\"weight_prior\":0.05,\"bias_prior\":0.3,\"activation_"
                              "prior\":2,"
                              "\"activation_init\":0.3},{\"kind\":\"pairwise\",\"sigma\":0.1}],"
                              "\"inference\":{\"iterations\":150,\"damping\":0.85,\"dropout\":0.45,"
                              "\"settle\":0.0005}}"},
    {"denoise-1",
     "images: observed pixels, one transposed convolution of 4 filters (the paper's one-layer model)",
     HEAD("denoise-1") "\"input\":{\"shape\":[null,null,null]},\"layers\":[{\"kind\":\"observation\","
                       "\"sigma\":0.2,\"robust\":\"tukey\",\"threshold\":0.2,\"robust_after\":30},"
                       "{\"kind\":\"tconv\",\"filters\":4,\"kernel\":3,\"sigma\":0.1,\"robust\":\"tukey\","
                       "\"threshold\":1.4,\"weight_prior\":0.018,\"bias_prior\":0.3,\"activation_prior\":0.5}"
                       "],"
                       "\"inference\":{\"iterations\":120,\"damping\":0.6,\"dropout\":0.6,\"forget\":0.75}}"},
    {"denoise-5",
     "images: observed pixels, three transposed convolutions, two upsamplings (the paper's five layers)",
     HEAD(
         "denoise-5") "\"input\":{\"shape\":[null,null,null]},\"layers\":[{\"kind\":\"observation\","
                      "\"sigma\":0.2,\"robust\":\"tukey\",\"threshold\":0.2,\"robust_after\":40},"
                      "{\"kind\":\"tconv\",\"filters\":4,\"kernel\":3,\"sigma\":0.12,\"robust\":\"tukey\","
                      "\"threshold\":2.5,\"weight_prior\":0.15,\"bias_prior\":0.3,\"activation_prior\":0.5,"
                      "\"learn_after\":20,\"orthogonal\":true},"
                      "{\"kind\":\"upsample\",\"sigma\":0.03,\"activation_prior\":1,\"dropout\":0},"
                      "{\"kind\":\"tconv\",\"filters\":8,\"kernel\":3,\"activation\":\"leaky_relu\","
                      "\"sigma\":0.07,\"weight_prior\":0.3,\"bias_prior\":0.3,\"activation_prior\":0.5,"
                      "\"learn_after\":20},"
                      "{\"kind\":\"upsample\",\"sigma\":0.03,\"activation_prior\":1,\"dropout\":0},"
                      "{\"kind\":\"tconv\",\"filters\":8,\"kernel\":3,\"activation\":\"leaky_relu\","
                      "\"sigma\":0.07,\"weight_prior\":0.3,\"bias_prior\":0.3,\"activation_prior\":0.5,"
                      "\"learn_after\":20}],"
                      "\"inference\":{\"iterations\":110,\"damping\":0.65,\"dropout\":0.6,\"forget\":0.05}}"},
    {"denoise-best", "images: good or bad pixels told apart, three transposed convolutions, two upsamplings",
     HEAD("denoise-best") "\"input\":{\"shape\":[null,null,null]},\"layers\":[{\"kind\":\"mixture\","
                          "\"sigma\":0.02,\"robust_after\":10},"
                          "{\"kind\":\"tconv\",\"filters\":8,\"kernel\":3,\"sigma\":0.065,\"robust\":"
                          "\"tukey\",\"threshold\":2.5,\"weight_prior\":0.15,"
                          "\"bias_prior\":0.3,\"activation_prior\":0.5,\"learn_after\":15,\"orthogonal\":"
                          "true},{\"kind\":"
                          "\"upsample\",\"sigma\":0."
                          "03,\"activation_prior\":1,\"dropout\":0},"
                          "{\"kind\":\"tconv\",\"filters\":8,\"kernel\":3,\"activation\":\"leaky_relu\","
                          "\"sigma\":0.07,\"weight_prior\":0.05,"
                          "\"bias_prior\":0.3,\"activation_prior\":0.5,\"learn_after\":15,\"orthogonal\":"
                          "true},{\"kind\":"
                          "\"upsample\",\"sigma\":0."
                          "03,\"activation_prior\":1,\"dropout\":0},"
                          "{\"kind\":\"tconv\",\"filters\":8,\"kernel\":3,\"activation\":\"leaky_relu\","
                          "\"sigma\":0.07,\"weight_prior\":0.05,"
                          "\"bias_prior\":0.3,\"activation_prior\":0.5,\"learn_after\":15,\"orthogonal\":"
                          "true}],"
                          "\"inference\":{\"iterations\":120,\"damping\":0.75,\"dropout\":0.5,\"settle\":0."
                          "0025,\"forget\":0.1}"
                          "}"},
    {"mnist", "28x28 grey digits: conv 16 5x5 leaky_relu, max_pool 2, dense 10, softmax",
     PAPER_CLASSIFIER("mnist", "[28,28,1]", "none", "\"iterations\":200,\"average\":50")},
    {"fashion-mnist", "28x28 grey pictures, standardised: as mnist",
     PAPER_CLASSIFIER("fashion-mnist", "[28,28,1]", "standardise",
                      "\"iterations\":40,\"average\":100,\"storage\":\"edge\"")},
    {"cifar10", "32x32 colour pictures, standardised: as mnist",
     PAPER_CLASSIFIER("cifar10", "[32,32,3]", "standardise", "\"iterations\":40,\"average\":20")},
    {"mnist-best",
     "28x28 grey digits: 100 filters of 9x9 from the data, largest of 5x5, joint dense 10, softmax",
     JOINT_CLASSIFIER("mnist-best", "[28,28,1]", "none", PATCHES("100"), "0.4")},
    {"mnist-fast", "28x28 grey digits: as mnist-best with 36 filters",
     JOINT_CLASSIFIER("mnist-fast", "[28,28,1]", "none", PATCHES("36"), "0.4")},
    {"fashion-mnist-best", "28x28 grey pictures, standardised: as mnist-best",
     JOINT_CLASSIFIER("fashion-mnist-best", "[28,28,1]", "standardise", PATCHES("100"), "1")},
    {"cifar10-best",
     "32x32 colour pictures, standardised: 400 whitened filters of 6x6, means of 13x13, as mnist-best",
     JOINT_CLASSIFIER("cifar10-best", "[32,32,3]", "standardise",
                      "\"filters\":400,\"kernel\":6,\"draw\":\"whitened\",\"activation\":\"relu\","
                      "\"threshold\":0.5,\"size\":13,\"pooling\":\"mean\"",
                      "1")},
};

enum { N_PRESETS = sizeof presets / sizeof *presets };

const fg_preset *fg_presets(size_t *n) {
    *n = N_PRESETS;
    return presets;
}

int fg_preset_find(const fg_preset **out, const char *name, fg_err *err) {
    const char *names[N_PRESETS];
    for (size_t i = 0; i < N_PRESETS; i++) {
        names[i] = presets[i].name;
        if (strcmp(name, names[i]) == 0) {
            *out = &presets[i];
            return 0;
        }
    }
    const char *near = fg_suggest(name, names, N_PRESETS);
    *out = NULL;
    return fg_err_set(err, FG_EINVAL, "\"%s\" is no preset%s%s%s", name, near ? ", did you mean \"" : "",
                      near ? near : "", near ? "\"?" : "");
}
