// Attacks inside training: in the ball, in the box, repeatable; and the divergence's gradients
// against finite differences.
#include "train/adversary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/exact/softmax.h"
#include "nn/sequential.h"

namespace signflip {
namespace {

constexpr ImageShape kAdversaryShape = {6, 6, 1};

Sequential affine_network() {
  Architecture architecture;
  architecture.input = kAdversaryShape;
  architecture.classes = {"a", "b", "c"};
  architecture.layers = {Conv2d{4, {3, 3}, {1, 1}, {1, 1}}, Relu{}, Flatten{}, Dense{3}};
  auto made = Sequential::create(architecture);
  made->initialise(5);
  return std::move(*made);
}

struct FourImages {
  std::vector<float> pixels;
  std::vector<int> labels = {0, 1, 2, 0};
  std::vector<std::size_t> numbers = {3, 1, 4, 15};

  FourImages() : pixels(4 * kAdversaryShape.size()) {
    Rng rng(1);
    for (float& pixel : pixels) pixel = rng.uniform();
  }
  AttackInput within(double epsilon, std::uint64_t seed = 7) const {
    return {kAdversaryShape, pixels, labels, numbers, seed, epsilon};
  }
};

float largest_change(const std::vector<float>& a, const std::vector<float>& b) {
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

std::vector<float> attacked(const TrainingAttack& attack, const AttackInput& input) {
  const Sequential net = affine_network();
  const auto pass = net.new_pass(4);
  std::vector<float> adversarial(input.clean.size(), -1.0F);
  attack.run(*pass, input, adversarial);
  return adversarial;
}

TEST(TrainingAttack, RsFgsmStepsFiveQuartersOfEpsilon) {
  // Wong, Rice and Kolter 2020: from a uniform start a step of 1.25·ε, projected. Where the start
  // was below −ε/4 against the gradient, the end is between ε/4 and ε; else it is ε.
  FourImages images;
  for (float& pixel : images.pixels) pixel = 0.5F;
  const TrainingAttack attack = attack_of(*single_step_climb("rs-fgsm", 1));
  double least = 1;
  std::size_t inside[2] = {}, all[2] = {};  // of the pixels that end below, and above
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const float pixel : attacked(attack, images.within(0.1, seed))) {
      const double moved = std::fabs(static_cast<double>(pixel) - 0.5);
      if (moved < 1e-4) continue;  // a dead pixel: the gradient is 0, the start stays
      least = std::min(least, moved);
      inside[pixel > 0.5F] += moved < 0.0999;
      ++all[pixel > 0.5F];
    }
  }
  for (const int side : {0, 1}) {  // starts are as often on the one side as on the other
    EXPECT_NEAR(static_cast<double>(inside[side]) / static_cast<double>(all[side]), 0.375, 0.04);
  }
  EXPECT_NEAR(least, 0.025, 0.001);
}

TEST(TrainingAttack, StaysInTheBallAndTheBoxAndRepeatsItself) {
  const FourImages images;
  struct Case {
    TrainingAttack attack;
    float reach;  // in epsilons
  };
  const Case cases[] = {{*catalogue_attack("fgsm", 10), 1},
                        {*catalogue_attack("pgd", 5), 1},
                        {attack_of(*single_step_climb("rs-fgsm", 1)), 1},
                        {attack_of(*single_step_climb("n-fgsm", 1)), 3},
                        {attack_of(divergence_climb(5)), 1}};
  for (const Case& c : cases) {
    const auto adversarial = attacked(c.attack, images.within(0.1));
    EXPECT_LE(largest_change(adversarial, images.pixels), c.reach * 0.1F + 1e-6F);
    EXPECT_GT(largest_change(adversarial, images.pixels), 0.05F);
    EXPECT_GE(*std::ranges::min_element(adversarial), 0.0F);
    EXPECT_LE(*std::ranges::max_element(adversarial), 1.0F);
    EXPECT_EQ(adversarial, attacked(c.attack, images.within(0.1)));
  }
  // Noise beyond the ball is what tells n-fgsm from rs-fgsm.
  EXPECT_GT(largest_change(attacked(cases[3].attack, images.within(0.1)), images.pixels), 0.11F);
}

TEST(TrainingAttack, ChangesNothingAtEpsilonZero) {
  const FourImages images;
  EXPECT_EQ(attacked(*catalogue_attack("pgd", 5), images.within(0)), images.pixels);
  EXPECT_EQ(attacked(attack_of(*single_step_climb("n-fgsm", 1)), images.within(0)), images.pixels);
  EXPECT_LT(
      largest_change(attacked(attack_of(divergence_climb(5)), images.within(0)), images.pixels),
      0.01F);
}

TEST(TrainingAttack, EachImageHasItsOwnRandomNumbers) {
  const FourImages images;
  const TrainingAttack attack = attack_of(*single_step_climb("rs-fgsm", 1));
  const auto all = attacked(attack, images.within(0.1));
  const AttackInput last = {kAdversaryShape,
                            std::span(images.pixels).subspan(3 * kAdversaryShape.size()),
                            std::span(images.labels).subspan(3),
                            std::span(images.numbers).subspan(3),
                            7,
                            0.1};
  const auto alone = attacked(attack, last);
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.end() - std::ssize(alone)));
  EXPECT_NE(all, attacked(attack, images.within(0.1, 8)));
}

TEST(TrainingAttack, StepsGoAsFarTogetherAsTheirPapersSay) {
  // In units of ε: TRADES as PGD 2.5; RS-FGSM 1.25 for one step, N-FGSM 1, and no more than PGD for
  // several.
  EXPECT_DOUBLE_EQ(divergence_climb(10).step(0.2), 0.05);
  EXPECT_DOUBLE_EQ(single_step_climb("rs-fgsm", 1)->step(0.2), 0.25);
  EXPECT_DOUBLE_EQ(single_step_climb("n-fgsm", 1)->step(0.2), 0.2);
  EXPECT_DOUBLE_EQ(single_step_climb("rs-fgsm", 5)->step(0.2), 0.1);
  EXPECT_EQ(single_step_climb("rs-fgsm", 1)->noise, 1);
  EXPECT_EQ(single_step_climb("n-fgsm", 1)->noise, 2) << "and is not projected";
  EXPECT_FALSE(single_step_climb("n-fgsm", 1)->project);
}

TEST(TrainingAttack, RefusesWhatItCannotTrainWith) {
  EXPECT_FALSE(catalogue_attack("deepfool", 10));
  EXPECT_FALSE(catalogue_attack("square", 10));
  EXPECT_FALSE(catalogue_attack("nonesuch", 10));
  EXPECT_FALSE(single_step_climb("pgd", 1));
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
