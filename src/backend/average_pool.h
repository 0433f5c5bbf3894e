// Means over windows of an image: average pooling with windows of one size, and adaptive average
// pooling, whose windows cover the input whatever its size.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backend/shapes.h"

namespace signflip {

struct AveragePoolShape {
  ImageShape in, out;
  Size2 kernel{0, 0};  ///< 0×0: adaptive, and the stride has no meaning
  Size2 stride{1, 1};
  Size2 padding{0, 0};
  bool count_padding = true;  ///< the zeros of the padding count in the mean
};

namespace plain {

/// The part of one axis that output `i` is the mean of, and by what its sum is divided.
struct AxisWindow {
  int begin, end, divisor;

  AxisWindow(int i, int in, int out, int kernel, int stride, int padding, bool count_padding) {
    if (kernel == 0) {  // PyTorch's windows, which overlap where `out` does not divide `in`
      begin = i * in / out;
      end = ((i + 1) * in + out - 1) / out;
    } else {
      begin = std::max(i * stride - padding, 0);
      end = std::min(i * stride - padding + kernel, in);
    }
    divisor = kernel > 0 && count_padding ? kernel : end - begin;
  }
};

/// y, the means of x's windows; or backwards dx of dy: each output's share goes to what it is the
/// mean of.
template <class T>
void average_pool(const AveragePoolShape& s, std::size_t count, const T* from, T* to,
                  bool backwards) {
  std::fill_n(to, count * (backwards ? s.in : s.out).size(), T(0));
  const int channels = s.in.channels;
  for (std::size_t n = 0; n < count; ++n) {
    const T* const images = from + n * (backwards ? s.out : s.in).size();
    T* const means = to + n * (backwards ? s.in : s.out).size();
    for (int oh = 0; oh < s.out.height; ++oh) {
      const AxisWindow rows(oh, s.in.height, s.out.height, s.kernel.height, s.stride.height,
                            s.padding.height, s.count_padding);
      for (int ow = 0; ow < s.out.width; ++ow) {
        const AxisWindow columns(ow, s.in.width, s.out.width, s.kernel.width, s.stride.width,
                                 s.padding.width, s.count_padding);
        const T share = T(1) / static_cast<T>(rows.divisor * columns.divisor);
        const int mean = (oh * s.out.width + ow) * channels;
        for (int h = rows.begin; h < rows.end; ++h) {
          for (int w = columns.begin; w < columns.end; ++w) {
            const int pixel = (h * s.in.width + w) * channels;
            const int source = backwards ? mean : pixel, target = backwards ? pixel : mean;
            for (int c = 0; c < channels; ++c) means[target + c] += share * images[source + c];
          }
        }
      }
    }
  }
}

}  // namespace plain
}  // namespace signflip
