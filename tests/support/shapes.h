// Shape structs with their outputs worked out, for tests of kernels. Networks get theirs from
// nn/layers.h.
#pragma once

#include "backend/shapes.h"

namespace signflip::test {

inline int windows(int side, int kernel, int stride, int padding) {
  return (side + 2 * padding - kernel) / stride + 1;
}

inline Conv2dShape conv_shape(ImageShape in, int filters, Size2 kernel, Size2 stride,
                              Size2 padding) {
  const ImageShape out = {windows(in.height, kernel.height, stride.height, padding.height),
                          windows(in.width, kernel.width, stride.width, padding.width), filters};
  return {in, out, kernel, stride, padding};
}

inline PoolShape pool_shape(ImageShape in, Size2 kernel, Size2 stride) {
  const ImageShape out = {windows(in.height, kernel.height, stride.height, 0),
                          windows(in.width, kernel.width, stride.width, 0), in.channels};
  return {in, out, kernel, stride};
}

}  // namespace signflip::test
