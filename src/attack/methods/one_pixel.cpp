// One pixel: the population of one image and its evolution.
#include "attack/methods/one_pixel.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "attack/common_parameters.h"
#include "attack/shard.h"
#include "attack/variants.h"
#include "core/exact/objective.h"

namespace signflip {
namespace {

struct Settings {
  std::size_t pixels = 0, population = 0;
  int generations = 0;
  float factor = 0;
};

/// One image's evolution. A candidate is `pixels` times (row, column, C colours).
class Evolution {
 public:
  Evolution(const Shard& shard, const Settings& settings, std::size_t image, Variants& variants)
      : shard_(shard),
        settings_(settings),
        goal_(shard.goal(image)),
        clean_(shard.clean[image]),
        answer_(shard.adversarial[image]),
        variants_(variants),
        rng_(shard.rng(image)),
        gene_(2 + static_cast<std::size_t>(shard.shape.channels)),
        length_(settings.pixels * gene_),
        scores_(settings.population, -std::numeric_limits<double>::infinity()) {}

  /// One generation; number 0 is random, after a look at the clean image. True: over.
  bool round(int number) {
    if (number == 0 && fooled_already()) return true;
    return generation(number);
  }

 private:
  /// Asks about the clean image alone.
  bool fooled_already() {
    variants_.each(
        clean_, 1, [](std::size_t, std::span<float>) {},
        [&](std::size_t, std::span<const float> logits, std::span<const float>) {
          success_ = reached(goal_, logits);
          best_ = score(logits);
          return true;
        });
    return success_;
  }

  /// True: over.
  bool generation(int number) {
    if (number == 0) {
      for (std::size_t i = 0; i < settings_.population; ++i) scatter();
    } else {
      children_.clear();
      for (std::size_t i = 0; i < settings_.population; ++i) breed(i);
    }
    variants_.each(
        clean_, settings_.population,
        [&](std::size_t i, std::span<float> image) { paint(child(i), image); },
        [&](std::size_t i, std::span<const float> logits, std::span<const float> image) {
          success_ = reached(goal_, logits);
          const double value = score(logits);
          if (success_ || value > best_) {
            best_ = value;
            std::copy(image.begin(), image.end(), answer_.begin());
          }
          if (number == 0 || value > scores_[i]) {
            scores_[i] = value;
            winners_.push_back(i);
          }
          return !success_;
        });
    if (number == 0) parents_ = children_;
    for (const std::size_t i : winners_) {
      std::copy_n(child(i).begin(), length_, &parents_[i * length_]);
    }
    winners_.clear();
    return success_;
  }

  std::span<const float> child(std::size_t i) const {
    return Rows<const float>(children_, length_)[i];
  }

  double score(std::span<const float> logits) const {
    const double value = cross_entropy_objective(goal_, logits);
    return value == value ? value : -std::numeric_limits<double>::infinity();
  }

  void scatter() {
    const Bounds bounds = shard_.bounds;
    const float middle = (bounds.low + bounds.high) / 2, deviation = (bounds.high - bounds.low) / 2;
    for (std::size_t p = 0; p < settings_.pixels; ++p) {
      children_.push_back(rng_.uniform(0, static_cast<float>(shard_.shape.height)));
      children_.push_back(rng_.uniform(0, static_cast<float>(shard_.shape.width)));
      for (int c = 0; c < shard_.shape.channels; ++c) {
        children_.push_back(
            std::clamp(middle + deviation * rng_.normal(), bounds.low, bounds.high));
      }
    }
  }

  /// The child that faces parent i.
  void breed(std::size_t i) {
    std::size_t chosen[4] = {i};
    for (std::size_t n = 1; n < 4; ++n) {
      do {
        chosen[n] = rng_.below(static_cast<std::uint32_t>(settings_.population));
      } while (std::find(chosen, chosen + n, chosen[n]) != chosen + n);
    }
    const float* const a = &parents_[chosen[1] * length_];
    const float* const b = &parents_[chosen[2] * length_];
    const float* const c = &parents_[chosen[3] * length_];
    const float bottom = static_cast<float>(shard_.shape.height);
    const float right = static_cast<float>(shard_.shape.width);
    for (std::size_t j = 0; j < length_; ++j) {
      const float value = a[j] + settings_.factor * (b[j] - c[j]);
      const std::size_t which = j % gene_;
      children_.push_back(which == 0   ? std::clamp(value, 0.0F, bottom)
                          : which == 1 ? std::clamp(value, 0.0F, right)
                                       : std::clamp(value, shard_.bounds.low, shard_.bounds.high));
    }
  }

  void paint(std::span<const float> candidate, std::span<float> image) const {
    for (std::size_t at = 0; at < length_; at += gene_) {
      const int row = std::min(static_cast<int>(candidate[at]), shard_.shape.height - 1);
      const int column = std::min(static_cast<int>(candidate[at + 1]), shard_.shape.width - 1);
      const auto position = static_cast<std::size_t>(row * shard_.shape.width + column);
      const std::size_t channels = gene_ - 2;
      const std::span<const float> colour = candidate.subspan(at + 2, channels);
      std::copy(colour.begin(), colour.end(), image.subspan(position * channels).begin());
    }
  }

  const Shard& shard_;
  const Settings& settings_;
  Goal goal_;
  std::span<const float> clean_;
  std::span<float> answer_;
  Variants& variants_;
  Rng rng_;
  std::size_t gene_, length_;
  std::vector<float> parents_, children_;
  std::vector<double> scores_;
  std::vector<std::size_t> winners_;
  double best_ = 0;
  bool success_ = false;
};

constexpr ParameterSpec kParameters[] = {
    integer_parameter("pixels", "Pixels", {.fallback = 1, .minimum = 1, .maximum = 5, .step = 1},
                      "how many pixels may change"),
    integer_parameter("generations", "Generations",
                      {.fallback = 100, .minimum = 0, .maximum = 10000, .step = 1, .slider = 200},
                      "how often the candidates are bred anew at most"),
    integer_parameter("population", "Population",
                      {.fallback = 400, .minimum = 4, .maximum = 10000, .step = 1, .slider = 800},
                      "how many candidates there are at a time"),
    real_parameter("factor", "Factor", {.fallback = 0.5, .minimum = 0, .maximum = 2, .step = 0.05},
                   "how much of the difference of two candidates is added to a third")};

void run_one_pixel(Shard& shard) {
  const Parameters& given = shard.parameters;
  const Settings settings{static_cast<std::size_t>(given.integer("pixels")),
                          static_cast<std::size_t>(given.integer("population")),
                          given.integer("generations"), static_cast<float>(given.real("factor"))};
  search_each_image(shard, settings.generations, [&](std::size_t i, Variants& variants) {
    return Evolution(shard, settings, i, variants);
  });
}

}  // namespace

constinit const AttackEntry kOnePixel{
    .name = "one-pixel",
    .title = "One pixel",
    .paper = "Su, Vargas and Sakurai 2019, arXiv:1710.08864",
    .norm = "l0",
    .family = Family::few_pixels,
    .goals = Goals::either,
    .access = Access::logits,
    .summary = "Breeds candidates, a place and a colour each, until one pixel is enough.",
    .cost = "at most 1 + population x (generations + 1) queries, no gradient",
    .parameters = kParameters,
    .run = run_one_pixel,
    .random = always_random};

}  // namespace signflip
