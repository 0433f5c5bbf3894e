#include "attack/methods/deepfool.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attack/active_set.h"
#include "attack/common_parameters.h"
#include "attack/geometry/boundary.h"
#include "attack/geometry/norms.h"
#include "attack/shard.h"
#include "core/eigen_map.h"

namespace signflip {
namespace {

/// Counting the label itself.
constexpr std::size_t kCandidates = 10;
/// A rival leads for certain where its logit is ahead by this share of the largest logit: about ten
/// times what a network of the page's size loses to float32. Where the overshoot alone would not
/// lead twice as far, steps aim that far past the boundary, and once more for each step before.
constexpr double kCertain = 1e-5;
/// How far past the boundary other steps aim, relative to their length.
constexpr double kHair = 1e-5;

/// A rival is not looked at again before half its distance was used up: were the model affine, the
/// whole of it could be.
constexpr double kTrust = 0.5;

struct Rival {
  std::size_t index;
  double bound = 0;  ///< how near its boundary may be
};

class DeepFool {
 public:
  explicit DeepFool(Shard& shard)
      : shard_(shard),
        norm_(norm_from(shard.parameters.choice("norm"))),
        reach_(1 + shard.parameters.real("overshoot")),
        active_(shard.count),
        rivals_(shard.count),
        lost_(shard.count),
        fooled_(shard.count),
        total_(shard.count, shard.image_size()),
        packed_(shard.count, shard.image_size()),
        finder_(shard.pass, norm_, shard.image_size(), shard.count) {}

  void run() {
    const int steps = shard_.parameters.integer("steps");
    for (int step = 0;; ++step) {
      const std::size_t before = active_.size();
      Rows<const float> logits = look();
      if (step == 0) choose_rivals(logits);
      std::vector<char> done(shard_.count);
      for (std::size_t slot = 0; slot < before; ++slot) {
        const std::size_t i = active_[slot];
        shard_.observe(i, step, logits[slot], shard_.adversarial[i]);
        const Goal goal = shard_.goal(i);
        fooled_[i] = reached(goal, logits[slot]);
        // What is misclassified as it is needs no step.
        done[i] = fooled_[i] &&
                  (step == 0 || margin_objective(goal, logits[slot]) >= certain_lead(logits[slot]));
      }
      active_.drop_if([&](std::size_t i) { return done[i] != 0; });
      if (active_.empty() || step == steps) break;
      if (!shard_.tick(static_cast<double>(step) / steps)) return;
      // A gradient for every rival costs far more than another look without the finished images.
      if (active_.size() < before) logits = look();
      advance(logits);
      active_.drop_if([this](std::size_t i) { return lost_[i] != 0; });
    }
    for (const std::size_t i : active_.rows()) give_up(i);
  }

  static double certain_lead(std::span<const float> logits) {
    return kCertain * static_cast<double>(as_array(logits).abs().maxCoeff());
  }

 private:
  /// The logits of the active images.
  Rows<const float> look() {
    return logits_of(shard_.pass, active_.gather(shard_.adversarial, packed_));
  }

  void choose_rivals(Rows<const float> logits) {
    for (std::size_t i = 0; i < shard_.count; ++i) {
      for (const std::size_t k : likeliest_rivals(logits[i], shard_.labels[i], kCandidates - 1)) {
        rivals_[i].push_back({k});
      }
    }
  }

  /// Moves each active image to its nearest boundary.
  void advance(Rows<const float> logits) {
    std::vector<int> labels;
    std::vector<std::size_t> rivals;
    std::vector<double> leads, bounds;
    for (std::size_t slot = 0; slot < active_.size(); ++slot) {
      const std::size_t i = active_[slot];
      std::stable_sort(rivals_[i].begin(), rivals_[i].end(),
                       [](const Rival& a, const Rival& b) { return a.bound < b.bound; });
      for (const Rival& rival : rivals_[i]) {
        rivals.push_back(rival.index);
        bounds.push_back(rival.bound);
      }
      labels.push_back(shard_.labels[i]);
      leads.push_back(certain_lead(logits[slot]));
    }
    std::vector<double> seen_at = bounds;
    finder_.find(logits, labels, rivals, seen_at);
    for (std::size_t slot = 0; slot < active_.size(); ++slot) {
      const std::size_t i = active_[slot], each = rivals_[i].size();
      move(i, finder_.boundary(slot), finder_.gradient(slot), leads[slot]);
      const Distances moved = distances(shard_.adversarial[i], packed_[slot]);
      const double way = norm_ == Norm::l2 ? moved.l2 : moved.linf;
      for (std::size_t r = 0; r < each; ++r) {
        const double seen = seen_at[slot * each + r], bound = bounds[slot * each + r];
        // Where the gradient was 0 it may not be so elsewhere.
        const double near = seen == bound ? bound : std::isfinite(seen) ? kTrust * seen : 0;
        rivals_[i][r].bound = near - way;
      }
    }
    ++moves_;
  }

  void move(std::size_t i, const Boundary& boundary, std::span<const float> gradient,
            double certain_lead) {
    if (!std::isfinite(boundary.distance)) {  // flat here: there is nowhere to go
      lost_[i] = 1;
      give_up(i);
      return;
    }
    const double rise = std::max((1 + kHair) * -boundary.gap,
                                 ((2 + moves_) * certain_lead - boundary.gap) / reach_);
    const double length = rise / boundary.slope;
    steepest_step(norm_, gradient, length, total_[i]);
    const auto total = as_array(total_[i]).cast<double>();
    as_array(shard_.adversarial[i]) = (as_array(shard_.clean[i]).cast<double>() + reach_ * total)
                                          .cast<float>()
                                          .max(shard_.bounds.low)
                                          .min(shard_.bounds.high);
  }

  /// An image that nearly is on the boundary is better than none.
  void give_up(std::size_t i) {
    if (!fooled_[i]) copy_row(shard_.clean[i], shard_.adversarial[i]);
  }

  Shard& shard_;
  Norm norm_;
  double reach_;
  ActiveSet active_;
  std::vector<std::vector<Rival>> rivals_;  ///< of each row
  std::vector<char> lost_, fooled_;
  RowBuffer<float> total_, packed_;  ///< the summed steps; the active images
  BoundaryFinder finder_;
  int moves_ = 0;
};

constexpr std::string_view kNormsL2First[] = {"l2", "linf"};
constexpr ParameterSpec kDeepFoolParameters[] = {
    norm_parameter(kNormsL2First),
    real_parameter("overshoot", "Overshoot",
                   {.fallback = 0.02, .minimum = 0, .maximum = 10, .step = 0.01, .slider = 0.5},
                   "how far past the boundary to go, relative to the distance to it"),
    steps_parameter(50)};

void run_deepfool(Shard& shard) { DeepFool(shard).run(); }

}  // namespace

constinit const AttackEntry kDeepFool{
    .name = "deepfool",
    .title = "DeepFool",
    .paper = "Moosavi-Dezfooli, Fawzi and Frossard 2016, arXiv:1511.04599",
    .norm = "l2",
    .family = Family::minimum_norm,
    .goals = Goals::untargeted,
    .access = Access::gradients,
    .summary = "Steps to the nearest class boundary, as if the model were linear.",
    .cost = "up to 9 gradients at the first step, then a few each",
    .parameters = kDeepFoolParameters,
    .run = run_deepfool,
    .random = never_random};

}  // namespace signflip
