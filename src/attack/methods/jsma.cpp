// JSMA: saliency, the search for the best pair, and the steps.
#include "attack/methods/jsma.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attack/active_set.h"
#include "attack/common_parameters.h"
#include "attack/shard.h"
#include "core/eigen_map.h"
#include "core/exact/objective.h"

namespace signflip {
namespace {

/// The values that fewer than two others equal or beat in both respects, best rise first. Of values
/// alike in both the first two stay.
std::vector<std::size_t> contenders(std::span<const float> rise, std::span<const float> fall) {
  const auto usable = [&](std::size_t j) {
    return std::isfinite(rise[j]) && std::isfinite(fall[j]);
  };
  // The two largest sums beat nearly all, which spares sorting them.
  std::size_t first = rise.size(), second = rise.size();
  const auto larger = [&](std::size_t j, std::size_t than) {
    return than == rise.size() || rise[j] + fall[j] > rise[than] + fall[than];
  };
  for (std::size_t j = 0; j < rise.size(); ++j) {
    if (!usable(j) || !larger(j, second)) continue;
    second = j;
    if (larger(j, first)) std::swap(first, second);
  }
  if (second == rise.size()) return {};
  const float high_rise = std::min(rise[first], rise[second]);
  const float high_fall = std::min(fall[first], fall[second]);
  std::vector<std::size_t> order;
  for (std::size_t j = 0; j < rise.size(); ++j) {
    const bool beaten = rise[j] <= high_rise && fall[j] <= high_fall;
    if (usable(j) && (j == first || j == second || !beaten)) order.push_back(j);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (rise[a] != rise[b]) return rise[a] > rise[b];
    if (fall[a] != fall[b]) return fall[a] > fall[b];
    return a < b;
  });
  // All before one in this order rise as much, so only the two largest falls so far count.
  float largest = -std::numeric_limits<float>::infinity(), next = largest;
  std::vector<std::size_t> kept;
  for (const std::size_t j : order) {
    if (fall[j] <= next) continue;
    kept.push_back(j);
    next = std::max(next, std::min(largest, fall[j]));
    largest = std::max(largest, fall[j]);
  }
  return kept;
}

}  // namespace

std::optional<SaliencyPair> best_pair(std::span<const float> rise, std::span<const float> fall) {
  const std::vector<std::size_t> kept = contenders(rise, fall);
  std::optional<SaliencyPair> best;
  double largest = 0;
  for (std::size_t a = 0; a < kept.size(); ++a) {
    for (std::size_t b = a + 1; b < kept.size(); ++b) {
      const std::size_t p = std::min(kept[a], kept[b]), q = std::max(kept[a], kept[b]);
      const double up = static_cast<double>(rise[p]) + static_cast<double>(rise[q]);
      const double down = static_cast<double>(fall[p]) + static_cast<double>(fall[q]);
      if (!(up > 0 && down > 0 && up * down > largest)) continue;
      largest = up * down;
      best = SaliencyPair{p, q};
    }
  }
  return best;
}

namespace {

/// What a shard of images under JSMA shares.
class Saliency {
 public:
  explicit Saliency(const Shard& shard)
      : shard_(shard),
        theta_(static_cast<float>(shard.parameters.real("theta"))),
        of_logits_(shard.parameters.choice("saliency") == "logits"),
        target_rise_(shard.count, shard.image_size()),
        others_rise_(shard.count, shard.image_size()) {}

  /// Finds α and β at the images of the last forward(), whose logits and targets these are.
  void differentiate(Rows<const float> logits, std::span<const std::size_t> targets) {
    const std::size_t count = targets.size();
    const Rows<float> rise = target_rise_.first(count), others = others_rise_.first(count);
    RowBuffer<float> dlogits(count, shard_.classes());
    if (!of_logits_) {
      for (std::size_t slot = 0; slot < count; ++slot) {
        log_odds_against_gradient(logits[slot], static_cast<int>(targets[slot]), dlogits[slot]);
      }
      shard_.pass.input_gradient(dlogits.rows(), others);
      as_array(rise.values()) = -as_array(others.values());
      return;
    }
    for (std::size_t slot = 0; slot < count; ++slot) dlogits[slot][targets[slot]] = 1;
    shard_.pass.input_gradient(dlogits.rows(), rise);
    as_array(dlogits.rows().values()) = 1 - as_array(dlogits.rows().values());
    shard_.pass.input_gradient(dlogits.rows(), others);
  }

