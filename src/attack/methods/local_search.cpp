// Local search: candidates, probes, changes.
#include "attack/methods/local_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "attack/common_parameters.h"
#include "attack/shard.h"
#include "attack/variants.h"
#include "core/exact/objective.h"

namespace signflip {
namespace {

struct Settings {
  double probe = 0, factor = 0;
  int radius = 0, pixels = 0, rounds = 0, rest = 0;
};

/// One image's search. Positions are numbered row by row.
class LocalSearch {
 public:
  LocalSearch(const Shard& shard, const Settings& settings, std::size_t image, Variants& variants)
      : shard_(shard),
        settings_(settings),
        goal_(shard.goal(image)),
        answer_(shard.adversarial[image]),
        variants_(variants),
        rng_(shard.rng(image)),
        current_(answer_.begin(), answer_.end()),
        positions_(answer_.size() / channels()),
        rests_until_(positions_, 0) {}

  /// Round 0 only looks at the clean image. True: over.
  bool round(int number) {
    if (number > 0) {
      if (candidates_.empty()) draw_candidates(number);
      if (candidates_.empty()) return true;
      probe();
      change(number);
      look_around(number);
    }
    bool success = false;
    variants_.each(
        current_, 1, [](std::size_t, std::span<float>) {},
        [&](std::size_t, std::span<const float> logits, std::span<const float>) {
          success = reached(goal_, logits);
          const double value = score(logits);
          if (number > 0 && !success && !(value > best_)) return true;
          best_ = value;
          std::copy(current_.begin(), current_.end(), answer_.begin());
          return true;
        });
    return success;
  }

 private:
  struct Probe {
    std::size_t position = 0;
    double score = 0;
  };

  std::size_t channels() const { return static_cast<std::size_t>(shard_.shape.channels); }
  bool rests(std::size_t position, int number) const { return number < rests_until_[position]; }

  /// Pixel values around 0, and back.
  double middle() const {
    return (static_cast<double>(shard_.bounds.low) + static_cast<double>(shard_.bounds.high)) / 2;
  }
  double width() const {
    return static_cast<double>(shard_.bounds.high) - static_cast<double>(shard_.bounds.low);
  }
  double centred(float x) const { return (static_cast<double>(x) - middle()) / width(); }
  float pixel(double v) const { return static_cast<float>(middle() + v * width()); }

  double score(std::span<const float> logits) const {
    const double value = cross_entropy_objective(goal_, logits);
    return value == value ? value : -std::numeric_limits<double>::infinity();
  }

  /// A random tenth of the positions that do not rest.
  void draw_candidates(int number) {
    std::vector<std::size_t> free;
    for (std::size_t p = 0; p < positions_; ++p) {
      if (!rests(p, number)) free.push_back(p);
    }
    rng_.shuffle(std::span<std::size_t>(free));
    free.resize(std::min(free.size(), (positions_ + 9) / 10));
    std::sort(free.begin(), free.end());
    candidates_ = std::move(free);
  }

  void probe() {
    probes_.clear();
    variants_.each(
        current_, candidates_.size(),
        [&](std::size_t k, std::span<float> image) {
          for (float& x : Rows<float>(image, channels())[candidates_[k]]) {
            const double v = centred(x);
            x = pixel(v > 0 ? settings_.probe : v < 0 ? -settings_.probe : 0);
          }
        },
        [&](std::size_t k, std::span<const float> logits, std::span<const float>) {
          probes_.push_back({candidates_[k], score(logits)});
          return true;
        });
    const std::size_t kept = std::min(probes_.size(), static_cast<std::size_t>(settings_.pixels));
    std::partial_sort(probes_.begin(), probes_.begin() + static_cast<std::ptrdiff_t>(kept),
                      probes_.end(), [](const Probe& a, const Probe& b) {
                        return a.score != b.score ? a.score > b.score : a.position < b.position;
                      });
    probes_.resize(kept);
  }

