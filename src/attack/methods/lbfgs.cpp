#include "attack/methods/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attack/active_set.h"
#include "attack/common_parameters.h"
#include "attack/geometry/boundary.h"
#include "attack/geometry/box_minimiser.h"
#include "attack/geometry/norms.h"
#include "attack/shard.h"
#include "core/eigen_map.h"
#include "core/exact/maths.h"

namespace signflip {
namespace {

/// Rivals that are compared before the last rounds.
constexpr std::size_t kRivals = 9;
/// The factor between values of c until one works and one fails: at first, and in the last rounds.
constexpr double kFactor = 4, kSmallFactor = 1.2;
/// Times the c whose minimum would be on the boundary: a little beyond it.
constexpr double kInside = 0.99;
/// The search for c ends where its bounds are this near; the distance goes about as 1/c.
constexpr double kNearEnough = 1.003;

/// When a minimisation ends. On mnist-robust ten times as much costs a quarter less and loses 14%
/// of the mean distance; a tenth costs a fifth more and gains 2%.
constexpr double kTolerance = 1e-5;

/// One image's search: the bounds of c, and a point from where the next minimisation starts.
struct Search {
  explicit Search(std::size_t size, Bounds bounds) : minimiser(size, bounds, kTolerance) {}

  BoxMinimiser minimiser;
  int rival = kNoClass;  ///< in the last rounds, see aim_at_rivals()
  double constant = 0, factor = kFactor;
  double works = 0;  ///< the largest c so far whose minimum was adversarial
  double fails = std::numeric_limits<double>::infinity();
  bool found = false;                                     ///< with the present c
  double best = std::numeric_limits<double>::infinity();  ///< squared distance of the answer
  // The clean image at first, then the nearest adversarial point at which the gradient is known.
  std::vector<float> start, start_gradient;
  double start_value = 0, start_distance = std::numeric_limits<double>::infinity();
  double value = 0;  ///< the loss at the proposal

  /// Chooses the next c. False: it is known well enough.
  bool narrow() {
    if (found) {
      works = std::max(works, constant);
    } else {
      fails = std::min(fails, constant);
    }
    if (!(works > 0)) {
      constant /= factor;
    } else if (std::isinf(fails)) {
      constant *= std::sqrt(factor);
    } else {
      constant = std::sqrt(works * fails);
    }
    return constant > 0 && std::isfinite(constant) && !(works > 0 && fails / works < kNearEnough);
  }
};

double squared_distance(std::span<const float> a, std::span<const float> b) {
  const double distance = l2_distance(a, b);
  return distance * distance;
}

class Lbfgs {
 public:
  explicit Lbfgs(Shard& shard)
      : shard_(shard),
        steps_(shard.parameters.integer("steps")),
        active_(shard.count),
        packed_(shard.count, shard.image_size()),
        gradients_(shard.count, shard.image_size()),
        dlogits_(shard.count, shard.classes()),
        full_gradient_(shard.image_size()) {
    for (std::size_t i = 0; i < shard.count; ++i) {
      searches_.emplace_back(shard.image_size(), shard.bounds);
    }
  }

  void run() {
    const int rounds = shard_.parameters.integer("binary-search-steps");
    const int last = shard_.targeted() ? 0 : rounds / 3;
    if (!search(look_at_clean(), 0, rounds - last) || last == 0) return;
    search(aim_at_rivals(), rounds - last, rounds);
  }

 private:
  /// Rounds first … end−1 of `unsolved`. False: told to stop.
  bool search(ActiveSet unsolved, int first, int end) {
    const int rounds = shard_.parameters.integer("binary-search-steps");
    for (int round = first; round < end && !unsolved.empty(); ++round) {
      active_ = unsolved;
      if (!minimise(shard_.ticker.part(static_cast<double>(round) / rounds,
                                       static_cast<double>(round + 1) / rounds))) {
        return false;
      }
      unsolved.drop_if([this](std::size_t i) { return !searches_[i].narrow(); });
    }
    return true;
  }

  /// s, the log odds of missing the goal; in the last rounds against the rival alone.
  double log_odds(std::size_t i, std::span<const float> logits) const {
    if (searches_[i].rival != kNoClass) {
      const auto rival = static_cast<std::size_t>(searches_[i].rival);
      const auto label = static_cast<std::size_t>(shard_.labels[i]);
      return static_cast<double>(logits[label]) - static_cast<double>(logits[rival]);
    }
    return shard_.targeted() ? log_odds_against(logits, shard_.targets[i])
                             : -log_odds_against(logits, shard_.labels[i]);
  }
  /// The cross-entropy of the goal, log(1 + e^s).
  double loss(std::size_t i, std::span<const float> logits) const {
    const double s = log_odds(i, logits);
    return std::max(s, 0.0) + std::log1p(exponential(-std::fabs(s)));
  }
  /// σ(s), the probability of missing the goal.
  double chance_to_miss(std::size_t i, std::span<const float> logits) const {
    return 1 / (1 + exponential(-log_odds(i, logits)));
  }
  void loss_gradient(std::size_t i, std::span<const float> logits, std::span<float> dlogits) const {
    const auto probability = static_cast<float>(chance_to_miss(i, logits));
    if (searches_[i].rival != kNoClass) {
      as_array(dlogits) = 0;
      dlogits[static_cast<std::size_t>(shard_.labels[i])] = probability;
      dlogits[static_cast<std::size_t>(searches_[i].rival)] = -probability;
      return;
    }
    const bool targeted = shard_.targeted();
    log_odds_against_gradient(logits, targeted ? shard_.targets[i] : shard_.labels[i], dlogits);
    as_array(dlogits) *= targeted ? probability : -probability;
  }

