// Register-blocked matrix products on vectors of kWidth floats. Not a general BLAS: the left matrix
// is read in place, where an image's patches lie, so a convolution needs no im2col copy.
#pragma once

#include <cstddef>

#include "backend/cpu/nonzero-inl.h"

/// Never inlined. A browser compiles a whole function when it is first called, and again, better,
/// when it is hot: if all variants of a loop were one function, the first of them would wait until
/// all are compiled.
#define SIGNFLIP_APART [[gnu::noinline]]

namespace signflip::cpu::SIGNFLIP_ISA {
namespace {

constexpr std::size_t kWidth = SIGNFLIP_VECTOR_WIDTH;
constexpr std::size_t kTileRows = SIGNFLIP_TILE_ROWS;
constexpr std::size_t kPanelVectors = 2;
constexpr std::size_t kPanel = kWidth * kPanelVectors;

typedef float Vector __attribute__((vector_size(SIGNFLIP_VECTOR_WIDTH * sizeof(float))));
typedef float UnalignedVector
    __attribute__((vector_size(SIGNFLIP_VECTOR_WIDTH * sizeof(float)), aligned(4), may_alias));

typedef int Mask __attribute__((vector_size(SIGNFLIP_VECTOR_WIDTH * sizeof(float))));

typedef int UnalignedMask
    __attribute__((vector_size(SIGNFLIP_VECTOR_WIDTH * sizeof(float)), aligned(4), may_alias));

/// The next smaller size of a tile, or of a block of registers. Each size is separate code, so
/// narrow vectors have only powers of two: the page downloads that code.
constexpr std::size_t smaller_size(std::size_t size) { return kWidth > 4 ? size - 1 : size / 2; }

inline Vector load(const float* from) { return *reinterpret_cast<const UnalignedVector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<UnalignedVector*>(to) = value; }

/// The number of values that are not zero.
inline std::size_t count_nonzero(std::size_t size, const float* x) {
  Mask alive = {};
  std::size_t i = 0, sum = 0;
  for (; i + kWidth <= size; i += kWidth) alive -= load(x + i) != 0.0F;
  for (std::size_t lane = 0; lane < kWidth; ++lane) sum += static_cast<std::size_t>(alive[lane]);
  for (; i < size; ++i) sum += x[i] != 0.0F ? 1 : 0;
  return sum;
}

/// A matrix whose rows lie inside a larger array. Row m consists of `segments` runs of `length`
/// floats, `segment_stride` apart; rows advance by `inner_stride`, and by `outer_stride` after
/// every `inner` rows. A patch of an image is kernel-height runs; a plain matrix is one run.
struct Rows {
  const float* base;
  std::size_t count;
  std::size_t segments, length, segment_stride;
  std::size_t inner, inner_stride, outer_stride;

