// Layers: the shapes they make, what they cost, and the sentence where they do not fit.
#include "nn/layers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace signflip {
namespace {

ImageShape shape_after(const Layer& layer, ImageShape in) {
  const auto out = output_shape(layer, in);
  EXPECT_TRUE(out) << (out ? "" : out.error().message);
  return out ? *out : ImageShape{};
}

std::string refusal(const Layer& layer, ImageShape in) {
  const auto out = output_shape(layer, in);
  return out ? "it fits: " + to_string(*out) : out.error().message;
}

// At compile time, which nothing that is not initialised passes.
static_assert(Tanh{}.kind == Activation::Kind::tanh);
static_assert(Gelu{}.kind == Activation::Kind::gelu);
static_assert(Silu{}.kind == Activation::Kind::silu);

TEST(OutputShape, OfConvolutions) {
  EXPECT_EQ(shape_after(Conv2d{16, {4, 4}, {2, 2}, {1, 1}}, {28, 28, 1}), (ImageShape{14, 14, 16}));
  EXPECT_EQ(shape_after(Conv2d{8, {3, 3}, {1, 1}, {0, 0}}, {3, 5, 2}), (ImageShape{1, 3, 8}));
  EXPECT_EQ(shape_after(Conv2d{1, {1, 5}, {2, 3}, {0, 4}}, {6, 7, 3}), (ImageShape{3, 4, 1}));
}

TEST(OutputShape, OfConvolutionsWithDilationGroupsAndSamePadding) {
  const auto of = [](Conv2d conv, ImageShape in) { return shape_after(conv, in); };
  EXPECT_EQ(of({.filters = 8, .kernel = {3, 3}, .dilation = {2, 3}}, {9, 9, 4}),
            (ImageShape{5, 3, 8}));
  EXPECT_EQ(of({.filters = 8, .kernel = {3, 3}, .padding = {2, 4}, .dilation = {2, 2}}, {9, 9, 4}),
            (ImageShape{9, 13, 8}));
  EXPECT_EQ(of({.filters = 8, .kernel = {3, 3}, .groups = 4}, {9, 9, 4}), (ImageShape{7, 7, 8}));
  for (const int kernel : {1, 2, 3, 4, 9}) {
    const Conv2d conv{.filters = 2, .kernel = {kernel, 3}, .same = true, .dilation = {1, 2}};
    EXPECT_EQ(of(conv, {5, 3, 1}), (ImageShape{5, 3, 2}));
  }
}

/// The output of the last of these layers, or why there is none.
std::string last_shape(const std::vector<Layer>& layers, ImageShape in) {
  std::vector<ImageShape> inputs = {in};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto out = output_shape(layers, i, inputs);
    if (!out) return out.error().message;
    inputs.push_back(*out);
  }
  return to_string(inputs.back());
}

TEST(OutputShape, OfResidualBlocks) {
  const Layer smaller = Conv2d{5, {3, 3}, {2, 2}, {1, 1}}, projection = Conv2d{5, {1, 1}, {2, 2}};
  std::vector<Layer> layers = {Relu{}, kResidualBegin};
  const auto next = [&](const Layer& layer) {
    layers.push_back(layer);
    return last_shape(layers, {8, 8, 3});
  };
  EXPECT_EQ(next(smaller), "4×4×5");
  EXPECT_EQ(next(kResidualTurn), "8×8×3");
  EXPECT_EQ(next(kResidualBegin), "8×8×3");
  EXPECT_EQ(next(projection), "4×4×5");
  EXPECT_EQ(next(kResidualTurn), "8×8×3");
  EXPECT_EQ(next(projection), "4×4×5");
  EXPECT_EQ(next(kResidualEnd), "4×4×5");
  EXPECT_EQ(next(kResidualEnd), "4×4×5");
  EXPECT_EQ(last_shape({kResidualBegin, smaller, kResidualTurn, kResidualEnd}, {8, 8, 3}),
            "residual's body makes 4×4×5, its shortcut 8×8×3, which cannot be added");
  const std::string unpaired = "the marks of a residual block do not belong together";
  EXPECT_EQ(last_shape({kResidualEnd}, {8, 8, 3}), unpaired);
  EXPECT_EQ(last_shape({kResidualTurn}, {8, 8, 3}), unpaired);
  EXPECT_EQ(last_shape({kResidualBegin, kResidualEnd}, {8, 8, 3}), unpaired);
  EXPECT_EQ(last_shape({kResidualBegin, kResidualTurn, kResidualTurn}, {8, 8, 3}), unpaired);
  EXPECT_EQ(last_shape({kResidualBegin, kResidualTurn, kResidualEnd, kResidualEnd}, {8, 8, 3}),
            unpaired);
}