  /// Value, gradient and first c at the clean images. Returns those that need an attack and have a
  /// direction to go.
  ActiveSet look_at_clean() {
    ActiveSet unsolved(shard_.count);
    Rows<const float> logits = logits_of(shard_.pass, shard_.clean);
    unsolved.drop_if([&](std::size_t i) { return reached(shard_.goal(i), logits[i]); });
    if (unsolved.empty()) return unsolved;
    const std::size_t count = unsolved.size();
    if (count < shard_.count) {
      logits = logits_of(shard_.pass, unsolved.gather(shard_.clean, packed_));
    }
    std::vector<double> losses;
    for (std::size_t slot = 0; slot < count; ++slot) {
      losses.push_back(loss(unsolved[slot], logits[slot]));
      loss_gradient(unsolved[slot], logits[slot], dlogits_[slot]);
    }
    shard_.pass.input_gradient(dlogits_.first(count), gradients_.first(count));
    for (std::size_t slot = 0; slot < count; ++slot) {
      const std::size_t i = unsolved[slot];
      remember(i, losses[slot], shard_.clean[i], gradients_[slot]);
      Search& s = searches_[i];
      const double length = l2_norm(s.start_gradient);
      // Were the model affine, the minimum for this c would be a little beyond the boundary, where
      // s is 0 and the loss half as steep as here.
      s.constant = 0.45 * length * length / (2 * std::max(s.start_value, 1e-3));
    }
    unsolved.drop_if([this](std::size_t i) {
      const double c = searches_[i].constant;
      return !(c > 0) || !std::isfinite(c);
    });
    return unsolved;
  }

  /// Untargeted, a successful search goes on from its answer against one class alone: of the
  /// likeliest there, that whose boundary, as it looks from there, is nearest to the clean image.
  /// Returns those searches.
  ActiveSet aim_at_rivals() {
    ActiveSet found(shard_.count);
    found.drop_if([this](std::size_t i) { return std::isinf(searches_[i].best); });
    if (found.empty()) return found;
    const std::size_t count = found.size(), rivals = std::min(kRivals, shard_.classes() - 1);
    const RowBuffer<float> logits(
        logits_of(shard_.pass, found.gather(shard_.adversarial, packed_)));
    std::vector<std::vector<std::size_t>> likeliest;
    for (std::size_t slot = 0; slot < count; ++slot) {
      likeliest.push_back(likeliest_rivals(logits[slot], shard_.labels[found[slot]], rivals));
    }
    std::vector<double> nearest(count, std::numeric_limits<double>::infinity());
    std::vector<int> chosen(count, kNoClass);
    for (std::size_t r = 0; r < rivals; ++r) {
      for (std::size_t slot = 0; slot < count; ++slot) {
        searches_[found[slot]].rival = static_cast<int>(likeliest[slot][r]);
        loss_gradient(found[slot], logits[slot], dlogits_[slot]);
      }
      shard_.pass.input_gradient(dlogits_.first(count), gradients_.first(count));
      for (std::size_t slot = 0; slot < count; ++slot) {
        const std::size_t i = found[slot];
        Search& s = searches_[i];
        // s is linear from here: its slope, and its value at the clean image over that.
        const double slope = l2_norm(gradients_[slot]) / chance_to_miss(i, logits[slot]);
        const double way =
            dot(gradients_[slot], shard_.clean[i]) - dot(gradients_[slot], packed_[slot]);
        const double distance = log_odds(i, logits[slot]) / slope + way / l2_norm(gradients_[slot]);
        if (!(distance > 0 && distance < nearest[slot])) continue;
        nearest[slot] = distance;
        chosen[slot] = s.rival;
        remember(i, loss(i, logits[slot]), packed_[slot], gradients_[slot]);
        s.constant = kInside * slope / (4 * distance);  // as in look_at_clean()
      }
    }
    for (std::size_t slot = 0; slot < count; ++slot) {
      Search& s = searches_[found[slot]];
      s.rival = chosen[slot];
      s.start_distance = s.best;
      s.factor = kSmallFactor;
      s.works = 0;
      s.fails = std::numeric_limits<double>::infinity();
    }
    found.drop_if([this](std::size_t i) {
      const Search& s = searches_[i];
      return s.rival == kNoClass || !(s.constant > 0) || !std::isfinite(s.constant);
    });
    return found;
  }

