// Graphs as exporters write them: what is folded, put together, moved or taken off, compared with
// sums by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "support/onnx_graph.h"

namespace signflip::test {
namespace {

std::string flatten(Graph& g, const std::string& value) {
  return g.node("Flatten", "flat", {value}, {GraphWriter::whole("axis", 1)});
}

/// W·x of a matrix of units×inputs.
std::vector<float> product(const std::vector<float>& weight, const std::vector<float>& x) {
  std::vector<float> y(weight.size() / x.size());
  for (std::size_t i = 0; i < weight.size(); ++i) y[i / x.size()] += weight[i] * x[i % x.size()];
  return y;
}

void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 2e-6F) << i;
}

TEST(OnnxGraphs, AMatrixProductAndASumAreADenseLayer) {
  Graph g;
  const auto flat = flatten(g, "image");
  const auto weight = g.random("w", {4, 3});
  const auto bias = g.random("b", {3}, 2);
  const auto sum = g.node("Add", "sum", {bias, g.node("MatMul", "product", {flat, weight})});
  const auto network = imported(g.file(sum, {-1, 1, 2, 2}));
  ASSERT_TRUE(network) << network.error().message;
  EXPECT_EQ(types(*network), "flatten dense");
  const std::vector<float> x = {0.1F, 0.2F, 0.3F, 0.4F}, w = random_values(12, 1);
  std::vector<float> expected = random_values(3, 2);
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t k = 0; k < 3; ++k) expected[k] += x[i] * w[3 * i + k];
  }
  expect_near(logits_of(*network, x), expected);
}

/// Shape → Gather → Unsqueeze → Concat → Reshape, as PyTorch writes x.view(x.size(0), -1).
TEST(OnnxGraphs, AComputedReshapeIsAFlatten) {
  Graph g;
  const auto shape = g.node("Shape", "shape", {"image"});
  const auto first = g.node("Gather", "first", {shape, g.whole("zero", {0})});
  const auto rest =
      g.node("Unsqueeze", "rest",
             {g.node("Squeeze", "s", {g.whole("minus", {-1})}), g.whole("axes", {0})});
  const auto to = g.node("Concat", "to", {first, rest}, {GraphWriter::whole("axis", 0)});
  const auto flat = g.node("Reshape", "flat", {"image", to});
  const auto out = g.node("Gemm", "out", {flat, g.random("w", {3, 8})},
                          {GraphWriter::whole("transB", 1), GraphWriter::real("alpha", 2.0)});
  const auto network = imported(g.file(out, {-1, 2, 2, 2}));
  ASSERT_TRUE(network) << network.error().message;
  EXPECT_EQ(types(*network), "flatten dense");
  // Ours are height, width, channel outside; the list is channel, height, width.
  const std::vector<float> image = {.1F, .5F, .2F, .6F, .3F, .7F, .4F, .8F};
  const std::vector<float> list = {.1F, .2F, .3F, .4F, .5F, .6F, .7F, .8F};
  std::vector<float> doubled = random_values(24, 1);
  for (float& v : doubled) v *= 2.0F;
  expect_near(logits_of(*network, image), product(doubled, list));
}

/// A net of Keras: N×H×W×C, and its list of values goes through height, width, channel.
TEST(OnnxGraphs, ChannelsLastAreMovedInTheWeights) {
  Graph g;
  const auto first = g.node("Transpose", "t", {"image"}, {GraphWriter::list("perm", {0, 3, 1, 2})});
  const auto relu = g.node("Relu", "relu", {first});
  const auto last = g.node("Transpose", "u", {relu}, {GraphWriter::list("perm", {0, 2, 3, 1})});
  const auto flat = g.node("Reshape", "flat", {last, g.whole("to", {-1, 12})});
  const auto scaled = g.node("Mul", "scaled", {flat, g.random("scale", {12}, 5)});
  const auto out = g.node("MatMul", "out", {scaled, g.random("w", {12, 3})});
  const auto network = imported(g.file(out, {-1, 2, 2, 3}));
  ASSERT_TRUE(network) << network.error().message;
  const std::vector<float> image = random_values(12, 9), w = random_values(36, 1);
  const std::vector<float> scale = random_values(12, 5);
  std::vector<float> expected(3);
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t k = 0; k < 3; ++k)
      expected[k] += std::max(0.0F, image[i]) * scale[i] * w[3 * i + k];
  }
  expect_near(logits_of(*network, image), expected);
}

