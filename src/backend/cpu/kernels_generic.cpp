// The kernels for 128-bit vectors: any x86-64, and SIMD128 in WebAssembly.
#define SIGNFLIP_VECTOR_WIDTH 4
#define SIGNFLIP_TILE_ROWS 4
#include "backend/cpu/kernels.h"
#include "backend/cpu/tables.h"

namespace signflip::cpu {

const Ops generic_ops = make_ops("generic");
const TrainingOps generic_training_ops = make_training_ops();

}  // namespace signflip::cpu