  void remember(std::size_t i, double value, std::span<const float> x,
                std::span<const float> gradient) {
    Search& s = searches_[i];
    s.start.assign(x.begin(), x.end());
    s.start_gradient.assign(gradient.begin(), gradient.end());
    s.start_value = value;
  }

  /// c·‖x − clean‖² + loss and its gradient 2c(x − clean) + dloss.
  double whole(std::size_t i, std::span<const float> x, double value) const {
    return searches_[i].constant * squared_distance(x, shard_.clean[i]) + value;
  }
  std::span<const float> whole_gradient(std::size_t i, std::span<const float> x,
                                        std::span<const float> gradient) {
    const auto twice = static_cast<float>(2 * searches_[i].constant);
    as_array(std::span(full_gradient_)) =
        twice * (as_array(x) - as_array(shard_.clean[i])) + as_array(gradient);
    return full_gradient_;
  }

  /// Minimises each active image's function with its present c. False: told to stop.
  bool minimise(const Ticker& ticker) {
    for (const std::size_t i : active_.rows()) {
      Search& s = searches_[i];
      s.found = std::isfinite(s.start_distance);  // should the minimum be right there
      s.minimiser.start(s.start, whole(i, s.start, s.start_value),
                        whole_gradient(i, s.start, s.start_gradient), 1 / (2 * s.constant));
    }
    const auto finished = [this](std::size_t i) { return searches_[i].minimiser.finished(); };
    active_.drop_if(finished);
    for (int step = 0; step < steps_ && !active_.empty(); ++step) {
      if (!ticker.tick(static_cast<double>(step) / steps_)) return false;
      const std::size_t count = active_.size();
      for (std::size_t slot = 0; slot < count; ++slot) {
        copy_row(searches_[active_[slot]].minimiser.proposal(), packed_[slot]);
      }
      const Rows<const float> logits = logits_of(shard_.pass, packed_.first(count));
      dlogits_.fill(0);
      accepted_.assign(count, 0);
      adversarial_.assign(count, 0);
      bool any = false;
      for (std::size_t slot = 0; slot < count; ++slot) {
        any = consider(slot, logits[slot], dlogits_[slot]) || any;
      }
      if (any) {
        shard_.pass.input_gradient(dlogits_.first(count), gradients_.first(count));
        for (std::size_t slot = 0; slot < count; ++slot) advance(slot);
      }
      active_.drop_if(finished);
    }
    return true;
  }

  /// Judges the proposal in packed[slot]. True: its gradient is needed.
  bool consider(std::size_t slot, std::span<const float> logits, std::span<float> dlogits) {
    const std::size_t i = active_[slot];
    Search& s = searches_[i];
    const std::span<const float> x = packed_[slot];
    s.value = loss(i, logits);
    adversarial_[slot] = reached(shard_.goal(i), logits);
    if (adversarial_[slot]) {
      const double distance = squared_distance(x, shard_.clean[i]);
      if (distance < s.best) {
        s.best = distance;
        copy_row(x, shard_.adversarial[i]);
      }
    }
    accepted_[slot] = s.minimiser.accept(whole(i, x, s.value));
    if (!accepted_[slot]) return false;
    s.found = adversarial_[slot] != 0;  // what counts is the last point, the minimum
    loss_gradient(i, logits, dlogits);
    return true;
  }

  void advance(std::size_t slot) {
    if (!accepted_[slot]) return;
    const std::size_t i = active_[slot];
    Search& s = searches_[i];
    const std::span<const float> x = packed_[slot], gradient = gradients_[slot];
    if (adversarial_[slot]) {
      const double distance = squared_distance(x, shard_.clean[i]);
      if (distance < s.start_distance) {
        s.start_distance = distance;
        remember(i, s.value, x, gradient);
      }
    }
    s.minimiser.take(whole_gradient(i, x, gradient));
  }

  Shard& shard_;
  int steps_;
  ActiveSet active_;
  std::vector<Search> searches_;
  RowBuffer<float> packed_, gradients_, dlogits_;
  std::vector<float> full_gradient_;
  std::vector<char> accepted_, adversarial_;
};

constexpr ParameterSpec kLbfgsParameters[] = {
    steps_parameter(50),
    integer_parameter("binary-search-steps", "Binary search steps",
                      {.fallback = 12, .minimum = 1, .maximum = 30, .step = 1, .slider = 20},
                      "how many weights of the distance are tried")};

void run_lbfgs(Shard& shard) { Lbfgs(shard).run(); }

}  // namespace

constinit const AttackEntry kLbfgs{
    .name = "lbfgs",
    .title = "L-BFGS",
    .paper = "Szegedy et al. 2014, arXiv:1312.6199",
    .norm = "l2",
    .family = Family::minimum_norm,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "The first attack of all: a textbook optimiser weighs distance against loss.",
    .cost = "up to binary-search-steps x steps gradients, usually half of it",
    .parameters = kLbfgsParameters,
    .run = run_lbfgs,
    .random = never_random};

}  // namespace signflip
