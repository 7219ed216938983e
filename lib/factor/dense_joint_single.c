/* Arrays of joint weights in single precision. */
#define REAL      float
#define WIDE      false
#define PRECISION fg_joint_single
#include "factor/dense_joint_template.h"
