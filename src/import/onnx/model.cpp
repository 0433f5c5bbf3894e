#include "import/onnx/model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/concat.h"
#include "import/onnx/protobuf.h"
#include "nn/half.h"
#include "nn/layers/rules.h"

namespace signflip::onnx {
namespace {

using Bytes = std::span<const std::uint8_t>;
constexpr std::size_t kMaximumNodes = 5000;

Status read_attribute(Bytes bytes, Node& node) {
  std::string name;
  Attribute attribute;
  ProtoReader reader(bytes);
  ProtoField f;
  bool good = true;
  while (good && reader.next(f)) {
    switch (f.number) {
      case field::kName:
        name = f.text();
        break;
      case field::kType:
        attribute.type = f.integer();
        break;
      case field::kReal:
        attribute.real = static_cast<double>(f.real());
        break;
      case field::kInteger:
        attribute.integer = f.integer();
        break;
      case field::kText:
        attribute.text = f.text();
        break;
      case field::kTensor: {
        std::string unused;
        auto tensor = read_tensor(f.bytes, unused);
        if (!tensor) return tensor.error();
        attribute.tensor = std::move(*tensor);
        attribute.has_tensor = true;
        break;
      }
      case field::kReals:
        good = append_floats(f, attribute.reals);
        break;
      case field::kIntegers:
        good = append_integers(f, attribute.integers);
        break;
      default:
        break;
    }
  }
  if (!good || reader.failed()) return damaged("attribute " + name);
  node.attributes[name] = std::move(attribute);
  return {};
}

Result<Node> read_node(Bytes bytes) {
  Node node;
  ProtoReader reader(bytes);
  ProtoField f;
  while (reader.next(f)) {
    switch (f.number) {
      case field::kNodeInput:
        node.inputs.emplace_back(f.text());
        break;
      case field::kNodeOutput:
        node.outputs.emplace_back(f.text());
        break;
      case field::kNodeName:
        node.name = f.text();
        break;
      case field::kOperator:
        node.op = f.text();
        break;
      case field::kNodeDomain:
        node.domain = f.text();
        break;
      case field::kAttribute: {
        const Status read = read_attribute(f.bytes, node);
        if (!read) return read.error();
        break;
      }
      default:
        break;
    }
  }
  if (reader.failed()) return damaged("node " + node.name);
  return node;
}

/// Follows one field of each message down; false where it is not there.
bool descend(Bytes& bytes, std::initializer_list<std::uint32_t> path) {
  for (const std::uint32_t number : path) {
    ProtoReader reader(bytes);
    ProtoField f;
    bool found = false;
    while (reader.next(f)) {
      if (f.number != number || f.kind != ProtoField::Kind::bytes) continue;
      bytes = f.bytes;
      found = true;
      break;
    }
    if (!found) return false;
  }
  return true;
}

ValueInfo read_value_info(Bytes bytes) {
  ValueInfo info;
  ProtoReader reader(bytes);
  ProtoField f;
  while (reader.next(f)) {
    if (f.number == field::kValueName) info.name = f.text();
  }
  if (!descend(bytes, {field::kValueType, field::kTensorType, field::kShape})) return info;
  ProtoReader sides(bytes);
  while (sides.next(f) && info.shape.size() <= kMaximumRank) {
    if (f.number != field::kSide) continue;
    std::int64_t side = -1;
    ProtoReader inside(f.bytes);
    ProtoField g;
    while (inside.next(g)) {
      if (g.number == field::kSideValue && g.kind == ProtoField::Kind::varint) side = g.integer();
    }
    info.shape.push_back(side > 0 ? side : -1);
  }
  return info;
}

Status read_graph(Bytes bytes, Model& model) {
  ProtoReader reader(bytes);
  ProtoField f;
  while (reader.next(f)) {
    switch (f.number) {
      case field::kNode: {
        auto node = read_node(f.bytes);
        if (!node) return node.error();
        if (model.nodes.size() == kMaximumNodes) return Error{"its graph has too many nodes"};
        model.nodes.push_back(std::move(*node));
        break;
      }
      case field::kInitialiser: {
        std::string name;
        auto tensor = read_tensor(f.bytes, name);
        if (!tensor) return tensor.error();
        model.constants[name] = std::move(*tensor);
        break;
      }
      case field::kInput:
        model.inputs.push_back(read_value_info(f.bytes));
        break;
      case field::kOutput:
        model.outputs.push_back(read_value_info(f.bytes));
        break;
      case field::kSparse:
        return Error{"it holds sparse tensors, which are not read"};
      default:
        break;
    }
  }
  if (reader.failed()) return damaged("graph");
  return {};
}

void read_opset(Bytes bytes, Model& model) {
  std::string domain;
  std::int64_t version = 0;
  ProtoReader reader(bytes);
  ProtoField f;
  while (reader.next(f)) {
    if (f.number == field::kDomain) domain = f.text();
    if (f.number == field::kVersion) version = f.integer();
  }
  if (domain.empty() || domain == "ai.onnx") model.opset = version;
}

}  // namespace

Error damaged(std::string_view what) {
  return Error{concat("it is not a readable ONNX file: its ", what, " is damaged or cut off")};
}

const Attribute* Node::find(std::string_view attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? nullptr : &found->second;
}

std::int64_t Node::integer(std::string_view attribute, std::int64_t fallback) const {
  const Attribute* const found = find(attribute);
  return found != nullptr ? found->integer : fallback;
}

double Node::real(std::string_view attribute, double fallback) const {
  const Attribute* const found = find(attribute);
  return found != nullptr ? found->real : fallback;
}

std::string Node::text(std::string_view attribute, std::string_view fallback) const {
  const Attribute* const found = find(attribute);
  return found != nullptr ? found->text : std::string(fallback);
}

std::vector<std::int64_t> Node::integers(std::string_view attribute,
                                         const std::vector<std::int64_t>& fallback) const {
  const Attribute* const found = find(attribute);
  return found != nullptr ? found->integers : fallback;
}

std::string Node::shown() const {
  return name.empty() ? concat("operator ", op) : concat("operator ", op, " (node ", name, ")");
}

Status check_attributes(const Node& node) {
  enum Type : std::int64_t { kReal = 1, kInteger, kText, kTensor, kReals = 6, kIntegers, kTexts };
  struct Known {
    std::string_view name;
    std::int64_t type, other = 0;
  };
  // Of the operators that are read, in any opset from 1 on, whether they matter or not.
  static constexpr Known kKnown[] = {{"allowzero", kInteger},
                                     {"alpha", kReal},
                                     {"antialias", kInteger},
                                     {"approximate", kText},
                                     {"auto_pad", kText},
                                     {"axes", kIntegers},
                                     {"axis", kInteger},
                                     {"beta", kReal},
                                     {"broadcast", kInteger},
                                     {"ceil_mode", kInteger},
                                     {"coordinate_transformation_mode", kText},
                                     {"count_include_pad", kInteger},
                                     {"cubic_coeff_a", kReal},
                                     {"dilations", kIntegers},
                                     {"dtype", kInteger},
                                     {"end", kInteger},
                                     {"epsilon", kReal},
                                     {"exclude_outside", kInteger},
                                     {"extrapolation_value", kReal},
                                     {"group", kInteger},
                                     {"is_test", kInteger},
                                     {"keep_aspect_ratio_policy", kText},
                                     {"keepdims", kInteger},
                                     {"kernel_shape", kIntegers},
                                     {"max", kReal},
                                     {"min", kReal},
                                     {"mode", kText},
                                     {"momentum", kReal},
                                     {"nearest_mode", kText},
                                     {"noop_with_empty_axes", kInteger},
                                     {"pads", kIntegers},
                                     {"perm", kIntegers},
                                     {"ratio", kReal},
                                     {"saturate", kInteger},
                                     {"scales", kReals},
                                     {"seed", kInteger},
                                     {"shape", kIntegers},
                                     {"sparse_value", 11},
                                     {"spatial", kInteger},
                                     {"start", kInteger},
                                     {"storage_order", kInteger},
                                     {"strides", kIntegers},
                                     {"to", kInteger},
                                     {"training_mode", kInteger},
                                     {"transA", kInteger},
                                     {"transB", kInteger},
                                     {"value", kTensor, kReal},
                                     {"value_float", kReal},
                                     {"value_floats", kReals},
                                     {"value_int", kInteger},
                                     {"value_ints", kIntegers},
                                     {"value_string", kText},
                                     {"value_strings", kTexts}};
  for (const auto& [name, attribute] : node.attributes) {
    const auto known =
        std::find_if(std::begin(kKnown), std::end(kKnown),
                     [&wanted = name](const Known& one) { return one.name == wanted; });
    if (known == std::end(kKnown)) {
      return Error{concat(node.shown(), " has the attribute ", name, ", which is none of ONNX's")};
    }
    if (attribute.type != 0 && attribute.type != known->type && attribute.type != known->other) {
      return Error{concat(node.shown(), " has the attribute ", name, " of type ", attribute.type,
                          ", expected ", known->type)};
    }
  }
  return {};
}

bool looks_like_onnx(std::span<const std::uint8_t> bytes) {
  // ir_version first, as every writer does, then a known field of ModelProto.
  if (bytes.size() < 8 || bytes[0] != 8 || bytes[1] == 0 || bytes[1] > 31) return false;
  constexpr std::string_view kNext = "\x12\x1a\x22\x28\x32\x3a\x42";
  if (kNext.find(static_cast<char>(bytes[2])) == std::string_view::npos) return false;
  return std::any_of(bytes.begin() + 3, bytes.begin() + 8, [](std::uint8_t b) { return b != 0; });
}

Result<Model> parse_model(std::span<const std::uint8_t> bytes) {
  Model model;
  ProtoReader reader(bytes);
  ProtoField f;
  bool graph = false;
  while (reader.next(f)) {
    switch (f.number) {
      case field::kProducer:
        model.producer = f.text();
        break;
      case field::kOpset:
        read_opset(f.bytes, model);
        break;
      case field::kFunctions:
        return Error{"it defines functions of its own, which are not read"};
      case field::kGraph: {
        const Status read = read_graph(f.bytes, model);
        if (!read) return read.error();
        graph = true;
        break;
      }
      default:
        break;
    }
  }
  if (reader.failed() || !graph) return damaged("model");
  return model;
}

}  // namespace signflip::onnx
