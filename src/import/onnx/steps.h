// A network as a graph of steps, each a layer or a sum of two: what a file's graph is translated to
// before it becomes lists of layers. A branch and its sum become a residual block.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "import/imported.h"

namespace signflip::onnx {

/// One layer, or the sum of two steps. Step 0 is the input.
struct Step {
  enum class Kind { input, layer, affine, sum };
  Kind kind = Kind::layer;
  OrderedJson json;                     ///< of a layer
  std::vector<ImportedTensor> tensors;  ///< "weight", "bias" …; of an affine step "scale", "shift"
  std::array<std::size_t, 2> from{};    ///< the steps before it; a layer has one
  ImageShape shape;                     ///< of its output
  bool flat = false;                    ///< its output is a list, no image
};

/// Makes layers of the steps that lead to `last`. Scale and shift per channel at the input become
/// the normalisation, behind a convolution or dense layer part of it, elsewhere a batch norm. An
/// error where the branches cannot be written as residual blocks.
Result<Imported> layers_of(std::vector<Step> steps, std::size_t last);

}  // namespace signflip::onnx
