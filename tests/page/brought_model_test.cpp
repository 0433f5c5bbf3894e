// A brought model stands where its input and classes fit, in that dataset's order of classes, with
// the file's logits; what fits nowhere is refused with the reason.
#include "page/brought_model.h"

#include <gtest/gtest.h>

#include "core/rng.h"
#include "import/onnx/export_onnx.h"
#include "nn/inference.h"
#include "nn/model_file.h"
#include "support/onnx_graph.h"
#include "support/tiny_classifier.h"

namespace signflip::test {
namespace {

const ModelPlace kLetters{"letters", kShape, {"a", "b", "c"}};
const ModelPlace kColours{"colours", {5, 5, 3}, {"red", "green"}};

BringOptions options() {
  BringOptions given;
  given.file = "net.v2.onnx";
  given.places = {kColours, kLetters};
  return given;
}

/// The network with other names of classes.
std::vector<std::uint8_t> file_with(std::vector<std::string> classes) {
  const Sequential network = classifier();
  Architecture architecture = network.architecture();
  architecture.classes = std::move(classes);
  auto named = Sequential::create(std::move(architecture));
  std::copy(network.parameters().begin(), network.parameters().end(), named->parameters().begin());
  named->prepare();
  return format_model(*named, {});
}

std::vector<float> logits(const std::vector<std::uint8_t>& model, const Tensor& image) {
  const auto loaded = load_model(model, "brought");
  EXPECT_TRUE(loaded) << loaded.error().message;
  return logits_of(loaded->network, {image.values().begin(), image.values().end()});
}

std::string refusal(const std::vector<std::uint8_t>& bytes, const BringOptions& given = options()) {
  const auto brought = bring_model(bytes, given);
  return brought ? "it was taken" : brought.error().message;
}

TEST(BroughtModel, AModelFileOfOursStaysAsItIs) {
  SaveOptions save;
  save.weights = WeightType::i8;
  const auto bytes = format_model(classifier(), save);
  const auto brought = bring_model(bytes, options());
  ASSERT_TRUE(brought) << brought.error().message;
  EXPECT_EQ(brought->bytes, bytes);
  EXPECT_EQ(brought->name, "net.v2");
  EXPECT_EQ(brought->dataset, "letters");
  EXPECT_EQ(brought->classes, kLetters.classes);
  EXPECT_EQ(brought->parameters, classifier().parameters().size());
  EXPECT_TRUE(brought->states_preparation);
  EXPECT_TRUE(brought->notes.empty());
}

TEST(BroughtModel, ClassesWithoutNamesGetThoseOfTheDataset) {
  const auto brought = bring_model(file_with({"0", "1", "2"}), options());
  ASSERT_TRUE(brought) << brought.error().message;
  EXPECT_EQ(brought->classes, kLetters.classes);
  const Tensor one = images(1);
  EXPECT_EQ(logits(brought->bytes, one), logits(format_model(classifier(), {}), one));
}

TEST(BroughtModel, ClassesInAnotherOrderAreExchangedByTheirNames) {
  const auto brought = bring_model(file_with({"c", "a", "b"}), options());
  ASSERT_TRUE(brought) << brought.error().message;
  ASSERT_EQ(brought->notes.size(), 1U);
  const Tensor one = images(1);
  const auto before = logits(format_model(classifier(), {}), one);
  const auto after = logits(brought->bytes, one);
  EXPECT_EQ(after, (std::vector<float>{before[1], before[2], before[0]}));
}

TEST(BroughtModel, OtherClassesAreRefusedByName) {
  EXPECT_EQ(refusal(file_with({"a", "b", "shoe"})),
            "net.v2.onnx: class 2 of the model is \"shoe\", but letters has no class of that name");
  EXPECT_EQ(refusal(file_with({"a", "b", "b"})), "net.v2.onnx: the model names a class twice");
}

TEST(BroughtModel, OtherSquareImagesHaveNoPlaceAndTheirOwnClasses) {
  BringOptions given = options();
  given.places = {kColours};
  const auto bytes = file_with({"x", "y", "z"});
  const auto brought = bring_model(bytes, given);
  ASSERT_TRUE(brought) << brought.error().message;
  EXPECT_EQ(brought->dataset, "");
  EXPECT_EQ(brought->input, kShape);
  EXPECT_EQ(brought->classes, (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_EQ(brought->bytes, bytes);
}

TEST(BroughtModel, WhatThePageCannotShowIsRefusedWithWhatItCan) {
  BringOptions given = options();
  given.places = {kColours};
  given.largest_side = 5;
  EXPECT_EQ(refusal(format_model(classifier(), {}), given),
            "net.v2.onnx: its images are 6×6×1, expected 1 or 3 channels and sides up to 5");
  EXPECT_NE(refusal(format_model(denoiser(), {})).find("no classifier"), std::string::npos);
  EXPECT_NE(refusal({'P', 'K', 3, 4, 0, 0, 0, 0, 0}).find("pickle"), std::string::npos);
  given = options();
  given.prepared.mean = {0.5F};
  given.prepared.deviation = {0.5F};
  EXPECT_NE(refusal(format_model(classifier(), {}), given).find("says its own"), std::string::npos);
  given = options();
  given.architecture = "{}";
  EXPECT_NE(refusal(format_model(classifier(), {}), given).find("says its own"), std::string::npos);
}

TEST(BroughtModel, OnnxTakesTheOpenShapeOfADatasetAndThePreparation) {
  Graph graph;
  const std::string flat = graph.node("Flatten", "flat", {"image"}, {});
  const std::string out =
      graph.node("Gemm", "out", {flat, graph.random("w", {36, 3}), graph.random("b", {3}, 2)}, {});
  const auto bytes = graph.file(out, {-1, 1, -1, -1});
  const auto plain = bring_model(bytes, options());
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->input, kShape);
  EXPECT_EQ(plain->dataset, "letters");
  EXPECT_FALSE(plain->states_preparation);
  EXPECT_FALSE(plain->normalises);
  EXPECT_EQ(plain->notes.size(), 1U);
  BringOptions given = options();
  given.prepared.mean = {0.25F};
  given.prepared.deviation = {0.5F};
  const auto prepared = bring_model(bytes, given);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_TRUE(prepared->normalises);
  Tensor one = images(1);
  const auto wanted = logits(prepared->bytes, one);
  for (float& pixel : one.values()) pixel = (pixel - 0.25F) / 0.5F;
  const auto found = logits(plain->bytes, one);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(found[k], wanted[k], 1e-4F);
}

TEST(BroughtModel, OnnxThatDividesBytesItselfTakesPixelsFrom0To255) {
  Graph graph;
  const std::string scaled = graph.node("Div", "scaled", {"image", graph.single("s", 255.0F)}, {});
  const std::string flat = graph.node("Flatten", "flat", {scaled}, {});
  const std::string out =
      graph.node("Gemm", "out", {flat, graph.random("w", {36, 3}), graph.random("b", {3}, 2)}, {});
  const auto brought = bring_model(graph.file(out, {-1, 1, 6, 6}), options());
  ASSERT_TRUE(brought) << brought.error().message;
  EXPECT_TRUE(brought->states_preparation);
  Graph plain;
  const std::string same = plain.node("Flatten", "flat", {"image"}, {});
  const std::string end =
      plain.node("Gemm", "out", {same, plain.random("w", {36, 3}), plain.random("b", {3}, 2)}, {});
  const auto wanted = bring_model(plain.file(end, {-1, 1, 6, 6}), options());
  ASSERT_TRUE(wanted) << wanted.error().message;
  const Tensor one = images(1);
  const auto a = logits(brought->bytes, one), b = logits(wanted->bytes, one);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(a[k], b[k], 1e-4F);
}

TEST(BroughtModel, PreparationsAreCountedByWhatTheyReadAsLabelled) {
  // A model of pixels from 0 to 255, without saying so: by its own labels only that preparation is
  // all right.
  const auto model = format_model(classifier(), {});
  constexpr std::size_t kCount = 40;
  std::vector<std::uint8_t> pixels(kCount * kShape.size());
  Rng rng(3);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(255.0F * rng.uniform());
  const auto loaded = load_model(model, "model");
  std::vector<int> labels;
  for (std::size_t n = 0; n < kCount; ++n) {
    const auto first = pixels.begin() + static_cast<std::ptrdiff_t>(n * kShape.size());
    const std::vector<float> image(first, first + static_cast<std::ptrdiff_t>(kShape.size()));
    const auto z = logits_of(loaded->network, image);
    labels.push_back(static_cast<int>(std::max_element(z.begin(), z.end()) - z.begin()));
  }
  const PixelPreparation ways[] = {{}, {{}, {}, 255}, {{-0.5F}, {-0.25F}, 1}, {{}, {}, 1}};
  const auto right = right_under(model, pixels, labels, ways);
  ASSERT_TRUE(right) << right.error().message;
  ASSERT_EQ(right->size(), 4U);
  EXPECT_EQ((*right)[0], (*right)[3]) << "pixels in [0,1] where nothing is said";
  EXPECT_EQ((*right)[1], kCount);
  EXPECT_LT((*right)[2], kCount);
  EXPECT_FALSE(right_under(model, std::span(pixels).first(30), labels, ways));
}

}  // namespace
}  // namespace signflip::test
