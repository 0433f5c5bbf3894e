// TensorProto: values in any of the ways in which it holds them.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/bits.h"
#include "core/concat.h"
#include "import/onnx/model.h"
#include "import/onnx/protobuf.h"
#include "nn/half.h"
#include "nn/layers/rules.h"

namespace signflip::onnx {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// Elements of a shape; an error where they are more than a network may have weights.
Result<std::size_t> elements(const std::string& name, const std::vector<std::int64_t>& shape) {
  if (shape.size() > kMaximumRank) return Error{concat("tensor ", name, " has too many sides")};
  std::size_t count = 1;
  for (const std::int64_t side : shape) {
    if (side < 0 || side > static_cast<std::int64_t>(kMaximumParameters)) {
      return Error{concat("tensor ", name, " has the impossible side ", side)};
    }
    count *= static_cast<std::size_t>(side);
    if (count > kMaximumParameters) return Error{concat("tensor ", name, " is too large")};
  }
  return count;
}

template <class T>
double value_at(Bytes raw, std::size_t index) {
  T value{};
  std::memcpy(&value, raw.data() + index * sizeof value, sizeof value);
  return static_cast<double>(value);
}

double bfloat_at(Bytes raw, std::size_t index) {
  std::uint16_t upper = 0;
  std::memcpy(&upper, raw.data() + 2 * index, sizeof upper);
  return static_cast<double>(float_from_bits(std::uint32_t{upper} << 16));
}

double half_at(Bytes raw, std::size_t index) {
  std::uint16_t half = 0;
  std::memcpy(&half, raw.data() + 2 * index, sizeof half);
  return static_cast<double>(half_to_float(half));
}

struct Element {
  std::int64_t type;
  std::size_t bytes;
  bool whole;
  double (*at)(Bytes raw, std::size_t index);
};

constexpr Element kElements[] = {
    {kFloat, 4, false, value_at<float>},
    {kDouble, 8, false, value_at<double>},
    {kFloat16, 2, false, half_at},
    {kBfloat16, 2, false, bfloat_at},
    {kInt64, 8, true, value_at<std::int64_t>},
    {kInt32, 4, true, value_at<std::int32_t>},
    {kUint8, 1, true, value_at<std::uint8_t>},
    {kInt8, 1, true, value_at<std::int8_t>},
    {kBool, 1, true, value_at<std::uint8_t>},
};

/// The parts of a TensorProto, before they are one tensor.
struct RawTensor {
  std::string name;
  std::vector<std::int64_t> shape, integers;
  std::vector<double> reals;
  std::int64_t type = 0;
  Bytes raw;
  bool has_raw = false, elsewhere = false;
};

Result<Constant> assembled(const RawTensor& raw) {
  const auto found = std::find_if(std::begin(kElements), std::end(kElements),
                                  [&](const Element& e) { return e.type == raw.type; });
  if (found == std::end(kElements)) {
    return Error{concat("tensor ", raw.name, " has the data type ", raw.type,
                        ", expected float, double, float16, bfloat16 or whole numbers")};
  }
  if (raw.elsewhere) {
    return Error{concat("the values of tensor ", raw.name,
                        " lie in another file: save the model with its weights inside")};
  }
  const auto count = elements(raw.name, raw.shape);
  if (!count) return count.error();
  Constant constant{raw.shape, found->whole, {}};
  if (raw.has_raw) {
    if (raw.raw.size() != *count * found->bytes) {
      return Error{concat("tensor ", raw.name, " has ", raw.raw.size(), " bytes, expected ",
                          *count * found->bytes)};
    }
    constant.values.resize(*count);
    for (std::size_t i = 0; i < *count; ++i) constant.values[i] = found->at(raw.raw, i);
  } else if (raw.type == kFloat || raw.type == kDouble) {
    constant.values = raw.reals;
  } else if (raw.type == kFloat16 || raw.type == kBfloat16) {
    for (const std::int64_t bits : raw.integers) {
      const auto half = static_cast<std::uint16_t>(bits);
      const Bytes bytes(reinterpret_cast<const std::uint8_t*>(&half), sizeof half);
      constant.values.push_back(found->at(bytes, 0));
    }
  } else {
    constant.values.assign(raw.integers.begin(), raw.integers.end());
  }
  if (constant.values.size() != *count) {
    return Error{
        concat("tensor ", raw.name, " has ", constant.values.size(), " values, expected ", *count)};
  }
  return constant;
}

}  // namespace

Result<Constant> read_tensor(Bytes bytes, std::string& name) {
  RawTensor raw;
  ProtoReader reader(bytes);
  ProtoField f;
  bool good = true;
  while (good && reader.next(f)) {
    switch (f.number) {
      case field::kSides:
        good = append_integers(f, raw.shape);
        break;
      case field::kDataType:
        raw.type = f.integer();
        break;
      case field::kFloats:
        good = append_floats(f, raw.reals);
        break;
      case field::kInt32s:
      case field::kInt64s:
        good = append_integers(f, raw.integers);
        break;
      case field::kDoubles:
        good = append_doubles(f, raw.reals);
        break;
      case field::kTensorName:
        raw.name = f.text();
        break;
      case field::kRaw:
        raw.raw = f.bytes;
        raw.has_raw = true;
        break;
      case field::kLocation:
        raw.elsewhere = f.integer() != 0;
        break;
      default:
        break;
    }
  }
  if (!good || reader.failed()) return damaged("tensor " + raw.name);
  name = raw.name;
  return assembled(raw);
}

std::vector<std::int64_t> Constant::integers() const {
  std::vector<std::int64_t> result;
  constexpr double kExact = 9007199254740992.0;
  for (const double value : values) {
    result.push_back(std::abs(value) <= kExact ? static_cast<std::int64_t>(value)
                                               : (value > 0 ? INT64_MAX : INT64_MIN));
  }
  return result;
}

}  // namespace signflip::onnx
