// Dense layers forward and back. For one image the time goes into reading the matrix, so weights
// that meet a zero (units that ReLU has cut off) are not read: values that are not zero are listed.
//
// Every element is summed in the order of the depth, as gemm-inl.h does it, so an image's
// result does not depend on the number of images.
#pragma once

#include "backend/cpu/gemm-inl.h"
#include "backend/ops.h"

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

/// Values listed at a time.
constexpr std::size_t kList = 512;

/// Whether single images read rows of the matrix itself. A panel's row of narrow vectors is half a
/// cache line, so skipping it saves nothing if the next one is read; a matrix row is contiguous.
constexpr bool kReadsRows = kWidth == 4;

/// Up to so many images go one after the other. An attack is judged on two: the adversarial image
/// and its copy in 8 bits.
constexpr std::size_t kOneByOne = kReadsRows ? 2 : 1;

/// Whether several images go one after the other, too: if the matrix stays in the second cache,
/// skipping saves more than reading it once for all. Such a layer has no panels.
inline bool reads_rows_only(const DenseShape& s) {
  return kReadsRows && static_cast<std::size_t>(s.inputs) * s.outputs <= (std::size_t{1} << 18);
}

// --- by whole rows, kRowsAtOnce at a time: sums stay in the first cache ---

constexpr std::size_t kRowsAtOnce = 6;

/// sums += kRowsAtOnce values times their rows of the matrix, which begin at these offsets.
SIGNFLIP_APART void add_whole_rows(const float* values, const int* offsets, const float* matrix,
                                   std::size_t columns, float* sums) {
  const float* from[kRowsAtOnce];
  float value[kRowsAtOnce];
#pragma GCC unroll 8
  for (std::size_t r = 0; r < kRowsAtOnce; ++r) {
    from[r] = matrix + offsets[r];
    value[r] = values[r];
  }
  std::size_t c = 0;
  for (; c + kWidth <= columns; c += kWidth) {
    Vector sum = load(sums + c);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < kRowsAtOnce; ++r) sum += value[r] * load(from[r] + c);
    store(sums + c, sum);
  }
  for (; c < columns; ++c) {
    for (std::size_t r = 0; r < kRowsAtOnce; ++r) sums[c] += value[r] * from[r][c];
  }
}

/// sums += those of at most kList values that are not zero, times their rows of the matrix.
[[maybe_unused]] SIGNFLIP_APART void add_rows_alive(const float* values, std::size_t count,
                                                    const float* matrix, std::size_t columns,
                                                    float* sums) {
  float alive[kList + kListLanes + kRowsAtOnce];
  int offsets[kList + kListLanes + kRowsAtOnce];
  std::size_t size = list_with_offsets(values, count, 0, static_cast<int>(columns), alive, offsets);
  // Filled up by zeros times the first row.
  for (; size % kRowsAtOnce != 0; ++size) alive[size] = 0.0F, offsets[size] = 0;
  for (std::size_t i = 0; i < size; i += kRowsAtOnce) {
    add_whole_rows(alive + i, offsets + i, matrix, columns, sums);
  }
}

// --- by panels: sums stay in registers ---

/// sums (NP panels of NV vectors) += the listed values of a row times their rows of the matrix.
/// Panels are `stride` floats apart.
template <std::size_t NP, std::size_t NV>
SIGNFLIP_APART void add_listed(const float* row, const int* list, std::size_t alive,
                               const float* panels, std::size_t stride, float* sums) {
  Vector sum[NP * NV];
#pragma GCC unroll 16
  for (std::size_t v = 0; v < NP * NV; ++v) sum[v] = load(sums + v * kWidth);
  for (std::size_t i = 0; i < alive; ++i) {
    const float value = row[list[i]];
    const float* const weights = panels + static_cast<std::size_t>(list[i]) * NV * kWidth;
#pragma GCC unroll 8
    for (std::size_t p = 0; p < NP; ++p) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < NV; ++v) {
        sum[p * NV + v] += value * load(weights + p * stride + v * kWidth);
      }
    }
  }
