// Forward convolutions of few filters with stride 1: a vector holds pixels that lie side by side,
// one filter's, where a vector of filters would be mostly padding. For wide vectors alone: narrow
// ones leave little to win, and what the planes cost.
//
// Sums have the same terms in the same order as gemm-inl.h's, so the result is the
// same.
#pragma once

#include "backend/cpu/gemm-inl.h"
#include "backend/ops.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// Filters, and vectors of pixels at most, whose sums are made at once: they and what is multiplied
/// must fit into 16 registers.
constexpr std::size_t kPlanarFilters = 6, kPlanarVectors = 2;

/// The parts of the scratch memory: the image as planes, one per channel, and the sums of one line
/// of pixels. Vectors reach beyond the ends of lines.
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

/// One image; weights packed as gemm-inl.h's, scratch of planar_scratch().
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
}  // namespace signflip::cpu::SIGNFLIP_ISA
