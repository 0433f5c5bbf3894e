// A classifier alone, behind a denoiser and behind a transform: who classifies, who is attacked.
#include "defence/defended_model.h"

#include <gtest/gtest.h>

#include "support/tiny_classifier.h"

namespace signflip {
namespace {

using test::kShape;

NamedNetwork named_classifier() {
  return {"net", std::make_shared<const Sequential>(test::classifier())};
}

NamedNetwork denoiser(ImageShape shape) {
  Architecture architecture;
  architecture.input = shape;
  architecture.layers = {Conv2d{1, {3, 3}, {1, 1}, {1, 1}}, Sigmoid{}};
  auto made = Sequential::create(architecture);
  made->initialise(6);
  return {"cleaner", std::make_shared<const Sequential>(std::move(*made))};
}

std::vector<float> logits(const DifferentiableModel& model) {
  const Tensor one = test::images(1);
  const auto pass = model.new_pass(1);
  const auto z = pass->forward(one.values(), 1);
  return {z.begin(), z.end()};
}

TEST(DefendedModel, AloneItIsItsNetwork) {
  const DefendedModel model(named_classifier());
  EXPECT_FALSE(model.defended());
  EXPECT_EQ(model.denoiser(), nullptr);
  EXPECT_EQ(&model.judge(), &model.network());
  EXPECT_EQ(&model.seen(false), &model.network());
  EXPECT_EQ(model.title(), "net");
}

TEST(DefendedModel, ADenoiserJudgesAndIsAttackedUnlessTheBoxIsGray) {
  const NamedNetwork back = named_classifier(), front = denoiser(kShape);
  const auto model = DefendedModel(back).behind(front);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(model->defended());
  EXPECT_EQ(model->denoiser(), front.network.get());
  EXPECT_EQ(&model->seen(false), &model->judge());
  EXPECT_EQ(&model->seen(true), &model->network());
  EXPECT_EQ(model->title(), "cleaner > net");
  EXPECT_EQ(logits(model->judge()), logits(DenoisedModel(*front.network, *back.network)));
  EXPECT_NE(logits(model->judge()), logits(model->network()));
}

TEST(DefendedModel, AnotherDefenceReplacesTheFirst) {
  const auto transform = transform_from_text("bits:1");
  ASSERT_TRUE(transform);
  const auto denoised = DefendedModel(named_classifier()).behind(denoiser(kShape));
  ASSERT_TRUE(denoised);
  const auto model = denoised->behind(*transform);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->denoiser(), nullptr);
  EXPECT_EQ(model->title(), "net");
  EXPECT_EQ(logits(model->judge()), logits(TransformedModel(*transform, model->network())));
}

TEST(DefendedModel, OutlivesWhatItWasMadeOf) {
  std::optional<DefendedModel> first = DefendedModel(named_classifier());
  auto model = first->behind(denoiser(kShape));
  ASSERT_TRUE(model);
  const std::vector<float> before = logits(model->judge());
  first.reset();
  const DefendedModel copy = *model;
  model = Error{""};
  EXPECT_EQ(logits(copy.judge()), before);
}

TEST(DefendedModel, RefusesADenoiserThatDoesNotFit) {
  EXPECT_FALSE(DefendedModel(named_classifier()).behind(denoiser({8, 8, 1})));
  EXPECT_FALSE(DefendedModel(named_classifier()).behind(named_classifier()));
}

}  // namespace
}  // namespace signflip