TEST(LayerName, IsThatOfNestedLists) {
  const std::vector<Layer> layers = {Relu{},        kResidualBegin, Relu{},       kResidualBegin,
                                     Relu{},        kResidualTurn,  kResidualEnd, Relu{},
                                     kResidualTurn, kResidualBegin, Relu{},       kResidualTurn,
                                     kResidualEnd,  Relu{},         kResidualEnd, Relu{}};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < layers.size(); ++i) names.push_back(layer_name(layers, i));
  EXPECT_EQ(names, (std::vector<std::string>{
                       "0", "1", "1.body.0", "1.body.1", "1.body.1.body.0", "1.body.1.shortcut",
                       "1.body.1", "1.body.2", "1.shortcut", "1.shortcut.0", "1.shortcut.0.body.0",
                       "1.shortcut.0.shortcut", "1.shortcut.0", "1.shortcut.1", "1", "2"}));
}

TEST(OutputShape, OfTheOtherLayers) {
  const ImageShape in = {5, 6, 3};
  EXPECT_EQ(shape_after(MaxPool2d{{2, 2}, {2, 2}}, in), (ImageShape{2, 3, 3}));
  EXPECT_EQ(shape_after(MaxPool2d{{3, 2}, {1, 1}}, in), (ImageShape{3, 5, 3}));
  EXPECT_EQ(shape_after(AvgPool2d{{3, 2}, {2, 3}, {1, 1}}, in), (ImageShape{3, 3, 3}));
  EXPECT_EQ(shape_after(AdaptiveAvgPool2d{{1, 7}}, in), (ImageShape{1, 7, 3}));
  EXPECT_EQ(shape_after(Flatten{}, in), (ImageShape{1, 1, 90}));
  EXPECT_EQ(shape_after(Upsample2d{{2, 3}}, in), (ImageShape{10, 18, 3}));
  EXPECT_EQ(shape_after(Dense{7}, {1, 1, 90}), (ImageShape{1, 1, 7}));
  EXPECT_EQ(shape_after(BatchNorm1d{}, {1, 1, 90}), (ImageShape{1, 1, 90}));
  for (const Layer& layer :
       {Layer(Relu{}), Layer(Sigmoid{}), Layer(BatchNorm2d{}), Layer(Dropout{0.0F}),
        Layer(Dropout{0.99F}), Layer(LeakyRelu{}), Layer(Tanh{}), Layer(Gelu{}), Layer(Silu{}),
        Layer(Hardtanh{}), Layer(BatchNorm2d{{0.1F, false}}), Layer(ClippedRelu{}),
        Layer(ContrastNormalise{})}) {
    EXPECT_EQ(shape_after(layer, in), in);
  }
}

