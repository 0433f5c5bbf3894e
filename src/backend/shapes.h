// Shape structs that kernels take instead of runs of integers.
//
// Weights are matrices "inputs × outputs", row-major: a convolution's has one row for each
// (kernel row, kernel column, channel) and one column per filter; a dense layer's has one row per
// unit of its input. model_file.h translates to and from PyTorch's O×I×kH×kW and out×in.
#pragma once

#include <cstddef>

#include "core/tensor.h"

namespace signflip {

/// Height and width of something: a kernel, a stride, a padding.
struct Size2 {
  int height = 1;
  int width = 1;
  bool operator==(const Size2&) const = default;
};

/// A two-dimensional cross-correlation with zero padding.
struct Conv2dShape {
  ImageShape in;
  ImageShape out;  ///< out.channels is the number of filters
  Size2 kernel;
  Size2 stride;
  Size2 padding;

  /// Rows of the weight matrix: kernel height × kernel width × channels.
  std::size_t patch() const {
    return static_cast<std::size_t>(kernel.height) * static_cast<std::size_t>(kernel.width) *
           static_cast<std::size_t>(in.channels);
  }
  int padded_height() const { return in.height + 2 * padding.height; }
  int padded_width() const { return in.width + 2 * padding.width; }
};

/// y = x·W + b.
struct DenseShape {
  int inputs = 0;
  int outputs = 0;
};

/// Rows [begin, end) of a matrix: one thread's part of a job that several threads share.
struct RowRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

/// Max pooling without padding; windows that do not fit are dropped.
struct PoolShape {
  ImageShape in;
  ImageShape out;
  Size2 kernel;
  Size2 stride;
};

}  // namespace signflip