  /// Moves the best pair of the image, the slot-th of the last differentiate(). False: there is
  /// none.
  bool step(std::size_t slot, std::span<float> image) {
    const float sign = theta_ < 0 ? -1.0F : 1.0F;
    domain_.clear();
    rise_.clear();
    fall_.clear();
    for (std::size_t j = 0; j < image.size(); ++j) {
      if (moved(image[j]) == image[j]) continue;
      domain_.push_back(j);
      rise_.push_back(sign * target_rise_[slot][j]);
      fall_.push_back(-sign * others_rise_[slot][j]);
    }
    const auto pair = best_pair(rise_, fall_);
    if (!pair) return false;
    for (const std::size_t at : {pair->first, pair->second}) {
      float& value = image[domain_[at]];
      value = moved(value);
    }
    return true;
  }

 private:
  float moved(float value) const {
    return std::clamp(value + theta_, shard_.bounds.low, shard_.bounds.high);
  }

  const Shard& shard_;
  float theta_;
  bool of_logits_;
  RowBuffer<float> target_rise_, others_rise_;
  std::vector<std::size_t> domain_;
  std::vector<float> rise_, fall_;
};

constexpr std::string_view kSaliencies[] = {"probabilities", "logits"};

constexpr ParameterSpec kParameters[] = {
    real_parameter("theta", "Change θ", {.fallback = 1, .minimum = -1, .maximum = 1, .step = 0.05},
                   "how far one step moves each value of its pair; below 0 it darkens"),
    real_parameter("gamma", "Share of pixels γ",
                   {.fallback = 0.145, .minimum = 0, .maximum = 1, .step = 0.005},
                   "the largest share of the image's values that may change"),
    choice_parameter("saliency", "Saliency of", kSaliencies,
                     "whether pixels are judged by the classes' probabilities or logits")};

void run_jsma(Shard& shard) {
  const auto steps = static_cast<int>(shard.parameters.real("gamma") *
                                      static_cast<double>(shard.image_size()) / 2);
  ActiveSet active(shard.count);
  Saliency saliency(shard);
  RowBuffer<float> current(shard.clean), packed(shard.clean);
  std::vector<double> best(shard.count);
  std::vector<std::size_t> target(shard.count), packed_targets(shard.count);
  std::vector<std::uint8_t> done(shard.count);
  for (int step = 0; !active.empty(); ++step) {
    if (!shard.tick(static_cast<double>(step) / (steps + 1))) return;
    const std::size_t asked = active.size();
    const Rows<const float> logits = logits_of(shard.pass, active.gather(current, packed));
    bool go_on = false;
    for (std::size_t slot = 0; slot < asked; ++slot) {
      const std::size_t i = active[slot];
      const Goal goal = shard.goal(i);
      const std::span<const float> z = logits[slot];
      if (step == 0) {
        target[i] = goal.targeted() ? static_cast<std::size_t>(goal.target)
                                    : runner_up(z, static_cast<std::size_t>(goal.label));
      }
      packed_targets[slot] = target[i];
      done[i] = reached(goal, z) || step == steps;
      go_on = go_on || !done[i];
      const double nearness = margin_objective(goal, z);
      if (step > 0 && !reached(goal, z) && !(nearness > best[i])) continue;
      best[i] = nearness;
      copy_row(packed[slot], shard.adversarial[i]);
    }
    if (!go_on) return;
    saliency.differentiate(logits, std::span<const std::size_t>(packed_targets).first(asked));
    for (std::size_t slot = 0; slot < asked; ++slot) {
      const std::size_t i = active[slot];
      if (done[i]) continue;
      done[i] = !saliency.step(slot, current[i]);
    }
    active.drop_if([&](std::size_t i) { return done[i] != 0; });
  }
}

}  // namespace

constinit const AttackEntry kJsma{
    .name = "jsma",
    .title = "JSMA",
    .paper = "Papernot, McDaniel, Jha, Fredrikson, Celik and Swami 2016, arXiv:1511.07528",
    .norm = "l0",
    .family = Family::few_pixels,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "Two pixels at a time: those that help the goal most and the rest least.",
    .cost = "1 query and 1 gradient (2 for logits) for each pair of changed values",
    .parameters = kParameters,
    .run = run_jsma,
    .random = never_random};

}  // namespace signflip
