/* libfg: learning and inference in Gaussian factor graphs by Gaussian belief propagation. */
#ifndef FG_H
#define FG_H

#include "base/cpu.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/dataset.h"
#include "engine/graph.h"
#include "engine/posterior.h"
#include "engine/diagnose.h"
#include "engine/filter.h"
#include "engine/predict.h"
#include "engine/state.h"
#include "engine/train.h"
#include "model/preset.h"
#include "model/spec.h"

#endif
