// A network's parameters cut into pieces that threads take one by one: to add up a gradient, to
// move the parameters and to pack them again while all that is in the cache.
#pragma once

#include <cstddef>
#include <vector>

#include "nn/sequential.h"

namespace signflip {

/// Some rows of one layer's weight matrix; the last ones together with the layer's bias.
struct ParameterPiece {
  std::size_t layer = 0;
  RowRange rows;
  std::size_t begin = 0, end = 0;  ///< in Sequential::parameters()
  std::size_t size() const { return end - begin; }
};

/// In their order and without gaps. Only layers with row gradients (dense ones) are cut; the cuts
/// do not depend on the number of threads.
std::vector<ParameterPiece> cut_parameters(const Sequential& network);

}  // namespace signflip
