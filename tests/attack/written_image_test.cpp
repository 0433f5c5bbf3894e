// A written picture keeps the attack's budget, and moves towards the original only where it must.
#include "attack/written_image.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "attack/geometry/norms.h"
#include "core/rng.h"

namespace signflip {
namespace {

constexpr std::size_t kPixels = 1003;  // not a multiple of the lanes

/// An 8-bit picture, and one that an attack moved from it to the border of the L∞ ball.
struct Pair {
  std::vector<float> clean, adversarial;

  explicit Pair(float epsilon) {
    Rng rng(7);
    for (std::size_t j = 0; j < kPixels; ++j) {
      clean.push_back(static_cast<float>(rng.below(256)) / 255.0F);
      const float change = rng.below(2) == 0 ? epsilon : -epsilon;
      adversarial.push_back(std::clamp(clean.back() + change, 0.0F, 1.0F));
    }
  }

  std::vector<float> written(const char* attack,
                             const std::vector<std::pair<std::string, std::string>>& given) const {
    const AttackEntry* const entry = find_attack(attack);
    const auto parameters = make_parameters(*entry, given);
    EXPECT_TRUE(parameters);
    std::vector<float> rounded(kPixels);
    round_to_written(*entry, *parameters, clean, adversarial, rounded);
    return rounded;
  }
};

long level(float value) { return std::lround(value * 255.0F); }

TEST(WrittenImage, KeepsAnLinfBudgetBetweenLevels) {
  const Pair pair(0.05F);  // 12.75 levels: the nearest is 13
  const auto rounded = pair.written("fgsm", {{"epsilon", "0.05"}});
  for (std::size_t j = 0; j < kPixels; ++j) {
    const long change = level(rounded[j]) - level(pair.clean[j]);
    EXPECT_LE(std::labs(change), 12);
    EXPECT_FLOAT_EQ(rounded[j], static_cast<float>(level(rounded[j])) / 255.0F);
    const bool clipped = pair.adversarial[j] == 0.0F || pair.adversarial[j] == 1.0F;
    if (clipped) continue;
    EXPECT_EQ(std::labs(change), 12) << "no nearer than it must";
  }
}

TEST(WrittenImage, TakesAllOfABudgetOfWholeLevels) {
  for (const int levels : {1, 4, 8, 76}) {
    const Pair pair(static_cast<float>(levels / 255.0));
    const auto rounded = pair.written("fgsm", {{"epsilon", std::to_string(levels) + "/255"}});
    for (std::size_t j = 0; j < kPixels; ++j) {
      const bool clipped = pair.adversarial[j] == 0.0F || pair.adversarial[j] == 1.0F;
      if (clipped) continue;
      EXPECT_EQ(std::labs(level(rounded[j]) - level(pair.clean[j])), levels);
    }
  }
}

TEST(WrittenImage, KeepsAnL2Budget) {
  const Pair pair(0.05F);
  const double length = distances(pair.clean, pair.adversarial).l2;
  const auto rounded =
      pair.written("pgd", {{"norm", "l2"}, {"epsilon", std::to_string(length + 1e-5)}});
  EXPECT_LE(distances(pair.clean, rounded).l2, length + 1e-5);
  EXPECT_GT(distances(pair.clean, rounded).l2, 0.9 * length);
  const auto roomy = pair.written("pgd", {{"norm", "l2"}, {"epsilon", "50"}});
  for (std::size_t j = 0; j < kPixels; ++j) EXPECT_EQ(level(roomy[j]), level(pair.adversarial[j]));
}

TEST(WrittenImage, WithoutABudgetIsTheNearest) {
  const Pair pair(0.05F);
  const auto rounded = pair.written("deepfool", {});
  for (std::size_t j = 0; j < kPixels; ++j) {
    EXPECT_NEAR(rounded[j] * 255.0F, pair.adversarial[j] * 255.0F, 0.5001F);
  }
}

TEST(WrittenImage, TheBallIsKeptWithoutAnAttackToo) {
  const std::vector<float> clean = {0.0F, 1.0F, 0.0F};
  const std::vector<float> adversarial = {0.25F, 0.75F, 0.1F};  // 63.75, 191.25 and 25.5 levels
  std::vector<float> rounded(3);
  round_within_linf(clean, adversarial, 0.25, rounded);
  EXPECT_EQ(rounded, (std::vector<float>{63.0F / 255.0F, 192.0F / 255.0F, 26.0F / 255.0F}));
}

}  // namespace
}  // namespace signflip
