// Values of tensors in the types that other programs store; the loader of model files knows fewer.
#pragma once

#include <vector>

#include "core/result.h"
#include "nn/safetensors.h"

namespace signflip {

/// As float32: of F32, F16, BF16 (exact) or F64 (rounded) values. Another dtype, and a value that
/// is not a finite number, is an error.
Result<std::vector<float>> imported_values(const StoredTensor& tensor);

/// "64×3×5×5", or "a single value".
std::string shape_text(const std::vector<std::size_t>& shape);

}  // namespace signflip