#pragma GCC unroll 16
  for (std::size_t v = 0; v < NP * NV; ++v) store(sums + v * kWidth, sum[v]);
}

/// The same for all whole panels, NP and fewer at a time; returns the number of columns done.
template <std::size_t NP>
std::size_t add_listed_panels(const float* row, const int* list, std::size_t alive,
                              const float* panels, std::size_t depth, std::size_t columns,
                              float* sums) {
  std::size_t first = 0;
  for (; first + NP * kPanel <= columns; first += NP * kPanel) {
    add_listed<NP, kPanelVectors>(row, list, alive, panels + first * depth, depth * kPanel,
                                  sums + first);
  }
  if constexpr (NP > 1) {
    first += add_listed_panels<NP - 1>(row, list, alive, panels + first * depth, depth,
                                       columns - first, sums + first);
  }
  return first;
}

/// Panels whose sums are held in registers at once.
constexpr std::size_t kPanelsAtOnce = kWidth > 4 ? 5 : 4;

/// sums += the listed values of a row, from row `begin` of the matrix on, times their rows of it.
[[maybe_unused]] void add_listed_columns(const float* row, const int* list, std::size_t alive,
                                         const float* packed, std::size_t depth, std::size_t begin,
                                         std::size_t columns, float* sums) {
  const std::size_t whole = add_listed_panels<kPanelsAtOnce>(
      row, list, alive, packed + begin * kPanel, depth, columns, sums);
  if (whole == columns) return;
  const float* const last = packed + whole * depth;
  float rest[kPanel] = {};
  copy_part(sums + whole, columns - whole, rest);
  if (panel_width(columns - whole) == kPanel) {
    add_listed<1, kPanelVectors>(row, list, alive, last + begin * kPanel, 0, rest);
  } else {
    add_listed<1, 1>(row, list, alive, last + begin * kWidth, 0, rest);
  }
  copy_part(rest, columns - whole, sums + whole);
}

/// y (count × columns) += bias, where there is one.
inline void add_bias(std::size_t count, const float* bias, std::size_t columns, float* y) {
  for (std::size_t n = 0; bias != nullptr && n < count; ++n, y += columns) {
    for (std::size_t c = 0; c < columns; ++c) y[c] += bias[c];
  }
}

/// y = row·b + bias; b as it is where kReadsRows, else packed.
SIGNFLIP_APART void multiply_row(const float* row, std::size_t depth, const float* b,
                                 const float* bias, std::size_t columns, float* y) {
  clear(columns, y);
  for (std::size_t begin = 0; begin < depth; begin += kList) {
    const std::size_t count = depth - begin < kList ? depth - begin : kList;
    if constexpr (kReadsRows) {
      add_rows_alive(row + begin, count, b + begin * columns, columns, y);
    } else {
      int list[kList + kListLanes];
      const std::size_t alive = list_nonzero(row + begin, count, list);
      add_listed_columns(row + begin, list, alive, b, depth, begin, columns, y);
    }
  }
  add_bias(1, bias, columns, y);
}

// --- several images by panels, zeros skipped: half of the values behind ReLU ---

/// Rows of the matrix, kColumnsAtOnce wide, that stay in the first cache for so many images.
constexpr std::size_t kDepthAtOnce = 128, kImagesAtOnce = 16;
constexpr std::size_t kColumnsAtOnce = kPanelsAtOnce * kPanel;

/// Whether skipping beats the dense product, which reads weights for several images at once. Not on
/// wide vectors: too few panels have their sums in registers to hide the latency of memory.
inline bool worth_listing(std::size_t size, const float* x, std::size_t columns) {
  return kReadsRows && columns % kColumnsAtOnce == 0 && 10 * count_nonzero(size, x) < 7 * size;
}

