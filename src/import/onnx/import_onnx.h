// ONNX → a network: CNN operators of opset 7 to 21. Branches that are added become residual blocks,
// constants are folded, element-wise operators become the activation that they compute.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "import/imported.h"

namespace signflip {

struct OnnxImport {
  OrderedJson architecture;
  std::vector<std::uint8_t> bytes;  ///< of a model file, for the loader
  std::vector<std::string> notes;
};

/// An error names the operator and its node where we have none of its kind, and lists those that
/// are read; `options.input` is needed where the file does not fix the shape of an image.
Result<OnnxImport> import_onnx(std::span<const std::uint8_t> bytes, const ImportOptions& options);

}  // namespace signflip
