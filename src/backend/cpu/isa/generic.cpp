// The kernels for 128-bit vectors: any x86-64, and SIMD128 in WebAssembly.
#define SIGNFLIP_ISA generic
#define SIGNFLIP_VECTOR_WIDTH 4
#define SIGNFLIP_TILE_ROWS 4
#include "backend/cpu/kernels-inl.h"