TEST(OnnxGraphs, AScaleAndAShiftAtTheInputAreItsNormalisation) {
  Graph g;
  const float mean[] = {0.5F, 0.25F, 0.0F}, deviation[] = {0.5F, 0.2F, 1.0F};
  const auto centred = g.node("Sub", "centred", {"image", g.constant("mean", {1, 3, 1, 1}, mean)});
  const auto scaled = g.node("Div", "scaled", {centred, g.constant("std", {3, 1, 1}, deviation)});
  const auto out = g.node("Gemm", "out", {flatten(g, scaled), g.random("w", {3, 3})},
                          {GraphWriter::whole("transB", 1)});
  const auto network = imported(g.file(out, {-1, 3, 1, 1}));
  ASSERT_TRUE(network) << network.error().message;
  EXPECT_EQ(types(*network), "flatten dense");
  ASSERT_EQ(network->architecture().mean.size(), 3U);
  EXPECT_FLOAT_EQ(network->architecture().mean[1], 0.25F);
  EXPECT_FLOAT_EQ(network->architecture().deviation[1], 0.2F);
  expect_near(logits_of(*network, {1.0F, 0.45F, 1.0F}),
              product(random_values(9, 1), {1.0F, 1.0F, 1.0F}));
}

/// SAME padding of a stride of 2 is one row more behind than before.
TEST(OnnxGraphs, PaddingThatDiffersOnTwoSidesGivesTheSameOutputs) {
  for (const bool upper : {true, false}) {
    Graph g;
    const auto conv = g.node("Conv", "conv", {"image", g.random("w", {1, 1, 3, 3})},
                             {GraphWriter::list("strides", {2, 2}),
                              GraphWriter::text("auto_pad", upper ? "SAME_UPPER" : "SAME_LOWER")});
    const auto network = imported(g.file(flatten(g, conv), {1, 1, 4, 4}, {1, 4}));
    ASSERT_TRUE(network) << network.error().message;
    const std::vector<float> x = random_values(16, 3), w = random_values(9, 1);
    const int before = upper ? 0 : 1;
    std::vector<float> expected(4);
    for (int o = 0; o < 4; ++o) {
      for (int t = 0; t < 9; ++t) {
        const int row = 2 * (o / 2) - before + t / 3, column = 2 * (o % 2) - before + t % 3;
        if (row < 0 || column < 0 || row > 3 || column > 3) continue;
        expected[static_cast<std::size_t>(o)] +=
            w[static_cast<std::size_t>(t)] * x[static_cast<std::size_t>(4 * row + column)];
      }
    }
    expect_near(logits_of(*network, x), expected);
  }
}

TEST(OnnxGraphs, ZerosAroundAnImageGoIntoTheConvolution) {
  Graph g;
  const auto padded = g.node("Pad", "pad", {"image", g.whole("pads", {0, 0, 1, 0, 0, 0, 0, 1})});
  const auto conv = g.node("Conv", "conv", {padded, g.random("w", {1, 1, 2, 2})});
  const auto network = imported(g.file(flatten(g, conv), {1, 1, 2, 2}, {1, 4}));
  ASSERT_TRUE(network) << network.error().message;
  const std::vector<float> w = random_values(4, 1);
  // A row of zeros above and a column behind.
  expect_near(logits_of(*network, {1, 0, 0, 0}), {w[2], 0, w[0], 0});
}

TEST(OnnxGraphs, ABatchNormAfterAConvolutionThatIsAScaleIsPartOfIt) {
  Graph g;
  const auto conv = g.node("Conv", "conv", {"image", g.random("w", {2, 1, 1, 1})});
  const auto scaled = g.node("Mul", "mul", {conv, g.random("s", {1, 2, 1, 1}, 4)});
  const auto shifted = g.node("Add", "add", {scaled, g.random("t", {1, 2, 1, 1}, 5)});
  const auto network = imported(g.file(flatten(g, shifted), {1, 1, 1, 1}, {1, 2}));
  ASSERT_TRUE(network) << network.error().message;
  EXPECT_EQ(types(*network), "conv2d flatten");
  const auto w = random_values(2, 1), s = random_values(2, 4), t = random_values(2, 5);
  expect_near(logits_of(*network, {0.5F}), {0.5F * w[0] * s[0] + t[0], 0.5F * w[1] * s[1] + t[1]});
}

TEST(OnnxGraphs, AMaximumOverPaddedWindowsBehindAReluIsOneOverZeros) {
  const std::vector<float> x = {-0.5F, 0.25F, 0.125F, 0.75F, -0.25F, 0.5F, 0.0F, 0.375F, -1.0F};
  const auto relu = [&](int row, int column) {
    const bool inside = row >= 0 && row < 3 && column >= 0 && column < 3;
    return inside ? std::max(0.0F, x[static_cast<std::size_t>(3 * row + column)]) : 0.0F;
  };
  // As PyTorch pads, and as TensorFlow's SAME does for a stride of 2: one row and column behind.
  for (const auto& [pads, first] : {std::pair(std::vector<std::int64_t>{1, 1, 1, 1}, -1),
                                    {std::vector<std::int64_t>{0, 0, 1, 1}, 0}}) {
    Graph g;
    const auto pooled =
        g.node("MaxPool", "pooled", {g.node("Relu", "relu", {"image"})},
               {GraphWriter::list("kernel_shape", {2, 2}), GraphWriter::list("strides", {2, 2}),
                GraphWriter::list("pads", pads)});
    const auto network = imported(g.file(flatten(g, pooled), {-1, 1, 3, 3}));
    ASSERT_TRUE(network) << network.error().message;
    EXPECT_EQ(types(*network), "relu conv2d maxpool2d flatten");
    std::vector<float> expected;
    for (int row = first; row < 3; row += 2) {
      for (int column = first; column < 3; column += 2) {
        expected.push_back(std::max({relu(row, column), relu(row, column + 1),
                                     relu(row + 1, column), relu(row + 1, column + 1)}));
      }
    }
    expect_near(logits_of(*network, x), expected);
  }
}

