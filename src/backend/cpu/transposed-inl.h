// dweight += aᵀ·dy: what weight gradients are made of.
#pragma once

#include "backend/cpu/gemm-inl.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// MR consecutive columns of a (at `offset` within each row) times one panel of dy, summed over
/// all rows: dweight[i][…] += Σ_m a[m][offset+i]·dy[m][…].
template <std::size_t MR, std::size_t NV>
inline void transposed_tile(const Rows& a, std::size_t offset, const float* dy, std::size_t columns,
                            float* dweight, std::size_t dweight_stride) {
  Vector sum[MR][NV] = {};
  const float* outer = a.base + offset;
  for (std::size_t done = 0; done < a.count; done += a.inner, outer += a.outer_stride) {
    const float* row = outer;
    for (std::size_t m = 0; m < a.inner; ++m, row += a.inner_stride, dy += NV * kWidth) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < MR; ++i) {
#pragma GCC unroll 4
        for (std::size_t v = 0; v < NV; ++v) sum[i][v] += row[i] * load(dy + v * kWidth);
      }
    }
  }
  for (std::size_t i = 0; i < MR; ++i, dweight += dweight_stride) {
    if (columns == NV * kWidth) {
      for (std::size_t v = 0; v < NV; ++v) {
        store(dweight + v * kWidth, load(dweight + v * kWidth) + sum[i][v]);
      }
      continue;
    }
    float buffer[NV * kWidth];
    for (std::size_t v = 0; v < NV; ++v) store(buffer + v * kWidth, sum[i][v]);
    for (std::size_t c = 0; c < columns; ++c) dweight[c] += buffer[c];
  }
}

template <std::size_t MR, std::size_t NV>
inline void transposed_rows(const Rows& a, std::size_t offset, std::size_t rows, const float* dy,
                            std::size_t columns, float* dweight, std::size_t dweight_stride) {
  if (rows == MR) {
    transposed_tile<MR, NV>(a, offset, dy, columns, dweight, dweight_stride);
  } else if constexpr (MR > 1) {
    transposed_rows<MR - 1, NV>(a, offset, rows, dy, columns, dweight, dweight_stride);
  }
}

/// In tiles as multiply_panel() makes them.
template <std::size_t NV>
void transposed_panel(const Rows& a, const float* dy, std::size_t columns, float* dweight,
                      std::size_t dweight_stride) {
  const std::size_t tiles = (a.length + kTileRows - 1) / kTileRows;
  for (std::size_t s = 0; s < a.segments; ++s) {
    for (std::size_t t = 0; t < tiles; ++t) {
      const std::size_t begin = t * a.length / tiles, end = (t + 1) * a.length / tiles;
      transposed_rows<kTileRows, NV>(a, s * a.segment_stride + begin, end - begin, dy, columns,
                                     dweight + (s * a.length + begin) * dweight_stride,
                                     dweight_stride);
    }
  }
}

/// dweight (depth × columns) += aᵀ·dy, where dy, a.count × columns, is packed. a.count must be a
/// multiple of a.inner.
void multiply_transposed(const Rows& a, const float* dy_packed, std::size_t columns,
                         float* dweight) {
  for (std::size_t first = 0; first < columns; first += kPanel) {
    const std::size_t left = columns - first;
    const float* const dy = dy_packed + first * a.count;
    if (panel_width(left) == kPanel) {
      transposed_panel<kPanelVectors>(a, dy, left < kPanel ? left : kPanel, dweight + first,
                                      columns);
    } else {
      transposed_panel<1>(a, dy, left, dweight + first, columns);
    }
  }
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
