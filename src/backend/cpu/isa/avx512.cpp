// The kernels for 512-bit vectors with fused multiply-add.
#define SIGNFLIP_ISA avx512
#define SIGNFLIP_VECTOR_WIDTH 16
#define SIGNFLIP_TILE_ROWS 12
#include "backend/cpu/kernels-inl.h"
