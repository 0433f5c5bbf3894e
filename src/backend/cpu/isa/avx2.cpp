// The kernels for 256-bit vectors with fused multiply-add.
#define SIGNFLIP_ISA avx2
#define SIGNFLIP_VECTOR_WIDTH 8
#define SIGNFLIP_TILE_ROWS 6
#include "backend/cpu/kernels-inl.h"
