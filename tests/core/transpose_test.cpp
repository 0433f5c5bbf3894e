// Transposing, in blocks and at the edges.
#include "core/transpose.h"

#include <gtest/gtest.h>

#include <vector>

namespace signflip {
namespace {

TEST(Transpose, MovesEveryValueOfEveryShape) {
  for (std::size_t rows = 1; rows < 11; ++rows) {
    for (std::size_t columns = 1; columns < 11; ++columns) {
      std::vector<float> from(rows * columns), to(from.size() + 1, -1.0F);
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
      transpose(rows, columns, from.data(), to.data());
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < columns; ++c) {
          ASSERT_EQ(to[c * rows + r], from[r * columns + c]) << rows << "x" << columns;
        }
      }
      EXPECT_EQ(to.back(), -1.0F) << "nothing behind it";
    }
  }
}

}  // namespace
}  // namespace signflip
