// One pixel's differential evolution, as Su, Vargas and Sakurai 2019 take it from Storn and Price
// 1997: seen through the images that it asks about.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "support/attacks.h"
#include "support/scripted_model.h"

namespace signflip::test {
namespace {

constexpr std::size_t kPopulation = 5;
constexpr int kGenerations = 20;

/// The candidates of each generation, the random ones first. `brightness`: whether brighter images
/// are nearer to success; else all are alike.
std::vector<std::vector<std::vector<float>>> generations(ImageShape shape, bool brightness,
                                                         std::uint64_t seed) {
  const ScriptedModel model(shape, 2, [&](std::span<const float> image, std::size_t) {
    const float sum = std::accumulate(image.begin(), image.end(), 0.0F);
    return std::vector<float>{1000.0F - (brightness ? sum : 0.0F), 0.0F};
  });
  const Tensor image(1, shape, std::vector<float>(shape.size(), 0.0F));
  AttackRequest request = request_for(
      "one-pixel",
      {{"population", std::to_string(kPopulation)}, {"generations", std::to_string(kGenerations)}},
      seed);
  attack(model, request, image, {0});
  std::vector<std::vector<std::vector<float>>> all(kGenerations + 1);
  for (std::size_t i = 0; i < kPopulation * all.size(); ++i) {
    all[i / kPopulation].push_back(model.seen.at(i + 1));  // after the clean image
  }
  return all;
}

TEST(OnePixel, AParentsPlaceGoesToABetterChildAlone) {
  // x_i(g + 1) is the child only where the child is better, so that the population gets brighter.
  // Children that always took the place would drift about, as bright in the end as in the
  // beginning.
  const auto brightness = [](const std::vector<std::vector<float>>& images) {
    float sum = 0;
    for (const auto& image : images) sum += std::accumulate(image.begin(), image.end(), 0.0F);
    return sum / static_cast<float>(images.size());
  };
  float first = 0, last = 0;
  constexpr std::uint64_t kSeeds = 40;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto all = generations({3, 3, 3}, true, seed);
    first += brightness(all.front()) / kSeeds;
    last += brightness(all.back()) / kSeeds;
  }
  EXPECT_NEAR(first, 1.5, 0.15) << "three colours, normal around a half";
  EXPECT_GT(last, 2.4);
}

TEST(OnePixel, ParentsDifferFromEachOtherAndFromTheirChild) {
  // a + F·(b − c) with b = c is a again; with three that differ it is none of the first, where all
  // are alike and none is replaced.
  std::size_t compared = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto all = generations({4, 4, 3}, false, seed);
    const auto& parents = all.front();
    for (std::size_t g = 1; g < all.size(); ++g) {
      for (const auto& child : all[g]) {
        // Colours at their bounds may agree by chance.
        const bool free =
            std::any_of(child.begin(), child.end(), [](float v) { return v > 0 && v < 1; });
        if (!free) continue;
        ++compared;
        EXPECT_EQ(std::find(parents.begin(), parents.end(), child), parents.end())
            << "seed " << seed;
      }
    }
  }
  EXPECT_GT(compared, 2000U);
}

}  // namespace
}  // namespace signflip::test
