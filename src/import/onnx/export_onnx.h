// A network → ONNX (opset 17): one operator for each layer, normalisation included, so that it
// takes pixels in [0,1] as N×C×H×W and gives logits.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "nn/sequential.h"

namespace signflip {

/// The bytes of a ModelProto. Values keep the names of the layers' tensors; dropout is left out. An
/// error names a layer that has no operator.
Result<std::vector<std::uint8_t>> export_onnx(const Sequential& network);

}  // namespace signflip
