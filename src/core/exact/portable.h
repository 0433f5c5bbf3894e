// What lets a rule be written once for the CPU and for devices: the qualifier of its functions, and
// a product that rounds alike on both. Everything in core/exact/ is compiled by both compilers.
#pragma once

#if defined(__CUDACC__)
#define SIGNFLIP_HOST_DEVICE __host__ __device__
#else
#define SIGNFLIP_HOST_DEVICE
#endif

namespace signflip {

/// a·b, rounded before it is used: nvcc would fuse it with the addition that follows.
SIGNFLIP_HOST_DEVICE inline float rounded_product(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

}  // namespace signflip
