// The kernels for 128-bit vectors: any x86-64, and SIMD128 in WebAssembly.
#define SIGNFLIP_ISA generic
#define SIGNFLIP_VECTOR_WIDTH 4
#define SIGNFLIP_TILE_ROWS 4
#include "backend/cpu/kernels-inl.h"
#include "backend/cpu/tables.h"

namespace signflip::cpu {

const Ops generic_ops = generic::make_ops("generic");
const TrainingOps generic_training_ops = generic::make_training_ops();

}  // namespace signflip::cpu
