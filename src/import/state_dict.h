// A PyTorch state_dict, saved as safetensors, and an architecture → a network. A state_dict says
// nothing of activations, strides or pools, so the architecture is given, or inferred where the
// tensors are exactly those of one that is known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "import/imported.h"
#include "nn/layers.h"
#include "nn/safetensors.h"

namespace signflip {

/// An architecture that a state_dict is tried on.
struct StateArchitecture {
  std::string label;  ///< for messages: "lenet", or the file's name
  Architecture architecture;
};

/// What became of a state_dict.
struct StateImport {
  OrderedJson architecture;
  std::vector<std::uint8_t> bytes;  ///< of a model file, for the loader
  /// Which module of the file each layer with weights took: {"4 dense", "classifier.0"}.
  std::vector<std::pair<std::string, std::string>> modules;
  std::vector<std::string> notes;
};

/// How the caller names the architecture; both empty: it is inferred.
struct ArchitectureChoice {
  std::string name;                       ///< a built-in one
  std::optional<Architecture> from_file;  ///< or one from a file …
  std::string file;                       ///< … of that name
};

/// Modules (tensors with a common prefix: "module.features.0") are matched to layers by the shapes
/// of their tensors; modules of equal shapes in the natural order of their names, in which a number
/// counts as a number. F32, F16, BF16 and F64 weights; num_batches_tracked and other single
/// integers are dropped; an absent bias is zero. Every other tensor must have its layer.
Result<StateImport> import_state_dict(const Safetensors& file, const ArchitectureChoice& choice,
                                      const ImportOptions& options);

}  // namespace signflip
