// What the algorithms of a convolution cost, in vector operations (a multiply-add of kWidth floats
// is 1): the models by which choose-inl.h decides.
//
// Every factor stands in kCost. They were fitted with tools/bench on the nets S, M and G
// (tests/bench/cases.h) so that the faster algorithm is chosen for each of their layers, wide
// vectors natively with AVX-512, narrow ones as WebAssembly in Chromium. The case that shows
// each factor is named beside it; change one only with that case before and after.
#pragma once

#include "backend/cpu/conv/cells-inl.h"
#include "backend/cpu/conv/planar-inl.h"
#include "backend/cpu/conv/winograd-inl.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// Percentages are relative to the multiply-add of a dense product.
struct CostFactors {
  // conv-forward/M layer 3 (5×5, 32 → 64): per tile, to transform a vector of channels and one of
  // filters; and Winograd must be below so many percent of the panels.
  std::size_t tile_input = 300, tile_output = 200, winograd_below = 75;
  // conv-forward/G layer 0 (5×5, 3 → 6): planes must be below so many percent of the panels.
  std::size_t planar_below = 90;
  // conv-forward/G layer 3 and M layer 3 under SIGNFLIP_KERNELS=generic, and fgsm/ in Chromium: a
  // multiply-add that reads its weights for one use, a listed value per pixel of the kernel, a
  // value of the image, a line of a patch; and skipping inputs must be below so many percent.
  std::size_t skip_product = 125, skip_listed = 2, skip_value = 3, skip_line = 8, skip_below = 90;
  // conv-input-gradient/ and training-step/ of S, M and G, where ReLU or a pool blocks dy: a
  // multiply-add that waits for memory, a value that is not zero, a vector that is stored.
  std::size_t scatter_product = 150, scatter_value = 4, scatter_store = 4;
  // The same of the dense product: what one run of a patch costs to add to the image.
  std::size_t patch_run = 16;
};
constexpr CostFactors kCost;

/// A forward product that skips nothing.
inline std::size_t panels_cost(const Conv2dShape& s) {
  return s.out.pixels() * s.patch() * (packed_columns(s.out.channels) / kWidth);
}

SIGNFLIP_APART std::size_t winograd_cost(const Conv2dShape& s) {
  const Tiling t = tiling(s);
  const std::size_t channels = s.in.channels, vectors = packed_columns(s.out.channels) / kWidth;
  return t.across * t.down *
         (kTileArea * channels * vectors + kCost.tile_input * channels / kWidth +
          kCost.tile_output * vectors);
}

/// The products, and one operation per value of the image and of the sums, which are moved.
inline std::size_t planar_cost(const Conv2dShape& s) {
  const PlanarScratch parts = planar_scratch(s);
  return s.out.height * (parts.line / kWidth) * s.patch() * parts.filters + s.in.size() +
         s.out.size();
}

/// Whether the shape allows Winograd's transforms and they are faster; with few channels or filters
/// they never are.
SIGNFLIP_APART bool suits_winograd(const Conv2dShape& s) {
  constexpr int kKernel = kTransformedKernel;
  const bool fits = s.kernel.height == kKernel && s.kernel.width == kKernel &&
                    s.stride.height == 1 && s.stride.width == 1 && s.in.channels >= 8 &&
                    s.out.channels >= 8;
  return fits && 100 * winograd_cost(s) < kCost.winograd_below * panels_cost(s);
}

/// Whether the shape allows planes and they are faster. Weights are read from one panel, in whole
/// groups.
inline bool suits_planar(const Conv2dShape& s) {
  const std::size_t filters = s.out.channels;
  return kWidth > 4 && s.stride.height == 1 && s.stride.width == 1 && filters <= kPanel &&
         planar_scratch(s).filters <= panel_width(filters) &&
         100 * planar_cost(s) < kCost.planar_below * panels_cost(s);
}

/// Whether skipping zeros of an image is faster than an algorithm of cost `other`.
inline bool worth_skipping_inputs(const Conv2dShape& s, std::size_t alive, std::size_t other) {
  const std::size_t vectors = padded_filters(s) / kWidth;
  const std::size_t area = s.kernel.height * s.kernel.width,
                    step = s.stride.height * s.stride.width;
  const std::size_t sparse =
      alive * area / step * (vectors * kCost.skip_product / 100 + kCost.skip_listed) +
      kCost.skip_value * s.in.size() + kCost.skip_line * s.out.pixels() * s.kernel.height;
  // The list's offsets are ints.
  return 100 * sparse < kCost.skip_below * other &&
         s.in.width * static_cast<std::size_t>(s.in.channels) <
             (std::size_t{1} << 30) / padded_filters(s);
}

/// Whether skipping zeros of dy is faster than the dense product, in the input gradient.
inline bool worth_skipping(const Conv2dShape& s, std::size_t alive) {
  const Runs runs = patch_runs(s);
  const std::size_t pixels = s.out.pixels(), vectors = runs.count * runs.vectors();
  const std::size_t dense =
      s.out.size() * (packed_columns(s.patch()) / kWidth) + pixels * runs.count * kCost.patch_run;
  const std::size_t sparse = alive * (vectors * kCost.scatter_product / 100 + kCost.scatter_value) +
                             pixels * vectors * kCost.scatter_store;
  return sparse < dense;
}

/// The same in the weight gradient.
inline bool worth_gathering(const Conv2dShape& s, std::size_t alive) {
  const Runs runs = patch_runs(s);
  const std::size_t filters = s.out.channels, vectors = runs.count * runs.vectors();
  const std::size_t sparse = alive * (vectors * kCost.scatter_product / 100 + kCost.scatter_value) +
                             filters * vectors * kCost.scatter_store;
  return sparse < panels_cost(s);
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