/// y (count × columns) = x·b + bias for at most kImagesAtOnce images, by whole kColumnsAtOnce; b
/// packed.
SIGNFLIP_APART void multiply_listed(std::size_t count, const float* x, std::size_t depth,
                                    const float* packed, const float* bias, std::size_t columns,
                                    float* y) {
  int lists[kImagesAtOnce][kDepthAtOnce + kListLanes];
  std::size_t alive[kImagesAtOnce];
  clear(count * columns, y);
  for (std::size_t begin = 0; begin < depth; begin += kDepthAtOnce, x += kDepthAtOnce) {
    const std::size_t rows = depth - begin < kDepthAtOnce ? depth - begin : kDepthAtOnce;
    for (std::size_t n = 0; n < count; ++n) alive[n] = list_nonzero(x + n * depth, rows, lists[n]);
    for (std::size_t first = 0; first < columns; first += kColumnsAtOnce) {
      for (std::size_t n = 0; n < count; ++n) {
        add_listed<kPanelsAtOnce, kPanelVectors>(x + n * depth, lists[n], alive[n],
                                                 packed + first * depth + begin * kPanel,
                                                 depth * kPanel, y + n * columns + first);
      }
    }
  }
  add_bias(count, bias, columns, y);
}

// --- the layer ---

// A dense layer's weights are packed as panels, where reads_rows_only() is not true. For one image
// narrow vectors read the matrix and, behind the panels, its transpose as they are.

std::size_t dense_packed_size(const DenseShape& s) {
  return reads_rows_only(s) ? 0 : packed_size(s.inputs, s.outputs);
}

/// Floats of the transpose's panels.
inline std::size_t transposed_panels(const DenseShape& s) {
  return reads_rows_only(s) ? 0 : packed_size(s.outputs, s.inputs);
}

std::size_t dense_packed_transposed_size(const DenseShape& s) {
  return transposed_panels(s) + (kReadsRows ? static_cast<std::size_t>(s.outputs) * s.inputs : 0);
}

void dense_pack(const DensePlan& plan, RowRange rows, const float* matrix, float* packed) {
  const DenseShape& s = plan.shape;
  if (plan.product == DenseProduct::rows) return;
  pack(matrix, s.inputs, s.outputs, rows.begin, rows.end, packed);
}

void dense_pack_transposed(const DensePlan& plan, RowRange rows, const float* matrix,
                           float* packed) {
  const DenseShape& s = plan.shape;
  const std::size_t panels = transposed_panels(s);
  if (panels > 0) pack_transposed(matrix, s.inputs, s.outputs, rows.begin, rows.end, packed);
  if constexpr (kReadsRows) {
    transpose(matrix, s.outputs, rows.begin, rows.end, packed + panels, s.inputs);
  }
}

/// y (count × columns) = x·b + bias, where b is there packed and as it is.
void multiply_dense(DenseProduct product, std::size_t count, const float* x, std::size_t depth,
                    const float* matrix, const float* packed, const float* bias,
                    std::size_t columns, float* y) {
  if (count > kOneByOne && product == DenseProduct::panels) {
    if (!worth_listing(count * depth, x, columns)) {
      multiply(plain_rows(x, count, depth), packed, bias, columns, y, columns);
      return;
    }
    std::size_t some = kImagesAtOnce;
    for (std::size_t n = 0; n < count; n += some, x += some * depth, y += some * columns) {
      if (count - n < some) some = count - n;
      multiply_listed(some, x, depth, packed, bias, columns, y);
    }
    return;
  }
  for (std::size_t n = 0; n < count; ++n, x += depth, y += columns) {
    multiply_row(x, depth, kReadsRows ? matrix : packed, bias, columns, y);
  }
}

void dense_forward(const PreparedDense& dense, std::size_t count, const float* x, const float* bias,
                   float* y) {
  const DenseShape& s = dense.plan.shape;
  multiply_dense(dense.plan.product, count, x, s.inputs, dense.matrix, dense.packed, bias,
                 s.outputs, y);
}

void dense_input_gradient(const PreparedDense& dense, std::size_t count, const float* dy,
                          float* dx) {
  const DenseShape& s = dense.plan.shape;
  const float* const packed = dense.packed_transposed;
  multiply_dense(dense.plan.product, count, dy, s.outputs, packed + transposed_panels(s), packed,
                 nullptr, s.inputs, dx);
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
