// The gradients of all parameters, from a TrainingPass or a ShardTrainer, which give it in
// pieces.
#pragma once

#include <vector>

#include "nn/parameter_pieces.h"

namespace signflip::test {

/// Laid out like Sequential::parameters().
template <class Source>
std::vector<float> gradients(const Sequential& network, Source& source) {
  std::vector<float> sum(network.parameters().size());
  for (const ParameterPiece& piece : cut_parameters(network)) {
    source.add_gradients(piece, sum.data() + piece.begin);
  }
  return sum;
}

}  // namespace signflip::test