TEST(OnnxGraphs, SoftmaxAtTheEndIsTakenOffAndSaidSo) {
  for (const char* const op : {"Softmax", "LogSoftmax"}) {
    Graph g;
    const auto out = g.node("Gemm", "out", {flatten(g, "image"), g.random("w", {3, 4})},
                            {GraphWriter::whole("transB", 1)});
    const auto soft = g.node(op, "soft", {out}, {GraphWriter::whole("axis", 1)});
    const auto file = g.file(soft, {-1, 1, 2, 2});
    const auto network = imported(file);
    ASSERT_TRUE(network) << network.error().message;
    EXPECT_EQ(types(*network), "flatten dense");
    const auto onnx = import_onnx(file, {});
    ASSERT_EQ(onnx->notes.size(), 1U);
    EXPECT_NE(onnx->notes[0].find("softmax at the end is taken off"), std::string::npos);
  }
}

TEST(OnnxGraphs, AnInputThatIsAListNeedsItsShape) {
  Graph g;
  const auto out =
      g.node("Gemm", "out", {"image", g.random("w", {3, 4})}, {GraphWriter::whole("transB", 1)});
  const auto file = g.file(out, {-1, 4});
  EXPECT_NE(error_of(file).find("'input'"), std::string::npos) << error_of(file);
  ImportOptions options;
  options.input = {2, 2, 1};
  const auto network = imported(file, options);
  ASSERT_TRUE(network) << network.error().message;
  EXPECT_EQ(types(*network), "flatten dense");
  options.input = {2, 3, 1};
  EXPECT_NE(error_of(file, options).find("has 4 values"), std::string::npos);
}

TEST(OnnxGraphs, AnInputThatIsDividedBy255TakesBytesAndMustSaySo) {
  Graph g;
  const auto scaled = g.node("Div", "scaled", {"image", g.single("255", 255.0F)});
  const auto out = g.node("Gemm", "out", {flatten(g, scaled), g.random("w", {3, 4})},
                          {GraphWriter::whole("transB", 1)});
  const auto file = g.file(out, {-1, 1, 2, 2});
  EXPECT_NE(error_of(file).find("--pixel-range 255"), std::string::npos) << error_of(file);
  ImportOptions options;
  options.pixel_range = 255;
  const auto network = imported(file, options);
  ASSERT_TRUE(network) << network.error().message;
  expect_near(logits_of(*network, {1, 0, 0, 1}), product(random_values(12, 1), {1, 0, 0, 1}));
}

/// Image classifiers in use on bytes subtract a mean of 100 or so and divide by 50 to 80.
TEST(OnnxGraphs, ANormalisationOfBytesMustBeSaid) {
  const auto file_of = [](float mean, float deviation) {
    Graph g;
    const auto shifted = g.node("Sub", "shifted", {"image", g.single("mean", mean)});
    const auto scaled = g.node("Div", "scaled", {shifted, g.single("std", deviation)});
    return g.file(g.node("Gemm", "out", {flatten(g, scaled), g.random("w", {3, 4})},
                         {GraphWriter::whole("transB", 1)}),
                  {-1, 1, 2, 2});
  };
  ImportOptions bytes, unit;
  bytes.pixel_range = 255;
  unit.pixel_range = 1;
  for (const auto& [mean, deviation] : {std::pair{125.3F, 63.0F}, {128.0F, 1.0F}, {0.0F, 63.0F}}) {
    const auto file = file_of(mean, deviation);
    EXPECT_NE(error_of(file).find("say so with --pixel-range 255"), std::string::npos) << mean;
    EXPECT_TRUE(imported(file, bytes)) << mean;
    EXPECT_TRUE(imported(file, unit)) << mean << ": it was asked for";
  }
  const auto file = file_of(0.49F, 0.25F);
  EXPECT_TRUE(imported(file));
  EXPECT_NE(error_of(file, bytes).find("as of pixels from 0 to 1, but the pixel range is 255"),
            std::string::npos);
  EXPECT_TRUE(imported(file_of(0.5F, 0.5F))) << "[-1,1]";
}

}  // namespace
}  // namespace signflip::test