  void change(int number) {
    for (const Probe& chosen : probes_) {
      for (float& x : Rows<float>(current_, channels())[chosen.position]) {
        double v = settings_.factor * centred(x);
        if (v < -0.5) {
          v += 1;
        } else if (v > 0.5) {
          v -= 1;
        }
        x = std::clamp(pixel(v), shard_.bounds.low, shard_.bounds.high);
      }
      rests_until_[chosen.position] = number + settings_.rest + 1;
    }
  }

  void look_around(int number) {
    const int height = shard_.shape.height, columns = shard_.shape.width;
    std::vector<std::uint8_t> near(positions_);
    for (const Probe& chosen : probes_) {
      const int row = static_cast<int>(chosen.position) / columns;
      const int column = static_cast<int>(chosen.position) % columns;
      for (int y = std::max(0, row - settings_.radius);
           y <= std::min(height - 1, row + settings_.radius); ++y) {
        for (int x = std::max(0, column - settings_.radius);
             x <= std::min(columns - 1, column + settings_.radius); ++x) {
          near[static_cast<std::size_t>(y * columns + x)] = 1;
        }
      }
    }
    candidates_.clear();
    for (std::size_t p = 0; p < positions_; ++p) {
      if (near[p] != 0 && !rests(p, number + 1)) candidates_.push_back(p);
    }
  }

  const Shard& shard_;
  const Settings& settings_;
  Goal goal_;
  std::span<float> answer_;
  Variants& variants_;
  Rng rng_;
  std::vector<float> current_;
  std::size_t positions_;
  std::vector<int> rests_until_;  // the first round in which a position is a candidate again
  std::vector<std::size_t> candidates_;
  std::vector<Probe> probes_;
  double best_ = 0;
};

constexpr ParameterSpec kParameters[] = {
    real_parameter("probe", "Probe",
                   {.fallback = -0.5, .minimum = -100, .maximum = 100, .step = 0.1},
                   "what a pixel is set to when its influence is measured, times its sign, "
                   "where 0.5 is white and -0.5 black; -0.5 flips it to the other end"),
    real_parameter("factor", "Factor", {.fallback = 1.5, .minimum = 0, .maximum = 2, .step = 0.05},
                   "by what a chosen pixel is multiplied, where 0.5 is white and -0.5 black; "
                   "beyond them it comes in again at the other end"),
    integer_parameter("radius", "Radius",
                      {.fallback = 5, .minimum = 0, .maximum = 100, .step = 1, .slider = 14},
                      "how far around the last changes to look for the next ones"),
    integer_parameter("pixels", "Pixels per round",
                      {.fallback = 5, .minimum = 1, .maximum = 1000, .step = 1, .slider = 20},
                      "how many pixels each round changes"),
    integer_parameter("rounds", "Rounds",
                      {.fallback = 150, .minimum = 1, .maximum = 10000, .step = 1, .slider = 300},
                      "how often to change pixels at most"),
    integer_parameter("rest", "Rest",
                      {.fallback = 30, .minimum = 0, .maximum = 10000, .step = 1, .slider = 100},
                      "for how many rounds a changed pixel is left alone")};

void run_local_search(Shard& shard) {
  const Parameters& given = shard.parameters;
  const Settings settings{given.real("probe"),     given.real("factor"),    given.integer("radius"),
                          given.integer("pixels"), given.integer("rounds"), given.integer("rest")};
  search_each_image(shard, settings.rounds, [&](std::size_t i, Variants& variants) {
    return LocalSearch(shard, settings, i, variants);
  });
}

}  // namespace

constinit const AttackEntry kLocalSearch{
    .name = "local-search",
    .title = "Local search",
    .paper = "Narodytska and Kasiviswanathan 2016, arXiv:1612.06299",
    .norm = "l0",
    .family = Family::few_pixels,
    .goals = Goals::either,
    .access = Access::logits,
    .summary = "Tries pixels, keeps the few that matter most, looks around them. Black box.",
    .cost = "at most 1 + rounds x (1 + pixels x (2 radius + 1)^2) queries, no gradient",
    .parameters = kParameters,
    .run = run_local_search,
    .random = always_random};

}  // namespace signflip
