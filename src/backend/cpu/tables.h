// The tables that isa/*.cpp define. CMake decides which of them exist.
#pragma once

#include "backend/ops.h"

namespace signflip::cpu {

extern const Ops generic_ops, avx2_ops, avx512_ops;
extern const TrainingOps generic_training_ops, avx2_training_ops, avx512_training_ops;

}  // namespace signflip::cpu
