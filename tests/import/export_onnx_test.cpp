// Networks to ONNX and back: the same logits, whatever the layers.
#include "import/onnx/export_onnx.h"

#include <gtest/gtest.h>

#include "import/onnx/import_onnx.h"
#include "import/onnx/model.h"
#include "nn/inference.h"
#include "support/networks.h"

namespace signflip::test {
namespace {

std::vector<float> logits(const Sequential& network, const std::vector<float>& images) {
  Activations activations(network, 2);
  const auto z = forward(network, images, 2, activations);
  return {z.begin(), z.end()};
}

/// The network after export and import.
Result<Sequential> returned(const Sequential& network) {
  const auto bytes = export_onnx(network);
  if (!bytes) return bytes.error();
  ImportOptions options;  // 2×6×1 could be an image of two rows, too
  options.input = network.input_shape();
  const auto imported = import_onnx(*bytes, options);
  if (!imported) return imported.error();
  auto model = load_model(imported->bytes, "returned");
  if (!model) return model.error();
  return std::move(model->network);
}

void expect_same(const Sequential& network) {
  auto back = returned(network);
  ASSERT_TRUE(back) << back.error().message << "\n" << describe(network);
  ASSERT_EQ(back->output_shape(), network.output_shape()) << describe(network);
  std::vector<float> images(2 * network.input_shape().size());
  Rng rng(3, images.size());
  for (float& pixel : images) pixel = rng.uniform();
  const auto expected = logits(network, images), found = logits(*back, images);
  for (std::size_t k = 0; k < expected.size(); ++k) {
    EXPECT_NEAR(found[k], expected[k], 1e-5F * std::max(1.0F, std::abs(expected[k])))
        << describe(network) << " back " << describe(*back);
  }
}

/// A classifier: the layers, then all their values as a list.
Sequential with_flatten(const Sequential& network, std::uint64_t seed) {
  std::vector<Layer> layers = network.architecture().layers;
  layers.emplace_back(Flatten{});
  return random_network(network.input_shape(), std::move(layers), seed);
}

TEST(ExportOnnx, RandomNetworksComeBack) {
  int came_back = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Sequential random = random_architecture(seed);
    const bool list = random.output_shape().pixels() == 1;
    const Sequential network = list ? random : with_flatten(random, seed);
    if (network.output_shape().size() == 1) continue;  // which is no classifier, and refused
    const auto bytes = export_onnx(network);
    if (!bytes) {
      const std::string& error = bytes.error().message;
      const bool known = error.find("windows of different sizes") != std::string::npos ||
                         error.find("(clipped_relu) has no operators") != std::string::npos ||
                         error.find("(contrast_normalise) has no operators") != std::string::npos;
      ASSERT_TRUE(known) << error;
      continue;
    }
    // GELU and SiLU as several operators behind a scale and a shift are not told apart from them.
    const auto back = returned(network);
    if (!back && back.error().message.find("none of our activations") != std::string::npos)
      continue;
    ++came_back;
    expect_same(network);
    if (HasFailure()) return;
  }
  EXPECT_GT(came_back, 80);
}

TEST(ExportOnnx, ADenoiserComesBack) {
  expect_same(random_network({8, 8, 2},
                             {Conv2d{4, {3, 3}, {2, 2}, {1, 1}}, Relu{}, Upsample2d{{2, 2}},
                              Conv2d{2, {3, 3}, {1, 1}, {1, 1}}, Sigmoid{}},
                             4));
}

TEST(ExportOnnx, IsAGraphOfOneOperatorForEachLayer) {
  const Sequential network = usual_network();
  const auto bytes = export_onnx(network);
  ASSERT_TRUE(bytes);
  EXPECT_TRUE(onnx::looks_like_onnx(*bytes));
  const auto model = onnx::parse_model(*bytes);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->opset, 17);
  EXPECT_EQ(model->producer, "signflip");
  ASSERT_EQ(model->inputs.size(), 1U);
  EXPECT_EQ(model->inputs[0].shape, (std::vector<std::int64_t>{-1, 2, 8, 8}));
  ASSERT_EQ(model->outputs.size(), 1U);
  EXPECT_EQ(model->outputs[0].name, "logits");
  EXPECT_EQ(model->outputs[0].shape, (std::vector<std::int64_t>{-1, 6}));
  std::vector<std::string> operators;
  for (const onnx::Node& node : model->nodes) operators.push_back(node.op);
  EXPECT_EQ(operators,
            (std::vector<std::string>{"Sub", "Div", "Conv", "BatchNormalization", "Relu", "MaxPool",
                                      "Conv", "Relu", "BatchNormalization", "Sigmoid", "Flatten",
                                      "Gemm", "Relu", "Gemm", "Identity"}));
  const onnx::Constant& weight = model->constants.at("0.weight");
  EXPECT_EQ(weight.shape, (std::vector<std::int64_t>{5, 2, 3, 3}));
}

TEST(ExportOnnx, EveryCutOfTheFileIsAnError) {
  const auto bytes = export_onnx(random_network({2, 2, 1}, {Flatten{}, Dense{3}}, 1));
  ASSERT_TRUE(bytes);
  for (std::size_t size = 0; size < bytes->size(); ++size) {
    const auto cut = import_onnx(std::span(*bytes).first(size), {});
    ASSERT_FALSE(cut) << size;
    ASSERT_FALSE(cut.error().message.empty());
  }
}

}  // namespace
}  // namespace signflip::test