  const float* row(std::size_t m) const {
    return base + (m / inner) * outer_stride + (m % inner) * inner_stride;
  }
};

inline Rows plain_rows(const float* matrix, std::size_t rows, std::size_t columns) {
  return {matrix, rows, 1, columns, 0, rows, columns, 0};
}

// --- packing: panels of kPanel columns, zero-padded; the last one of one vector where it fits ---

inline std::size_t panel_width(std::size_t columns_left) {
  return columns_left > kWidth ? kPanel : kWidth;
}

SIGNFLIP_APART std::size_t packed_columns(std::size_t columns) {
  const std::size_t whole = columns / kPanel * kPanel;
  return columns == whole ? whole : whole + panel_width(columns - whole);
}

std::size_t packed_size(std::size_t rows, std::size_t columns) {
  return rows * packed_columns(columns);
}

/// Packs some rows of a matrix rows × columns.
SIGNFLIP_APART void pack(const float* matrix, std::size_t rows, std::size_t columns,
                         std::size_t begin, std::size_t end, float* packed) {
  for (std::size_t first = 0; first < columns; first += kPanel) {
    const std::size_t width = panel_width(columns - first);
    const std::size_t inside = columns - first < width ? columns - first : width;
    const float* from = matrix + begin * columns + first;
    float* to = packed + first * rows + begin * width;
    for (std::size_t r = begin; r < end; ++r, from += columns, to += width) {
      if (inside == kPanel) {
        for (std::size_t v = 0; v < kPanelVectors; ++v)
          store(to + v * kWidth, load(from + v * kWidth));
        continue;
      }
      for (std::size_t c = 0; c < inside; ++c) to[c] = from[c];
      for (std::size_t c = inside; c < width; ++c) to[c] = 0.0F;
    }
  }
}

/// to[c·stride + r] = matrix[r][c] for rows begin … end: a cache line of the matrix is read once.
inline void transpose(const float* matrix, std::size_t columns, std::size_t begin, std::size_t end,
                      float* to, std::size_t stride) {
  constexpr std::size_t kLine = 64 / sizeof(float);
  for (std::size_t c = 0; c < columns; c += kLine, to += kLine * stride) {
    const std::size_t count = columns - c < kLine ? columns - c : kLine;
    for (std::size_t r = begin; r < end; ++r) {
      const float* const from = matrix + r * columns + c;
      for (std::size_t i = 0; i < count; ++i) to[i * stride + r] = from[i];
    }
  }
}

/// Packs the same rows of its transpose, columns × rows: they are some of its columns, within
/// panels. With the last row comes the padding.
SIGNFLIP_APART void pack_transposed(const float* matrix, std::size_t rows, std::size_t columns,
                                    std::size_t begin, std::size_t end, float* packed) {
  while (begin < end) {
    const std::size_t panel = begin / kPanel * kPanel, width = panel_width(rows - panel);
    const std::size_t stop = end < panel + width ? end : panel + width;
    float* const to = packed + panel * columns;
    transpose(matrix, columns, begin, stop, to - panel, width);
    const std::size_t padding = end == rows && stop == end ? panel + width - stop : 0;
    for (std::size_t c = 0; padding > 0 && c < columns; ++c) {
      for (std::size_t i = width - padding; i < width; ++i) to[c * width + i] = 0.0F;
    }
    begin = stop;
  }
}

// --- y = a·b + bias ---

SIGNFLIP_APART void clear(std::size_t size, float* to) {
  for (std::size_t i = 0; i < size; ++i) to[i] = 0.0F;
}

/// Copies floats. Out of line: loops over whole vectors do not need it.
SIGNFLIP_APART void copy_part(const float* from, std::size_t count, float* to) {
  std::size_t c = 0;
  for (; c + kWidth <= count; c += kWidth) store(to + c, load(from + c));
  for (; c < count; ++c) to[c] = from[c];
}

/// Loads the first `count` floats into NV vectors and fills up with zeros; all zeros if `from` is
/// null.
template <std::size_t NV>
inline void load_part(const float* from, std::size_t count, Vector (&to)[NV]) {
  float buffer[NV * kWidth] = {};
  if (from != nullptr) copy_part(from, count, buffer);
#pragma GCC unroll 16
  for (std::size_t v = 0; v < NV; ++v) to[v] = load(buffer + v * kWidth);
}

/// y = sum + bias, in whole vectors or the first `columns` floats.
template <std::size_t NV>
inline void store_row(const Vector (&sum)[NV], const Vector (&bias)[NV], std::size_t columns,
                      bool whole, float* y) {
  float buffer[NV * kWidth];
  float* const to = whole ? y : buffer;
#pragma GCC unroll 16
  for (std::size_t v = 0; v < NV; ++v) store(to + v * kWidth, sum[v] + bias[v]);
  if (!whole) copy_part(buffer, columns, y);
}

/// How many rows of a tile may be written in whole vectors, `width` floats per row: where rows
/// follow one another, the surplus of a row is overwritten by the next ones.
inline std::size_t whole_rows(std::size_t rows, std::size_t width, std::size_t columns,
                              std::size_t y_stride) {
  if (columns == width) return rows;
  const std::size_t reach = (width + columns - 1) / columns;  // rows that these floats touch
  return columns == y_stride && reach <= rows ? rows - reach + 1 : 0;
}

/// MR rows of a times one panel of NV vectors, plus bias. Writes `columns` ≤ NV·kWidth values per
/// row, the first `whole` rows in whole vectors.
template <std::size_t MR, std::size_t NV>
inline void multiply_tile(const Rows& a, std::size_t first_row, const float* panel,
                          const Vector (&bias)[NV], std::size_t columns, std::size_t whole,
                          float* y, std::size_t y_stride) {
  const float* row[MR];
  for (std::size_t i = 0; i < MR; ++i) row[i] = a.row(first_row + i);
  Vector sum[MR][NV] = {};
  for (std::size_t s = 0; s < a.segments; ++s) {
    // One index for all: one pointer per row would cost WebAssembly a third of the speed.
    for (std::size_t k = 0; k < a.length; ++k) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < MR; ++i) {
#pragma GCC unroll 4
        for (std::size_t v = 0; v < NV; ++v) {
          sum[i][v] += row[i][k] * load(panel + (k * NV + v) * kWidth);
        }
      }
    }
    panel += a.length * NV * kWidth;
    for (std::size_t i = 0; i < MR; ++i) row[i] += a.segment_stride;
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < MR; ++i) {
    store_row(sum[i], bias, columns, i < whole, y + i * y_stride);
  }
}

/// Rows begin … end, a multiple of MR.
template <std::size_t MR, std::size_t NV>
SIGNFLIP_APART void multiply_tiles(const Rows& a, std::size_t begin, std::size_t end,
                                   const float* panel, const float* bias, std::size_t columns,
                                   float* y, std::size_t y_stride) {
  Vector biases[NV];
  load_part(bias, columns, biases);
  const std::size_t whole = whole_rows(MR, NV * kWidth, columns, y_stride);
  for (std::size_t m = begin; m < end; m += MR) {
    multiply_tile<MR, NV>(a, m, panel, biases, columns, whole, y + m * y_stride, y_stride);
  }
}