TEST(OutputShape, SaysWhyALayerDoesNotFit) {
  EXPECT_EQ(refusal(Dense{10}, {2, 3, 4}),
            "dense needs a flat input, not 2×3×4: put a flatten before it");
  EXPECT_EQ(refusal(Conv2d{4, {5, 5}, {1, 1}, {0, 0}}, {4, 9, 1}),
            "conv2d with kernel 5×5 does not fit its input 4×9×1");
  EXPECT_EQ(refusal(MaxPool2d{{2, 2}, {2, 2}}, {1, 1, 4}),
            "maxpool2d with kernel 2×2 does not fit its input 1×1×4");
  EXPECT_EQ(refusal(Conv2d{4, {3, 3}, {1, 1}, {3, 0}}, {9, 9, 1}),
            "conv2d needs a padding from 0 to less than its kernel 3×3, not 3×0");
  EXPECT_EQ(refusal(Conv2d{0, {3, 3}, {1, 1}, {0, 0}}, {9, 9, 1}),
            "conv2d's filters must be between 1 and 65536, not 0");
  EXPECT_EQ(refusal(Conv2d{.filters = 4, .kernel = {3, 3}, .groups = 3}, {9, 9, 6}),
            "conv2d's groups are 3, which must divide 6 channels and 4 filters");
  EXPECT_EQ(refusal(Conv2d{.filters = 3, .kernel = {3, 3}, .groups = 3}, {9, 9, 4}),
            "conv2d's groups are 3, which must divide 4 channels and 3 filters");
  EXPECT_EQ(refusal(Conv2d{.filters = 3, .kernel = {3, 3}, .groups = 0}, {9, 9, 4}),
            "conv2d's groups are 0, which must divide 4 channels and 3 filters");
  EXPECT_EQ(refusal(Conv2d{.filters = 3, .kernel = {3, 3}, .dilation = {0, 1}}, {9, 9, 4}),
            "conv2d needs a dilation of at least 1");
  EXPECT_EQ(refusal(Conv2d{.filters = 3, .kernel = {3, 3}, .dilation = {1, 5}}, {9, 9, 4}),
            "conv2d, its dilation counted, with kernel 3×11 does not fit its input 9×9×4");
  EXPECT_EQ(
      refusal(Conv2d{.filters = 3, .kernel = {2, 2}, .stride = {2, 1}, .same = true}, {9, 9, 4}),
      "conv2d with padding \"same\" needs a stride of 1");
  EXPECT_EQ(refusal(Dense{1000000000}, {1, 1, 4}),
            "dense's units must be between 1 and 65536, not 1000000000");
  EXPECT_EQ(refusal(Conv2d{1, {0, 3}, {1, 1}, {0, 0}}, {9, 9, 1}),
            "conv2d needs a kernel and a stride between 1 and 4096, not 0×3 and 1×1");
  EXPECT_EQ(refusal(MaxPool2d{{2, 2}, {0, 2}}, {9, 9, 1}),
            "maxpool2d needs a kernel and a stride between 1 and 4096, not 2×2 and 0×2");
  EXPECT_EQ(refusal(Dropout{1.0F}, {1, 1, 4}),
            "dropout's rate must be at least 0 and below 1, not 1");
  EXPECT_EQ(refusal(Dropout{-0.5F}, {1, 1, 4}),
            "dropout's rate must be at least 0 and below 1, not -0.5");
  EXPECT_EQ(refusal(BatchNorm1d{}, {2, 1, 4}),
            "batchnorm1d needs a flat input, not 2×1×4: use batchnorm2d");
  EXPECT_EQ(refusal(AvgPool2d{{3, 3}, {1, 1}, {2, 0}}, {9, 9, 1}),
            "avgpool2d needs a padding of at most half its kernel 3×3, not 2×0");
  EXPECT_EQ(refusal(AvgPool2d{{3, 3}, {1, 1}}, {2, 9, 1}),
            "avgpool2d with kernel 3×3 does not fit its input 2×9×1");
  EXPECT_EQ(refusal(AdaptiveAvgPool2d{{0, 2}}, {9, 9, 1}),
            "adaptive_avgpool2d needs a size between 1 and 4096, not 0×2");
  EXPECT_EQ(refusal(ContrastNormalise{0.0F}, {9, 9, 1}),
            "contrast_normalise's eps must be a finite number above 0, not 0");
  EXPECT_EQ(refusal(BatchNorm2d{{0.0F, true}}, {2, 1, 4}),
            "batchnorm2d's eps must be a finite number above 0, not 0");
  EXPECT_EQ(refusal(BatchNorm1d{{NAN, true}}, {1, 1, 4}).substr(0, 17), "batchnorm1d's eps");
  EXPECT_EQ(refusal(LeakyRelu{INFINITY}, {1, 1, 4}),
            "leaky_relu's slope must be a finite number, not inf");
  EXPECT_EQ(refusal(Hardtanh{1.0F, 1.0F}, {1, 1, 4}),
            "hardtanh needs a finite min_val below a finite max_val, not 1 and 1");
  EXPECT_EQ(refusal(Upsample2d{{0, 2}}, {1, 1, 4}),
            "upsample2d needs a scale of at least 1, not 0×2");
  EXPECT_EQ(refusal(Upsample2d{{4096, 4096}}, {1, 1, 64}),
            "upsample2d makes an output of 4096×4096×64, which is larger than this build allows");
}

