// What is not read is refused by the operator's name and its node's.
#include <gtest/gtest.h>

#include "import/onnx/translator.h"
#include "support/onnx_graph.h"

namespace signflip::test {
namespace {

/// The error of a graph whose one node, "here", is this.
std::string error_of_node(const std::string& op, const std::vector<Given>& attributes = {},
                          const Sides& input = {-1, 3, 4, 4}) {
  Graph g;
  return error_of(g.file(g.node(op, "here", {"image"}, attributes), input));
}

void expect_names(const std::string& error, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    EXPECT_NE(error.find(part), std::string::npos) << error << "\nlacks " << part;
  }
}

TEST(OnnxRefusals, AnOperatorThatIsNotReadIsNamedWithThoseThatAre) {
  expect_names(
      error_of_node("HardSwish"),
      {"operator HardSwish (node here) is not among those that are read", "Conv, ", "Relu"});
  expect_names(error_of_node("LSTM"), {"operator LSTM (node here)"});
}

TEST(OnnxRefusals, WhatAnOperatorAsksForAndNoLayerDoes) {
  const auto kernel = GraphWriter::list("kernel_shape", {2, 2});
  expect_names(error_of_node("MaxPool", {kernel, GraphWriter::list("pads", {1, 1, 1, 1})}),
               {"operator MaxPool (node here) is padded"});
  expect_names(error_of_node("MaxPool", {kernel, GraphWriter::list("dilations", {2, 2})}),
               {"MaxPool (node here) is dilated"});
  expect_names(error_of_node("MaxPool", {GraphWriter::list("kernel_shape", {3, 3}),
                                         GraphWriter::list("strides", {2, 2}),
                                         GraphWriter::whole("ceil_mode", 1)}),
               {"ceil_mode"});
  expect_names(error_of_node("AveragePool", {kernel, GraphWriter::list("pads", {0, 0, 1, 1})}),
               {"padded more on one side"});
  expect_names(error_of_node("ReduceMean", {GraphWriter::list("axes", {1})}),
               {"ReduceMean (node here) is read only as the mean over height and width"});
  expect_names(error_of_node("Transpose", {GraphWriter::list("perm", {0, 2, 1, 3})}),
               {"Transpose (node here) orders the axes", "N×H×W×C"});
  expect_names(error_of_node("Gelu", {GraphWriter::text("approximate", "tanh")}),
               {"Gelu (node here)", "tanh"});
  expect_names(error_of_node("Softmax"), {"takes an image of 4×4×3, expected a list"});
  expect_names(error_of_node("Exp"), {"the operators Exp compute a function that is none of our "
                                      "activations: relu"});
}

TEST(OnnxRefusals, AttributesThatWouldBePassedOver) {
  expect_names(error_of_node("MaxPool", {GraphWriter::list("kernel_shape", {2, 2}),
                                         GraphWriter::list("stride", {2, 2})}),
               {"MaxPool (node here) has the attribute stride, which is none of ONNX's"});
  expect_names(error_of_node("LeakyRelu", {GraphWriter::whole("alpha", 1)}),
               {"LeakyRelu (node here) has the attribute alpha of type 2, expected 1"});
}

TEST(OnnxRefusals, BatchNormInTrainingModeBeforeOpset14HasMoreOutputs) {
  Graph g;
  std::vector<std::string> inputs = {"image"};
  for (const char* const name : {"weight", "bias", "mean", "variance"}) {
    inputs.push_back(g.random(name, {3}));
  }
  const auto out = g.node("BatchNormalization", "here", inputs);
  const auto file = g.file(g.node("Flatten", "flat", {out}), {-1, 3, 1, 1});
  auto model = onnx::parse_model(file);
  ASSERT_TRUE(model) << model.error().message;
  const ImportOptions options;
  const auto read = [&] { return onnx::Translator(*model, options).run(); };
  EXPECT_TRUE(read());
  model->nodes[0].outputs.insert(model->nodes[0].outputs.end(), {"", ""});
  EXPECT_TRUE(read()) << "left out";
  model->nodes[0].outputs.back() = "here.variance";
  const auto refused = read();
  ASSERT_FALSE(refused);
  expect_names(refused.error().message, {"BatchNormalization (node here) is in training mode"});
}

TEST(OnnxRefusals, OneNumberIsNoClassifier) {
  Graph g;
  const auto flat = g.node("Flatten", "flat", {"image"});
  const auto out =
      g.node("Gemm", "out", {flat, g.random("w", {1, 4})}, {GraphWriter::whole("transB", 1)});
  expect_names(error_of(g.file(out, {-1, 1, 2, 2})),
               {"its output is one number, expected a logit for each class"});
}

TEST(OnnxRefusals, OperatorsOfOtherDomains) {
  const auto bytes = [] {
    onnx::ProtoWriter node, graph, opset, model;
    node.text(onnx::field::kNodeInput, "image");
    node.text(onnx::field::kNodeOutput, "logits");
    node.text(onnx::field::kOperator, "FusedConv");
    node.text(onnx::field::kNodeDomain, "com.microsoft");
    graph.message(onnx::field::kNode, node);
    opset.integer(onnx::field::kVersion, 17);
    Graph shape;
    const auto parsed = onnx::parse_model(shape.file("image", {-1, 1, 2, 2}));
    EXPECT_TRUE(parsed);
    onnx::ProtoWriter dimension, sides, tensor, type, input, output;
    for (int i = 0; i < 4; ++i) {
      onnx::ProtoWriter side;
      side.integer(onnx::field::kSideValue, 1);
      sides.message(onnx::field::kSide, side);
    }
    tensor.message(onnx::field::kShape, sides);
    type.message(onnx::field::kTensorType, tensor);
    input.text(onnx::field::kValueName, "image");
    input.message(onnx::field::kValueType, type);
    output.text(onnx::field::kValueName, "logits");
    graph.message(onnx::field::kInput, input);
    graph.message(onnx::field::kOutput, output);
    model.message(onnx::field::kGraph, graph);
    model.message(onnx::field::kOpset, opset);
    return model.finished();
  }();
  expect_names(error_of(bytes), {"operator FusedConv is of the domain com.microsoft"});
}

TEST(OnnxRefusals, ZerosThatNoConvolutionTakes) {
  for (const char* const op : {"Relu", "Sigmoid", "Clip", "MaxPool", "GlobalAveragePool"}) {
    Graph g;
    const auto padded = g.node("Pad", "pad", {"image", g.whole("pads", {0, 0, 1, 1, 0, 0, 1, 1})});
    const auto out = g.node(op, "here", {padded}, {GraphWriter::list("kernel_shape", {2, 2})});
    expect_names(error_of(g.file(out, {-1, 3, 4, 4})), {"operator Pad is read only in front"});
  }
}

TEST(OnnxRefusals, TwoComputedImagesOtherThanASum) {
  Graph g;
  const auto a = g.node("Conv", "a", {"image", g.random("w", {3, 3, 1, 1})});
  const auto b = g.node("Conv", "b", {"image", g.random("v", {3, 3, 1, 1}, 2)});
  expect_names(error_of(g.file(g.node("Mul", "here", {a, b}), {-1, 3, 4, 4})),
               {"operator Mul (node here) combines two computed images; only their sum is read"});
}

TEST(OnnxRefusals, WeightsThatDoNotFit) {
  Graph g;
  const auto conv = g.node("Conv", "here", {"image", g.random("w", {4, 2, 3, 3})});
  expect_names(error_of(g.file(conv, {-1, 3, 4, 4})),
               {"Conv (node here) has weights of 4×2×3×3", "do not fit its input 4×4×3"});
  Graph h;
  const auto flat = h.node("Flatten", "f", {"image"}, {GraphWriter::whole("axis", 1)});
  expect_names(
      error_of(h.file(h.node("MatMul", "here", {flat, h.random("w", {5, 2})}), {-1, 1, 2, 2})),
      {"MatMul (node here) has weights of 5×2, expected 4 rows"});
}

TEST(OnnxRefusals, NamesThatNothingMakesAndOutputsOfNothing) {
  Graph g;
  expect_names(error_of(g.file(g.node("Relu", "here", {"nobody"}), {-1, 1, 2, 2})),
               {"reads nobody, which no node before it makes"});
  Graph h;
  expect_names(error_of(h.file(h.random("w", {1, 3}), {-1, 1, 2, 2})),
               {"its output does not depend on its input"});
}

TEST(OnnxRefusals, ShapesThatAreNotFixed) {
  Graph g;
  const auto out = g.node("Relu", "here", {"image"});
  expect_names(error_of(g.file(out, {-1, 3, -1, -1})), {"not fixed", "'input'"});
  ImportOptions options;
  options.input = {4, 4, 1};
  expect_names(error_of(g.file(out, {-1, 3, 4, 4}), options),
               {"input is 4×4×1", "but the model's"});
}

}  // namespace
}  // namespace signflip::test