/// The same with the number of rows in a tile chosen at run time, 1 ≤ rows ≤ MR.
template <std::size_t MR, std::size_t NV>
inline void multiply_rows(std::size_t rows, const Rows& a, std::size_t begin, std::size_t end,
                          const float* panel, const float* bias, std::size_t columns, float* y,
                          std::size_t y_stride) {
  if (rows == MR) {
    multiply_tiles<MR, NV>(a, begin, end, panel, bias, columns, y, y_stride);
  } else if constexpr (MR > 1) {
    multiply_rows<smaller_size(MR), NV>(rows, a, begin, end, panel, bias, columns, y, y_stride);
  }
}

/// Cuts the rows into tiles: on wide vectors as few as possible, of nearly equal heights (14 rows
/// are two tiles of 7, not one of 12 and one of 2), else the largest sizes first.
template <std::size_t NV>
void multiply_panel(const Rows& a, const float* panel, const float* bias, std::size_t columns,
                    float* y, std::size_t y_stride) {
  const std::size_t tiles = (a.count + kTileRows - 1) / kTileRows;
  std::size_t begin = 0;
  while (begin < a.count) {
    std::size_t rows = kTileRows, end = a.count;
    if constexpr (kWidth > 4) {
      rows = a.count / tiles;
      const std::size_t larger = a.count % tiles * (rows + 1);
      if (begin < larger) {
        ++rows;
        end = larger;
      }
    } else {
      while (rows > a.count - begin) rows = smaller_size(rows);
      end = a.count - (a.count - begin) % rows;
    }
    multiply_rows<kTileRows, NV>(rows, a, begin, end, panel, bias, columns, y, y_stride);
    begin = end;
  }
}

// With few rows there are too few independent sums to hide the latency of a multiply-add, so these
// take several panels at once. (Not for narrow vectors, which have more panels and gain less.)
// Every element is still summed in the order of the depth, so the result is the same
// as that of the other functions.

/// MR rows of a, each one run, times NP whole panels.
template <std::size_t MR, std::size_t NP>
inline void multiply_panels(const Rows& a, const float* packed, const float* bias, float* y,
                            std::size_t y_stride) {
  const std::size_t panel = a.length * kPanel;
  const float* row[MR];
  for (std::size_t i = 0; i < MR; ++i) row[i] = a.row(i);
  Vector sum[MR][NP * kPanelVectors] = {};
  for (std::size_t k = 0; k < a.length; ++k) {
#pragma GCC unroll 8
    for (std::size_t p = 0; p < NP; ++p) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kPanelVectors; ++v) {
        const Vector weights = load(packed + p * panel + (k * kPanelVectors + v) * kWidth);
#pragma GCC unroll 4
        for (std::size_t i = 0; i < MR; ++i) sum[i][p * kPanelVectors + v] += row[i][k] * weights;
      }
    }
  }
  for (std::size_t i = 0; i < MR; ++i) {
    for (std::size_t v = 0; v < NP * kPanelVectors; ++v) {
      if (bias != nullptr) sum[i][v] += load(bias + v * kWidth);
      store(y + i * y_stride + v * kWidth, sum[i][v]);
    }
  }
}

/// Whole panels from `packed` on, as many at once as sums fit into 16 registers; returns the
/// number of columns done.
template <std::size_t MR, std::size_t NP>
SIGNFLIP_APART std::size_t multiply_whole_panels(const Rows& a, const float* packed,
                                                 const float* bias, std::size_t columns, float* y,
                                                 std::size_t y_stride) {
  std::size_t first = 0;
  for (; first + NP * kPanel <= columns; first += NP * kPanel) {
    multiply_panels<MR, NP>(a, packed + first * a.length, bias == nullptr ? bias : bias + first,
                            y + first, y_stride);
  }
  if constexpr (NP > 1) {
    first += multiply_whole_panels<MR, NP - 1>(a, packed + first * a.length,
                                               bias == nullptr ? bias : bias + first,
                                               columns - first, y + first, y_stride);
  }
  return first;
}

/// y (a.count × columns, rows y_stride apart) = a·b + bias; b packed, bias may be null.
void multiply(const Rows& a, const float* packed, const float* bias, std::size_t columns, float* y,
              std::size_t y_stride) {
  const std::size_t depth = a.segments * a.length;
  std::size_t done = 0;
  if constexpr (kWidth > 4) {
    if (a.segments == 1 && (a.count == 2 || a.count == 3)) {
      done = a.count == 2 ? multiply_whole_panels<2, 3>(a, packed, bias, columns, y, y_stride)
                          : multiply_whole_panels<3, 2>(a, packed, bias, columns, y, y_stride);
      packed += done * depth;
    }
  }
  for (std::size_t first = done; first < columns; first += kPanel) {
    const std::size_t left = columns - first;
    const float* const panel_bias = bias != nullptr ? bias + first : nullptr;
    if (panel_width(left) == kPanel) {
      multiply_panel<kPanelVectors>(a, packed, panel_bias, left < kPanel ? left : kPanel, y + first,
                                    y_stride);
      packed += depth * kPanel;
    } else {
      multiply_panel<1>(a, packed, panel_bias, left, y + first, y_stride);
      packed += depth * kWidth;
    }
  }
}

}  // namespace
}  // namespace signflip::cpu::SIGNFLIP_ISA
