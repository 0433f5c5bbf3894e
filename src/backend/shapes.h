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

/// A cross-correlation that the fast kernels do not know: of groups of channels, with gaps between
/// the taps, or with more zero padding behind than before. What is behind follows from `out`.
struct GroupedConv2dShape {
  ImageShape in;
  ImageShape out;
  Size2 kernel;
  Size2 stride;
  Size2 padding;  ///< before the first row and column
  Size2 dilation;
  int groups = 1;

  std::size_t group_channels() const { return static_cast<std::size_t>(in.channels / groups); }
  std::size_t group_filters() const { return static_cast<std::size_t>(out.channels / groups); }
  /// Weights in all: kernel height × kernel width × channels of a group × filters.
  std::size_t weights() const {
    return static_cast<std::size_t>(kernel.height) * static_cast<std::size_t>(kernel.width) *
           group_channels() * static_cast<std::size_t>(out.channels);
  }
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
