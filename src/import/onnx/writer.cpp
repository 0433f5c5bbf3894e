#include "import/onnx/writer.h"

#include "import/onnx/model.h"

namespace signflip::onnx {
namespace {

constexpr std::int64_t kIrVersion = 8, kOpset = 17;
/// Numbers of AttributeProto's types.
constexpr std::int64_t kRealType = 1, kIntegerType = 2, kTextType = 3, kIntegersType = 7;

/// A side of −1 is the batch: any number.
ProtoWriter value_info(std::string_view name, const std::vector<std::int64_t>& sides) {
  ProtoWriter shape;
  for (const std::int64_t side : sides) {
    ProtoWriter dimension;
    if (side < 0) {
      dimension.text(field::kSideName, "N");
    } else {
      dimension.integer(field::kSideValue, side);
    }
    shape.message(field::kSide, dimension);
  }
  ProtoWriter tensor, type, info;
  tensor.integer(field::kElement, kFloat);
  tensor.message(field::kShape, shape);
  type.message(field::kTensorType, tensor);
  info.text(field::kValueName, name);
  info.message(field::kValueType, type);
  return info;
}

}  // namespace

GraphWriter::Given GraphWriter::whole(std::string name, std::int64_t value) {
  return {.name = std::move(name), .integers = {value}, .text = {}, .kind = Given::Kind::integer};
}
GraphWriter::Given GraphWriter::list(std::string name, std::vector<std::int64_t> values) {
  return {.name = std::move(name),
          .integers = std::move(values),
          .text = {},
          .kind = Given::Kind::integers};
}
GraphWriter::Given GraphWriter::real(std::string name, double value) {
  return {.name = std::move(name),
          .integers = {},
          .real = value,
          .text = {},
          .kind = Given::Kind::real};
}
GraphWriter::Given GraphWriter::text(std::string name, std::string value) {
  return {
      .name = std::move(name), .integers = {}, .text = std::move(value), .kind = Given::Kind::text};
}

std::string GraphWriter::constant(std::string name, const std::vector<std::size_t>& shape,
                                  std::span<const float> values) {
  ProtoWriter tensor;
  for (const std::size_t side : shape) {
    tensor.integer(field::kSides, static_cast<std::int64_t>(side));
  }
  tensor.integer(field::kDataType, kFloat);
  tensor.text(field::kTensorName, name);
  tensor.bytes(field::kRaw,
               {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
  constants_.push_back(std::move(tensor));
  return name;
}

std::string GraphWriter::integers(std::string name, std::span<const std::int64_t> values) {
  ProtoWriter tensor;
  tensor.integer(field::kSides, static_cast<std::int64_t>(values.size()));
  tensor.integer(field::kDataType, kInt64);
  tensor.text(field::kTensorName, name);
  tensor.bytes(field::kRaw,
               {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
  constants_.push_back(std::move(tensor));
  return name;
}

std::string GraphWriter::node(std::string_view op, std::string name,
                              const std::vector<std::string>& inputs,
                              const std::vector<Given>& attributes) {
  ProtoWriter node;
  for (const std::string& input : inputs) node.text(field::kNodeInput, input);
  node.text(field::kNodeOutput, name);
  node.text(field::kNodeName, name);
  node.text(field::kOperator, op);
  for (const Given& given : attributes) {
    ProtoWriter attribute;
    attribute.text(field::kName, given.name);
    switch (given.kind) {
      case Given::Kind::integer:
        attribute.integer(field::kInteger, given.integers[0]);
        attribute.integer(field::kType, kIntegerType);
        break;
      case Given::Kind::integers:
        for (const std::int64_t value : given.integers) {
          attribute.integer(field::kIntegers, value);
        }
        attribute.integer(field::kType, kIntegersType);
        break;
      case Given::Kind::real:
        attribute.real(field::kReal, static_cast<float>(given.real));
        attribute.integer(field::kType, kRealType);
        break;
      case Given::Kind::text:
        attribute.text(field::kText, given.text);
        attribute.integer(field::kType, kTextType);
        break;
    }
    node.message(field::kAttribute, attribute);
  }
  nodes_.push_back(std::move(node));
  return name;
}

std::vector<std::uint8_t> GraphWriter::finish(const std::string& name, const std::string& output,
                                              const std::vector<std::int64_t>& input_sides,
                                              const std::vector<std::int64_t>& output_sides) const {
  constexpr std::string_view kOutput = "logits";
  GraphWriter last;
  last.node("Identity", std::string(kOutput), {output});
  ProtoWriter graph;
  for (const ProtoWriter& node : nodes_) graph.message(field::kNode, node);
  graph.message(field::kNode, last.nodes_[0]);
  graph.text(field::kGraphName, name.empty() ? "net" : name);
  for (const ProtoWriter& constant : constants_) graph.message(field::kInitialiser, constant);
  graph.message(field::kInput, value_info(kInput, input_sides));
  graph.message(field::kOutput, value_info(kOutput, output_sides));
  ProtoWriter opset, model;
  opset.integer(field::kVersion, kOpset);
  model.integer(field::kIrVersion, kIrVersion);
  model.text(field::kProducer, "signflip");
  model.text(field::kProducerVersion, SIGNFLIP_VERSION);
  model.message(field::kGraph, graph);
  model.message(field::kOpset, opset);
  return model.finished();
}

}  // namespace signflip::onnx
