// Transposing a matrix of floats.
#pragma once

#include <cstddef>

#include "core/lanes.h"

namespace signflip {

/// to (columns × rows) = the transpose of `from` (rows × columns), in other memory: four by four,
/// which is several times as fast as value by value.
inline void transpose(std::size_t rows, std::size_t columns, const float* from, float* to) {
  const std::size_t row_end = rows / kLanes * kLanes, column_end = columns / kLanes * kLanes;
  const auto one = [&](std::size_t r, std::size_t c) { to[c * rows + r] = from[r * columns + c]; };
  for (std::size_t r = 0; r < row_end; r += kLanes) {
    for (std::size_t c = 0; c < column_end; c += kLanes) {
      const float* const block = from + r * columns + c;
      const Float4 a = load4(block, kLanes), b = load4(block + columns, kLanes);
      const Float4 d = load4(block + 2 * columns, kLanes), e = load4(block + 3 * columns, kLanes);
      const Float4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      const Float4 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
      const Float4 de = __builtin_shufflevector(d, e, 0, 4, 1, 5);
      const Float4 de_high = __builtin_shufflevector(d, e, 2, 6, 3, 7);
      float* const turned = to + c * rows + r;
      store4(__builtin_shufflevector(ab, de, 0, 1, 4, 5), turned, kLanes);
      store4(__builtin_shufflevector(ab, de, 2, 3, 6, 7), turned + rows, kLanes);
      store4(__builtin_shufflevector(ab_high, de_high, 0, 1, 4, 5), turned + 2 * rows, kLanes);
      store4(__builtin_shufflevector(ab_high, de_high, 2, 3, 6, 7), turned + 3 * rows, kLanes);
    }
    for (std::size_t c = column_end; c < columns; ++c) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) one(r + lane, c);
    }
  }
  for (std::size_t r = row_end; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) one(r, c);
  }
}

}  // namespace signflip
