// An ONNX file as data: nodes, constants, inputs and outputs, as onnx.proto says. What the
// operators mean is not its business. Reads untrusted bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip::onnx {

/// Sides that a tensor may have.
inline constexpr std::size_t kMaximumRank = 8;

/// A tensor whose values are known. Whole numbers are exact up to 2^53.
struct Constant {
  std::vector<std::int64_t> shape;
  bool whole = false;          ///< of integers
  std::vector<double> values;  ///< row-major

  std::vector<std::int64_t> integers() const;
};

struct Attribute {
  std::int64_t type = 0;  ///< as the file says: 1 real, 2 integer, 3 text, 4 tensor, 6 reals, 7
                          ///< integers; 0 where it does not
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  Constant tensor;
  bool has_tensor = false;
};

struct Node {
  std::string name, op, domain;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute, std::less<>> attributes;

  const Attribute* find(std::string_view attribute) const;
  std::int64_t integer(std::string_view attribute, std::int64_t fallback) const;
  double real(std::string_view attribute, double fallback) const;
  std::string text(std::string_view attribute, std::string_view fallback) const;
  std::vector<std::int64_t> integers(std::string_view attribute,
                                     const std::vector<std::int64_t>& fallback = {}) const;
  /// "Conv (node /conv1/Conv)", for messages.
  std::string shown() const;
};

/// A name with a shape; a side that is not fixed is −1.
struct ValueInfo {
  std::string name;
  std::vector<std::int64_t> shape;
};

struct Model {
  std::int64_t opset = 0;
  std::string producer;
  std::vector<Node> nodes;
  std::map<std::string, Constant, std::less<>> constants;
  std::vector<ValueInfo> inputs, outputs;
};

/// An error where the node has an attribute that ONNX's operators do not have, or one of another
/// type: it would be passed over, and its default taken.
Status check_attributes(const Node& node);

/// Whether the bytes begin as ONNX files do.
bool looks_like_onnx(std::span<const std::uint8_t> bytes);

/// Parses a ModelProto. An error where the bytes are cut or damaged, where values lie in another
/// file, and where the file uses what the reader does not have: sparse tensors, functions of its
/// own.
Result<Model> parse_model(std::span<const std::uint8_t> bytes);

/// One TensorProto and its name; model.cpp reads the rest.
Result<Constant> read_tensor(std::span<const std::uint8_t> bytes, std::string& name);
/// That a part of the file is damaged or cut off.
Error damaged(std::string_view what);

/// Numbers of the types of TensorProto that are read and written.
enum DataType : std::int64_t {
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kInt32 = 6,
  kInt64 = 7,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kBfloat16 = 16
};

/// Fields of the messages that are read and written.
namespace field {
enum Model : std::uint32_t {
  kIrVersion = 1,
  kProducer = 2,
  kProducerVersion = 3,
  kGraph = 7,
  kOpset = 8,
  kFunctions = 25
};
enum Opset : std::uint32_t { kDomain = 1, kVersion = 2 };
enum Graph : std::uint32_t {
  kNode = 1,
  kGraphName = 2,
  kInitialiser = 5,
  kInput = 11,
  kOutput = 12,
  kSparse = 15
};
enum Node : std::uint32_t {
  kNodeInput = 1,
  kNodeOutput = 2,
  kNodeName = 3,
  kOperator = 4,
  kAttribute = 5,
  kNodeDomain = 7
};
enum Attribute : std::uint32_t {
  kName = 1,
  kReal = 2,
  kInteger = 3,
  kText = 4,
  kTensor = 5,
  kReals = 7,
  kIntegers = 8,
  kType = 20
};
enum Tensor : std::uint32_t {
  kSides = 1,
  kDataType = 2,
  kFloats = 4,
  kInt32s = 5,
  kInt64s = 7,
  kTensorName = 8,
  kRaw = 9,
  kDoubles = 10,
  kLocation = 14
};
enum ValueInfo : std::uint32_t { kValueName = 1, kValueType = 2 };
enum Type : std::uint32_t {
  kTensorType = 1,
  kElement = 1,
  kShape = 2,
  kSide = 1,
  kSideValue = 1,
  kSideName = 2
};
}  // namespace field

}  // namespace signflip::onnx
