#pragma once

#include "nn/sequential.h"

namespace signflip {

/// The same network without batch norm: each that follows a convolution is folded into it, so that
/// inference gives the same outputs up to rounding.
Sequential fold_batchnorm(const Sequential& network);

}  // namespace signflip
