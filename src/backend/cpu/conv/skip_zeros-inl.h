// Convolutions of images that are mostly zero, as behind ReLU: a pixel's channels that are zero are
// neither read nor multiplied. For narrow vectors alone: on wide ones a few filters make too few
// sums to hide the latency of a multiply-add.
//
// Sums have the same terms in the same order as gemm-inl.h's, but for those that are zero, so that
// it does not matter to the result which way it was made.
#pragma once

#include "backend/cpu/conv/scatter-inl.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

constexpr bool kSkipsInputs = kWidth == 4;

/// Vectors of sums at a time, and the fewest; filters are filled up to so many.
constexpr std::size_t kForwardBlock = 8, kSmallBlock = 4;

inline std::size_t padded_filters(const Conv2dShape& s) {
  constexpr std::size_t few = kSmallBlock * kWidth;
  return (s.out.channels + few - 1) / few * few;
}

/// Floats of the weights as pack_filters() lays them out; none where the matrix lies so already.
inline std::size_t filters_size(const Conv2dShape& s) {
  const std::size_t filters = s.out.channels, padded = padded_filters(s);
  return kSkipsInputs && padded > filters ? s.patch() * padded : 0;
}

/// Weights (patch × filters) with their rows padded to padded_filters().
void pack_filters(const Conv2dShape& s, const float* weight, float* packed) {
  const std::size_t filters = s.out.channels, padded = padded_filters(s);
  for (std::size_t k = 0; k < s.patch(); ++k, weight += filters) {
    for (std::size_t f = 0; f < padded; ++f) *packed++ = f < filters ? weight[f] : 0.0F;
  }
}

/// Floats of scratch memory for the list of an image's values, each part with a vector to spare.
inline std::size_t forward_list_size(const Conv2dShape& s) {
  return kSkipsInputs ? 2 * (s.in.size() + kWidth) + s.in.pixels() + 1 : 0;
}

/// The values of an image that are not zero, pixel by pixel.
struct PixelList {
  AliasedInt* begins;   // in.pixels() + 1
  AliasedInt* offsets;  // of its row of weights, as if the patch began with the image's line
  float* values;
};

inline PixelList list_pixels(const Conv2dShape& s, const float* x, float* scratch) {
  PixelList list;
  list.begins = reinterpret_cast<AliasedInt*>(scratch);
  list.offsets = list.begins + s.in.pixels() + 1;
  list.values = reinterpret_cast<float*>(list.offsets) + s.in.size() + kWidth;
  const int row = static_cast<int>(padded_filters(s)), pixel_rows = s.in.channels * row;
  std::size_t alive = 0, pixel = 0;
  for (int h = 0; h < s.in.height; ++h) {
    int offset = 0;
    for (int w = 0; w < s.in.width; ++w, ++pixel, x += s.in.channels, offset += pixel_rows) {
      list.begins[pixel] = static_cast<int>(alive);
      alive += list_with_offsets(x, s.in.channels, offset, row, list.values + alive,
                                 list.offsets + alive);
    }
  }
  list.begins[pixel] = static_cast<int>(alive);
  return list;
}

/// NB vectors of filters at every output pixel, of which the first `columns` values are wanted.
/// Lines of y are y_line floats apart.
template <std::size_t NB>
SIGNFLIP_APART void gather_filters(const Conv2dShape& s, const PixelList& list,
                                   const float* weights, const float* bias, std::size_t columns,
                                   float* y, std::size_t y_line) {
  const std::ptrdiff_t pixel_rows = s.in.channels * static_cast<std::ptrdiff_t>(padded_filters(s));
  Vector biases[NB];
  load_part(bias, columns, biases);
  for (int oh = 0; oh < s.out.height; ++oh, y += y_line) {
    float* to = y;
    for (int ow = 0; ow < s.out.width; ++ow, to += s.out.channels) {
      const int corner = ow * s.stride.width - s.padding.width;
      const int begin = corner < 0 ? 0 : corner;
      const int beyond = corner + s.kernel.width, end = beyond < s.in.width ? beyond : s.in.width;
      Vector sum[NB] = {};
      for (int kh = 0; kh < s.kernel.height && begin < end; ++kh) {
        const int h = oh * s.stride.height - s.padding.height + kh;
        if (h < 0 || h >= s.in.height) continue;
        const AliasedInt* const line = list.begins + static_cast<std::size_t>(h) * s.in.width;
        add_terms<NB>({list.values + line[begin], list.offsets + line[begin],
                       static_cast<std::size_t>(line[end] - line[begin])},
                      weights + (kh * s.kernel.width - corner) * pixel_rows, sum);
      }
      store_row(sum, biases, columns, columns == NB * kWidth, to);
    }
  }
}

template <std::size_t NB>
void gather_filters(std::size_t size, const Conv2dShape& s, const PixelList& list,
                    const float* weights, const float* bias, std::size_t columns, float* y,
                    std::size_t y_line) {
  if (size == NB) {
    gather_filters<NB>(s, list, weights, bias, columns, y, y_line);
  } else if constexpr (NB > kSmallBlock) {
    gather_filters<smaller_size(NB)>(size, s, list, weights, bias, columns, y, y_line);
  }
}

/// All filters; weights as pack_filters() lays them out, bias may be null.
SIGNFLIP_APART void gather(const Conv2dShape& s, const PixelList& list, const float* weights,
                           const float* bias, float* y, std::size_t y_line) {
  const std::size_t filters = s.out.channels, vectors = padded_filters(s) / kWidth;
  for (std::size_t first = 0, size = kForwardBlock; first < vectors; first += size) {
    while (size > vectors - first) size = smaller_size(size);
    const std::size_t begin = first * kWidth, end = begin + size * kWidth;
    gather_filters<kForwardBlock>(size, s, list, weights + begin,
                                  bias == nullptr ? bias : bias + begin,
                                  (end < filters ? end : filters) - begin, y + begin, y_line);
  }
}

/// One image; scratch of forward_list_size().
[[maybe_unused]] void forward_alive(const Conv2dShape& s, const float* x, const float* weights,
                                    const float* bias, float* y, float* scratch) {
  gather(s, list_pixels(s, x, scratch), weights, bias, y,
         s.out.width * static_cast<std::size_t>(s.out.channels));
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
