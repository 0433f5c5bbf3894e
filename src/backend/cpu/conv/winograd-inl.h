// Forward convolutions with 5×5 kernels and stride 1 by fewer multiplications (Winograd 1980; Lavin
// and Gray 2016, "Fast algorithms for convolutional neural networks"): tiles of 6×6 pixels are
// transformed, multiplied by transformed weights channel by channel, and transformed back to 2×2
// outputs: 36 products instead of 100. Not for input gradients, whose smallest values would drown
// in the rounding of their neighbours, and FGSM takes their signs.
//
// The points are 0, 1, −1, ½, −2, ∞, which round about as little as plain sums do on usual images
// (tests/backend/kernels_test.cpp holds both to 1e-5); ±2 or ±½ would round three times as much.
// What they can do at worst is winograd_rounding().
#pragma once

#include "backend/cpu/gemm-inl.h"
#include "backend/ops.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

constexpr std::size_t kTransformedKernel = 5, kTile = 6, kTileArea = kTile * kTile;
/// Of a tile's outputs.
constexpr std::size_t kSide = kTile + 1 - kTransformedKernel;
/// At least so many tiles go through the products together, if an image has them.
constexpr std::size_t kTilesAtOnce = 12;

/// How an image is cut: `across` × `down` tiles, `lines` of them at a time.
struct Tiling {
  std::size_t across, down, lines;

  std::size_t at_once() const { return lines * across; }
  std::size_t padded_width() const { return across * kSide + kTransformedKernel - 1; }
  std::size_t padded_height() const { return down * kSide + kTransformedKernel - 1; }
};

SIGNFLIP_APART Tiling tiling(const Conv2dShape& s) {
  Tiling t;
  t.across = (s.out.width + kSide - 1) / kSide;
  t.down = (s.out.height + kSide - 1) / kSide;
  t.lines = (kTilesAtOnce + t.across - 1) / t.across;
  if (t.lines > t.down) t.lines = t.down;
  return t;
}

/// Memory of the padded image, of the transformed tiles and of their products. Planes (one for each
/// of a tile's 36 values) have a vector to spare, for vectors reach beyond a pixel's channels.
struct WinogradScratch {
  std::size_t padded, input_plane, output_plane;

  std::size_t size() const { return padded + kTileArea * (input_plane + output_plane); }
};

inline WinogradScratch winograd_scratch(const Conv2dShape& s) {
  const Tiling t = tiling(s);
  const std::size_t channels = s.in.channels, filters = s.out.channels;
  return {t.padded_height() * t.padded_width() * channels + kWidth, t.at_once() * channels + kWidth,
          t.at_once() * filters + kWidth};
}

inline std::size_t winograd_packed_size(const Conv2dShape& s) {
  return kTileArea * packed_size(s.in.channels, s.out.channels);
}

/// G·g·Gᵀ for every channel and filter of a matrix patch × filters: 36 matrices channels × filters,
/// each packed.
void pack_winograd(const Conv2dShape& s, const float* matrix, float* packed) {
  constexpr double kFactor[kTile] = {1, 1.0 / 3, -1.0 / 3, -16.0 / 15, 1.0 / 15, 0};
  constexpr double kPoint[kTile] = {0, 1, -1, 0.5, -2, 0};
  constexpr std::size_t side = kTransformedKernel;
  const std::size_t channels = s.in.channels, filters = s.out.channels;
  double g[kTile][kTile] = {};
  for (std::size_t i = 0; i < kTile; ++i) {
    double power = kFactor[i];
    for (std::size_t k = 0; k < side; ++k, power *= kPoint[i]) g[i][k] = power;
  }
  g[kTile - 1][side - 1] = 1;
  for (std::size_t ij = 0; ij < kTileArea; ++ij) {
    const double* const down = g[ij / kTile];
    const double* const across = g[ij % kTile];
    for (std::size_t first = 0; first < filters; first += kPanel) {
      const std::size_t width = panel_width(filters - first);
      for (std::size_t c = 0; c < channels; ++c) {
        // Filters innermost, so that they go in vectors: training packs after every step.
        double sum[kPanel] = {};
        const std::size_t inside = filters - first < width ? filters - first : width;
        for (std::size_t k = 0; k < side * side; ++k) {
          const double factor = down[k / side] * across[k % side];
          const float* const weights = matrix + (k * channels + c) * filters + first;
          for (std::size_t f = 0; f < inside; ++f)
            sum[f] += factor * static_cast<double>(weights[f]);
        }
        for (std::size_t f = 0; f < width; ++f) *packed++ = static_cast<float>(sum[f]);
      }
    }
  }
}

/// Bᵀ·d for one line of a tile, whose values lie `step` apart.
inline void transform_input(const Vector* d, std::size_t step, Vector* t, std::size_t t_step) {
  const Vector d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
  const Vector e = d3 - d1, h = d4 - d2;
  t[0] = (d[0] - d2) + (h + 1.5F * e);
  t[t_step] = (d4 - d1) + (2.5F * d3 + 0.5F * d2);
  t[2 * t_step] = (d4 + d1) + (0.5F * d3 - 2.5F * d2);
  t[3 * t_step] = h + 2.0F * e;
  t[4 * t_step] = h - 0.5F * e;
  t[5 * t_step] = (d[5 * step] - d3) + (1.5F * h - e);
}

