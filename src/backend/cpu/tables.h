// The tables that isa/*.cpp define. CMake decides which of them exist.
#pragma once

#include "backend/ops.h"

namespace signflip::cpu {

namespace generic {
extern const Ops ops;
extern const TrainingOps training_ops;
}  // namespace generic

namespace avx2 {
extern const Ops ops;
extern const TrainingOps training_ops;
}  // namespace avx2

namespace avx512 {
extern const Ops ops;
extern const TrainingOps training_ops;
}  // namespace avx512

}  // namespace signflip::cpu
