// The kernels for 256-bit vectors with fused multiply-add.
#define SIGNFLIP_ISA avx2
#define SIGNFLIP_VECTOR_WIDTH 8
#define SIGNFLIP_TILE_ROWS 6
#include "backend/cpu/kernels-inl.h"
#include "backend/cpu/tables.h"

namespace signflip::cpu {

const Ops avx2_ops = avx2::make_ops("avx2");
const TrainingOps avx2_training_ops = avx2::make_training_ops();

}  // namespace signflip::cpu
