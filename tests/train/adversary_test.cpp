// Crafting inside training: in the ball, in the box, repeatable; and the divergence's gradients
// against finite differences.
#include "train/adversary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "nn/sequential.h"

namespace signflip {
namespace {

constexpr ImageShape kShape = {6, 6, 1};

Sequential network() {
  Architecture architecture;
  architecture.input = kShape;
  architecture.classes = {"a", "b", "c"};
  architecture.layers = {Conv2d{4, {3, 3}, {1, 1}, {1, 1}}, Relu{}, Flatten{}, Dense{3}};
  auto made = Sequential::create(architecture);
  made->initialise(5);
  return std::move(*made);
}

struct Images {
  std::vector<float> pixels;
  std::vector<int> labels = {0, 1, 2, 0};
  std::vector<std::size_t> numbers = {3, 1, 4, 15};

  Images() : pixels(4 * kShape.size()) {
    Rng rng(1);
    for (float& pixel : pixels) pixel = rng.uniform();
  }
  Victims within(double epsilon, std::uint64_t seed = 7) const {
    return {kShape, pixels, labels, numbers, seed, epsilon};
  }
};

float largest_change(const std::vector<float>& a, const std::vector<float>& b) {
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

std::vector<float> crafted(const Craft& craft, const Victims& victims) {
  const Sequential net = network();
  const auto pass = net.new_pass(4);
  std::vector<float> adversarial(victims.clean.size(), -1.0F);
  craft(*pass, victims, adversarial);
  return adversarial;
}

TEST(Craft, StaysInTheBallAndTheBoxAndRepeatsItself) {
  const Images images;
  const int steps = 1;
  struct Case {
    Craft craft;
    float reach;  // in epsilons
  };
  const Case cases[] = {{*catalogue_craft("--attack", "fgsm", 10), 1},
                        {*catalogue_craft("--attack", "pgd", 5), 1},
                        {*single_step_craft("rs-fgsm", steps), 1},
                        {*single_step_craft("n-fgsm", steps), 3},
                        {divergence_craft(5), 1}};
  for (const Case& c : cases) {
    const auto adversarial = crafted(c.craft, images.within(0.1));
    EXPECT_LE(largest_change(adversarial, images.pixels), c.reach * 0.1F + 1e-6F);
    EXPECT_GT(largest_change(adversarial, images.pixels), 0.05F);
    EXPECT_GE(*std::ranges::min_element(adversarial), 0.0F);
    EXPECT_LE(*std::ranges::max_element(adversarial), 1.0F);
    EXPECT_EQ(adversarial, crafted(c.craft, images.within(0.1)));
  }
  // Noise beyond the ball is what tells n-fgsm from rs-fgsm.
  EXPECT_GT(largest_change(crafted(cases[3].craft, images.within(0.1)), images.pixels), 0.11F);
}

TEST(Craft, ChangesNothingAtEpsilonZero) {
  const Images images;
  const int steps = 1;
  EXPECT_EQ(crafted(*catalogue_craft("--attack", "pgd", 5), images.within(0)), images.pixels);
  EXPECT_EQ(crafted(*single_step_craft("n-fgsm", steps), images.within(0)), images.pixels);
  EXPECT_LT(largest_change(crafted(divergence_craft(5), images.within(0)), images.pixels), 0.01F);
}

TEST(Craft, EachImageHasItsOwnRandomNumbers) {
  const Images images;
  const int steps = 1;
  const Craft craft = *single_step_craft("rs-fgsm", steps);
  const auto all = crafted(craft, images.within(0.1));
  const Victims last = {kShape,
                        std::span(images.pixels).subspan(3 * kShape.size()),
                        std::span(images.labels).subspan(3),
                        std::span(images.numbers).subspan(3),
                        7,
                        0.1};
  const auto alone = crafted(craft, last);
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.end() - std::ssize(alone)));
  EXPECT_NE(all, crafted(craft, images.within(0.1, 8)));
}

TEST(Craft, RefusesWhatItCannotTrainWith) {
  EXPECT_FALSE(catalogue_craft("--attack", "deepfool", 10));
  EXPECT_FALSE(catalogue_craft("--attack", "square", 10));
  EXPECT_FALSE(catalogue_craft("--attack", "nonesuch", 10));
  const int steps = 1;
  EXPECT_FALSE(single_step_craft("pgd", steps));
}

TEST(Divergence, GradientsAreThoseOfItsValue) {
  std::vector<float> p = {1.5F, -0.5F, 0.3F, 2.0F}, q = {0.2F, 0.4F, -1.0F, 1.0F};
  std::vector<float> dp(4), dq(4), unused(4), unused_too(4);
  const float scale = 0.7F;
  divergence(p, q, scale, dp, dq);
  const auto value = [&] { return divergence(p, q, 0, unused, unused_too); };
  constexpr float kStep = 1e-2F;
  for (std::size_t k = 0; k < 4; ++k) {
    for (auto [logits, gradient] : {std::pair{&p, &dp}, std::pair{&q, &dq}}) {
      const float there = (*logits)[k];
      (*logits)[k] = there + kStep;
      const double up = value();
      (*logits)[k] = there - kStep;
      const double down = value();
      (*logits)[k] = there;
      EXPECT_NEAR((*gradient)[k], scale * (up - down) / (2 * kStep), 1e-4);
    }
  }
}

TEST(Divergence, IsZeroAtItselfAndFiniteFarAway) {
  std::vector<float> p = {80.0F, -80.0F, 0.0F}, q = {-80.0F, 80.0F, 0.0F}, dp(3), dq(3);
  EXPECT_NEAR(divergence(p, p, 1, dp, dq), 0, 1e-6);
  EXPECT_NEAR(dq[0], 0, 1e-6);
  EXPECT_NEAR(divergence(p, q, 1, dp, dq), 160, 1e-3);
  for (const float value : dp) EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
}  // namespace signflip
