#include "nn/parameter_pieces.h"

#include <algorithm>

namespace signflip {

std::vector<ParameterPiece> cut_parameters(const Sequential& network) {
  constexpr std::size_t kFloats = 32768;  // 128 KB, four times: gradient, weights, two moments
  constexpr std::size_t kRows = 32;       // whole panels of every kernel's packed transpose
  std::vector<ParameterPiece> pieces;
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    const std::size_t rows = placed.shape.rows, columns = placed.shape.columns;
    const bool cut = traits(placed.layer).row_gradients;
    const std::size_t step =
        cut ? std::max(kFloats / columns / kRows, std::size_t{1}) * kRows : rows;
    for (std::size_t begin = 0; begin < rows; begin += step) {
      const std::size_t end = std::min(begin + step, rows);
      pieces.push_back({i,
                        {begin, end},
                        placed.weight + begin * columns,
                        placed.weight + end * columns + (end == rows ? placed.shape.bias : 0)});
    }
  }
  return pieces;
}

}  // namespace signflip