/// Aᵀ·m for one line: two values.
inline void transform_output(const Vector* m, std::size_t step, Vector* o, std::size_t o_step) {
  const Vector m3 = m[3 * step], m4 = m[4 * step];
  o[0] = (m[0] + (m[step] + m[2 * step])) + (m3 + m4);
  o[o_step] = (m[step] - m[2 * step]) + (0.5F * m3 - 2.0F * m4) + m[5 * step];
}

/// One tile of the padded image, `line` floats wide, to its place in the 36 planes.
void transform_tile(const float* corner, std::size_t line, std::size_t channels, float* to,
                    std::size_t plane) {
  for (std::size_t c = 0; c < channels; c += kWidth) {
    Vector d[kTileArea], t[kTileArea];
    for (std::size_t i = 0; i < kTile; ++i) {
      for (std::size_t j = 0; j < kTile; ++j)
        d[i * kTile + j] = load(corner + i * line + j * channels + c);
    }
    for (std::size_t i = 0; i < kTile; ++i) transform_input(d + i * kTile, 1, t + i * kTile, 1);
    for (std::size_t j = 0; j < kTile; ++j) transform_input(t + j, kTile, d + j, kTile);
    for (std::size_t ij = 0; ij < kTileArea; ++ij) store(to + ij * plane + c, d[ij]);
  }
}

/// The products of one tile to `rows` × `columns` ≤ kSide × kSide outputs.
void finish_tile(const Conv2dShape& s, const float* from, std::size_t plane, const float* bias,
                 std::size_t rows, std::size_t columns, float* y) {
  const std::size_t filters = s.out.channels;
  for (std::size_t f = 0; f < filters; f += kWidth) {
    Vector m[kTileArea], t[kTileArea];
    for (std::size_t ij = 0; ij < kTileArea; ++ij) m[ij] = load(from + ij * plane + f);
    for (std::size_t i = 0; i < kTile; ++i) transform_output(m + i * kTile, 1, t + i * kTile, 1);
    for (std::size_t j = 0; j < kSide; ++j) transform_output(t + j, kTile, m + j, kTile);
    const std::size_t left = filters - f < kWidth ? filters - f : kWidth;
    Vector some_bias[1];
    load_part(bias + f, left, some_bias);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        const Vector sum[1] = {m[i * kTile + j]};
        store_row(sum, some_bias, left, left == kWidth, y + (i * s.out.width + j) * filters + f);
      }
    }
  }
}

/// The image with its border, and zeros where tiles reach beyond.
void pad_for_tiles(const Conv2dShape& s, const Tiling& t, const float* x, float* padded) {
  const std::size_t channels = s.in.channels, line = t.padded_width() * channels;
  const std::size_t size = t.padded_height() * line + kWidth;
  clear(size, padded);
  for (int h = 0; h < s.in.height; ++h, x += s.in.width * channels) {
    // A border of zeros is never cut off, but lines and pixels that no output sees may be.
    if (h + s.padding.height >= static_cast<int>(t.padded_height())) break;
    float* const to = padded + (h + s.padding.height) * line + s.padding.width * channels;
    const std::size_t room = line - s.padding.width * channels;
    const std::size_t width = s.in.width * channels < room ? s.in.width * channels : room;
    copy_part(x, width, to);
  }
}

/// One image; `packed` from pack_winograd().
SIGNFLIP_APART void winograd(const Conv2dShape& s, const float* x, const float* packed,
                             const float* bias, float* y, float* scratch) {
  const Tiling t = tiling(s);
  const WinogradScratch parts = winograd_scratch(s);
  const std::size_t channels = s.in.channels, filters = s.out.channels;
  const std::size_t line = t.padded_width() * channels;
  float* const padded = scratch;
  float* const tiles = padded + parts.padded;
  float* const products = tiles + kTileArea * parts.input_plane;
  pad_for_tiles(s, t, x, padded);
  for (std::size_t first = 0; first < t.down; first += t.lines) {
    const std::size_t lines = t.down - first < t.lines ? t.down - first : t.lines;
    const std::size_t count = lines * t.across;
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t h = (first + n / t.across) * kSide, w = n % t.across * kSide;
      transform_tile(padded + h * line + w * channels, line, channels, tiles + n * channels,
                     parts.input_plane);
    }
    for (std::size_t ij = 0; ij < kTileArea; ++ij) {
      multiply(plain_rows(tiles + ij * parts.input_plane, count, channels),
               packed + ij * packed_size(channels, filters), nullptr, filters,
               products + ij * parts.output_plane, filters);
    }
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t h = (first + n / t.across) * kSide, w = n % t.across * kSide;
      const std::size_t rows = s.out.height - h, columns = s.out.width - w;
      finish_tile(s, products + n * filters, parts.output_plane, bias, rows < kSide ? rows : kSide,
                  columns < kSide ? columns : kSide, y + (h * s.out.width + w) * filters);
    }
  }
}

/// The rounding error of an output is at most this · max |x| · Σ |weights of its filter|: one
/// factor (1+u) for each operation on a value's way through (the sum over the channels, 6 in each
/// of four transforms, the weights' rounding and the bias), times by how much the magnitudes of
/// what is summed can exceed the result's: for one axis Σᵢ |Aᵢ|·Σ|Bᵢ|·max|Gᵢ| at the worst output,
/// squared.
inline float winograd_rounding(const Conv2dShape& s) {
  constexpr float growth = 20.2F * 20.2F;
  return growth * static_cast<float>(s.in.channels + 32) * 0x1p-24F;
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