// Products of sides that overflow a size_t, above all WebAssembly's of 32 bits.
TEST(OutputShape, RefusesWhatWouldOverflow) {
  EXPECT_EQ(refusal(Dense{65536}, {1, 1, 1 << 26}),
            "dense on an input of 1×1×67108864 needs more memory than this build allows");
  EXPECT_EQ(refusal(Conv2d{65536, {4096, 4096}, {1, 1}, {4095, 4095}}, {1, 1, 1 << 26}),
            "conv2d on an input of 1×1×67108864 needs more memory than this build allows");
  EXPECT_EQ(refusal(Conv2d{1, {4096, 4096}, {1, 1}, {4095, 4095}}, {1, 1, 256}),
            "conv2d on an input of 1×1×256 needs more memory than this build allows");
  EXPECT_EQ(refusal(Conv2d{1, {1, 4096}, {1, 1}, {0, 2048}}, {1, 4096, 16}),
            "conv2d on an input of 1×4096×16 needs more memory than this build allows");
  EXPECT_EQ(refusal(Dropout{NAN}, {1, 1, 4}).substr(0, 14), "dropout's rate");
}

TEST(WeightShape, OfGroupsAndWithoutBias) {
  const Layer conv = Conv2d{.filters = 8, .kernel = {3, 2}, .groups = 4, .bias = false};
  const WeightShape shape = weight_shape(conv, {9, 9, 4});
  EXPECT_EQ(shape.rows, 6U);
  EXPECT_EQ(shape.columns, 8U);
  EXPECT_EQ(shape.bias, 0U);
  EXPECT_EQ(multiply_adds(conv, {9, 9, 4}), 7U * 8U * 6U * 8U);
}

TEST(WeightShape, CountsWeightsAndMultiplyAdds) {
  const Layer conv = Conv2d{16, {4, 4}, {2, 2}, {1, 1}};
  const WeightShape shape = weight_shape(conv, {28, 28, 3});
  EXPECT_EQ(shape.rows, 48U);
  EXPECT_EQ(shape.columns, 16U);
  EXPECT_EQ(shape.bias, 16U);
  EXPECT_EQ(multiply_adds(conv, {28, 28, 3}), 14U * 14U * 48U * 16U);
  EXPECT_EQ(multiply_adds(Dense{10}, {1, 1, 100}), 1000U);
  EXPECT_EQ(multiply_adds(Relu{}, {28, 28, 3}), 0U);
  EXPECT_EQ(weight_shape(BatchNorm2d{}, {5, 5, 7}).weight(), 7U);
  EXPECT_EQ(weight_shape(ClippedRelu{}, {5, 5, 7}).weight(), 7U);
  EXPECT_EQ(weight_shape(ClippedRelu{Ceilings::layer}, {5, 5, 7}).weight(), 1U);
  EXPECT_EQ(weight_shape(ClippedRelu{Ceilings::neuron}, {5, 5, 7}).weight(), 175U);
  EXPECT_EQ(weight_shape(BatchNorm2d{{0.1F, false}}, {5, 5, 7}).weight(), 0U);
  EXPECT_EQ(weight_shape(BatchNorm2d{{0.1F, false}}, {5, 5, 7}).bias, 0U);
  EXPECT_EQ(weight_shape(Relu{}, {5, 5, 7}).bias, 0U);
}

}  // namespace
}  // namespace signflip
