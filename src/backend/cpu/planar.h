// Forward convolutions of few filters with stride 1: a vector holds pixels that lie side by side,
// one filter's, where a vector of filters would be mostly padding. For wide vectors alone: narrow
// ones leave little to win, and what the planes cost. Included once by each kernels_<instruction
// set>.cpp, see gemm.h for the rules.
//
// Sums have the same terms in the same order as gemm.h's, so that it does not matter to the result
// which way it was made.
#pragma once

#include "backend/cpu/gemm.h"
#include "backend/ops.h"

namespace {

using signflip::Conv2dShape;

/// Filters, and vectors of pixels at most, whose sums are made at once: they and what is multiplied
/// must fit into 16 registers.
constexpr std::size_t kPlanarFilters = 6, kPlanarVectors = 2;

/// The parts of the scratch memory: the image as planes, one a channel, and the sums of one line of
/// pixels. Vectors reach beyond the ends of lines.
struct PlanarScratch {
  std::size_t plane;     // of one channel, with its border
  std::size_t line;      // of one filter's sums, whole vectors
  std::size_t filters;   // whole groups
  std::size_t products;  // where the lines of sums begin
  std::size_t size;
};

inline PlanarScratch planar_scratch(const Conv2dShape& s) {
  const auto whole = [](std::size_t size, std::size_t unit) {
    return (size + unit - 1) / unit * unit;
  };
  PlanarScratch parts;
  parts.plane = s.padded_height() * static_cast<std::size_t>(s.padded_width());
  parts.line = whole(s.out.width, kWidth);
  parts.filters = whole(s.out.channels, kPlanarFilters);
  parts.products = s.in.channels * parts.plane + kWidth;
  parts.size = parts.products + parts.filters * parts.line;
  return parts;
}

/// Operations on vectors: the products, and a value more to move for each of the image and the
/// sums.
inline std::size_t planar_cost(const Conv2dShape& s) {
  const PlanarScratch parts = planar_scratch(s);
  return s.out.height * (parts.line / kWidth) * s.patch() * parts.filters + s.in.size() +
         s.out.size();
}

/// Whether the shape allows it and it is worth it: weights are read from one panel, in whole
/// groups.
inline bool suits_planar(const Conv2dShape& s) {
  const std::size_t filters = s.out.channels;
  return kWidth > 4 && s.stride.height == 1 && s.stride.width == 1 && filters <= kPanel &&
         planar_scratch(s).filters <= panel_width(filters) &&
         10 * planar_cost(s) < 9 * s.out.pixels() * s.patch() * (packed_columns(filters) / kWidth);
}

/// One image as planes with a border of zeros.
inline void copy_planes(const Conv2dShape& s, const float* x, std::size_t size, float* planes) {
  const std::size_t channels = s.in.channels, plane = planar_scratch(s).plane;
  for (std::size_t i = 0; i < size; ++i) planes[i] = 0.0F;
  for (int h = 0; h < s.in.height; ++h) {
    float* const line = planes + (h + s.padding.height) * s.padded_width() + s.padding.width;
    for (int w = 0; w < s.in.width; ++w) {
      for (std::size_t c = 0; c < channels; ++c) line[c * plane + w] = *x++;
    }
  }
}

/// NP vectors of pixels of each filter of a group. `corner` is where the first pixel's patch
/// begins; weights are the group's columns of a panel of that width.
template <std::size_t NP>
SIGNFLIP_APART void planar_block(const Conv2dShape& s, const float* corner, std::size_t plane,
                                 const float* weights, std::size_t width, float* sums,
                                 std::size_t sums_stride) {
  Vector sum[kPlanarFilters][NP] = {};
  for (int kh = 0; kh < s.kernel.height; ++kh, corner += s.padded_width()) {
    for (int kw = 0; kw < s.kernel.width; ++kw) {
      const float* pixels = corner + kw;
      for (int c = 0; c < s.in.channels; ++c, pixels += plane, weights += width) {
#pragma GCC unroll 8
        for (std::size_t v = 0; v < NP; ++v) {
          const Vector values = load(pixels + v * kWidth);
#pragma GCC unroll 8
          for (std::size_t f = 0; f < kPlanarFilters; ++f) sum[f][v] += weights[f] * values;
        }
      }
    }
  }
  for (std::size_t f = 0; f < kPlanarFilters; ++f) {
    for (std::size_t v = 0; v < NP; ++v) store(sums + f * sums_stride + v * kWidth, sum[f][v]);
  }
}

template <std::size_t NP>
void planar_block(std::size_t vectors, const Conv2dShape& s, const float* corner, std::size_t plane,
                  const float* weights, std::size_t width, float* sums, std::size_t sums_stride) {
  if (vectors == NP) {
    planar_block<NP>(s, corner, plane, weights, width, sums, sums_stride);
  } else if constexpr (NP > 1) {
    planar_block<NP - 1>(vectors, s, corner, plane, weights, width, sums, sums_stride);
  }
}

/// One image; weights packed as gemm.h's, scratch of planar_scratch().
void forward_planar(const Conv2dShape& s, const float* x, const float* packed, const float* bias,
                    float* y, float* scratch) {
  const PlanarScratch parts = planar_scratch(s);
  const std::size_t filters = s.out.channels, width = panel_width(filters);
  const std::size_t vectors = parts.line / kWidth;
  float* const sums = scratch + parts.products;
  copy_planes(s, x, parts.products, scratch);
  for (int oh = 0; oh < s.out.height; ++oh) {
    for (std::size_t f = 0; f < parts.filters; f += kPlanarFilters) {
      for (std::size_t first = 0, size = 0; first < vectors; first += size) {
        const std::size_t left = vectors - first;
        size = left < kPlanarVectors ? left : kPlanarVectors;
        planar_block<kPlanarVectors>(size, s, scratch + oh * s.padded_width() + first * kWidth,
                                     parts.plane, packed + f, width,
                                     sums + f * parts.line + first * kWidth, parts.line);
      }
    }
    for (int ow = 0; ow < s.out.width; ++ow) {
      for (std::size_t f = 0; f < filters; ++f) *y++ = sums[f * parts.line + ow] + bias[f];
    }
  }
}

}  // namespace
