#include "import/tensor_values.h"

#include <cmath>
#include <cstring>

#include "core/bits.h"
#include "core/concat.h"

namespace signflip {
namespace {

std::vector<float> from_bf16(const StoredTensor& tensor) {
  std::vector<float> values(tensor.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t upper = 0;  // a float32 without its lower 16 bits
    std::memcpy(&upper, tensor.bytes.data() + 2 * i, sizeof upper);
    values[i] = float_from_bits(std::uint32_t{upper} << 16);
  }
  return values;
}

std::vector<float> from_f64(const StoredTensor& tensor) {
  std::vector<float> values(tensor.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    double value = 0;
    std::memcpy(&value, tensor.bytes.data() + 8 * i, sizeof value);
    values[i] = static_cast<float>(value);
  }
  return values;
}

}  // namespace

Result<std::vector<float>> imported_values(const StoredTensor& tensor) {
  std::vector<float> values;
  if (tensor.dtype == "F32" || tensor.dtype == "F16") {
    auto floats = to_floats(tensor);
    if (!floats) return floats.error();
    values = std::move(*floats);
  } else if (tensor.dtype == "BF16") {
    values = from_bf16(tensor);
  } else if (tensor.dtype == "F64") {
    values = from_f64(tensor);
  } else {
    return Error{concat("tensor ", tensor.name, " has dtype ", tensor.dtype,
                        ", expected F32, F16, BF16 or F64")};
  }
  for (const float value : values) {
    if (!std::isfinite(value)) {
      return Error{concat("tensor ", tensor.name, " holds a value that is not a finite number")};
    }
  }
  return values;
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t side : shape) text += (text.empty() ? "" : "×") + std::to_string(side);
  return text.empty() ? "a single value" : text;
}

}  // namespace signflip
