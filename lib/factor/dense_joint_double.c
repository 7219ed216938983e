/* Arrays of joint weights in double precision. */
#define REAL      double
#define WIDE      true
#define PRECISION fg_joint_double
#include "factor/dense_joint_template.h"
