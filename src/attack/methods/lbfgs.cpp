// L-BFGS attack.
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

namespace signflip {
namespace {

/// Rivals that are looked at, untargeted.
constexpr std::size_t kCandidates = 9;
/// The search for c ends where its bounds are this near; the distance goes about as 1/c.
constexpr double kNearEnough = 1.003;

/// When a minimisation ends. A hundredth of it would double the cost and gain 0.2% of the distance.
constexpr double kTolerance = 1e-4;

/// One image's search: the bounds of c, and a point from where the next minimisation starts.
struct Search {
  explicit Search(std::size_t size, Bounds bounds) : minimiser(size, bounds, kTolerance) {}

  BoxMinimiser minimiser;
  std::size_t rival = 0;  ///< untargeted
  double constant = 0;
  double works = 0;  ///< the largest c so far whose minimum was adversarial
  double fails = std::numeric_limits<double>::infinity();
  bool found = false;                                     ///< with the present c
  double best = std::numeric_limits<double>::infinity();  ///< squared distance of the answer
  // The clean image at first, then the nearest adversarial point at which the gradient is known.
  std::vector<float> start, start_gradient;
  double start_value = 0, start_distance = std::numeric_limits<double>::infinity();
  double value = 0;  ///< s at the proposal

  /// Chooses the next c. False: it is known well enough.
  bool narrow() {
    if (found) {
      works = std::max(works, constant);
    } else {
      fails = std::min(fails, constant);
    }
    if (!(works > 0)) {
      constant /= 4;
    } else if (std::isinf(fails)) {
      constant *= 2;
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
    ActiveSet unsolved = look_at_clean();
    const int rounds = shard_.parameters.integer("binary-search-steps");
    for (int round = 0; round < rounds && !unsolved.empty(); ++round) {
      active_ = unsolved;
      if (!minimise(shard_.ticker.part(static_cast<double>(round) / rounds,
                                       static_cast<double>(round + 1) / rounds))) {
        return;
      }
      unsolved.drop_if([this](std::size_t i) { return !searches_[i].narrow(); });
    }
  }

 private:
  /// s for image i, and its gradient in the logits.
  double objective(std::size_t i, std::span<const float> logits) const {
    if (shard_.targeted()) return log_odds_against(logits, shard_.targets[i]);
    const auto y = static_cast<std::size_t>(shard_.labels[i]);
    return static_cast<double>(logits[y]) - static_cast<double>(logits[searches_[i].rival]);
  }
  void objective_gradient(std::size_t i, std::span<const float> logits,
                          std::span<float> dlogits) const {
    if (shard_.targeted()) {
      log_odds_against_gradient(logits, shard_.targets[i], dlogits);
      return;
    }
    std::fill(dlogits.begin(), dlogits.end(), 0.0F);
    dlogits[static_cast<std::size_t>(shard_.labels[i])] = 1;
    dlogits[searches_[i].rival] = -1;
  }

  /// Value, gradient and first c at the clean images. Returns those that need an attack and have a
  /// direction to go.
  ActiveSet look_at_clean() {
    const std::size_t size = shard_.image_size();
    ActiveSet unsolved(shard_.count);
    Rows<const float> logits = logits_of(shard_.pass, shard_.clean);
    const RowBuffer<float> own(logits);  // by row; the pass's are by slot below
    unsolved.drop_if([&](std::size_t i) { return reached(shard_.goal(i), own[i]); });
    if (unsolved.empty()) return unsolved;
    const std::size_t count = unsolved.size();
    if (count < shard_.count) {
      logits = logits_of(shard_.pass, unsolved.gather(shard_.clean, packed_));
    }
    if (shard_.targeted()) {
      for (std::size_t slot = 0; slot < count; ++slot) {
        objective_gradient(unsolved[slot], own[unsolved[slot]], dlogits_[slot]);
      }
      shard_.pass.input_gradient(dlogits_.first(count), gradients_.first(count));
    } else {
      std::vector<int> labels;
      std::vector<std::size_t> rivals;
      for (const std::size_t i : unsolved.rows()) {
        labels.push_back(shard_.labels[i]);
        const auto likely = likeliest_rivals(own[i], shard_.labels[i], kCandidates);
        rivals.insert(rivals.end(), likely.begin(), likely.end());
      }
      BoundaryFinder finder(shard_.pass, Norm::l2, size, count);
      finder.find(logits, labels, rivals);
      for (std::size_t slot = 0; slot < count; ++slot) {
        searches_[unsolved[slot]].rival = finder.boundary(slot).rival;
        as_array(gradients_[slot]) = -as_array(finder.gradient(slot));  // s is minus the gap
      }
    }
    for (std::size_t slot = 0; slot < count; ++slot) {
      const std::size_t i = unsolved[slot];
      remember(i, objective(i, own[i]), shard_.clean[i], gradients_[slot]);
      Search& s = searches_[i];
      const double length = l2_norm(s.start_gradient);
      // Were the model affine, the minimum for this c would be where s is 0; a little beyond.
      s.constant = 0.9 * length * length / (2 * std::max(s.start_value, 1e-3));
    }
    unsolved.drop_if([this](std::size_t i) {
      const double c = searches_[i].constant;
      return !(c > 0) || !std::isfinite(c);
    });
    return unsolved;
  }

  void remember(std::size_t i, double value, std::span<const float> x,
                std::span<const float> gradient) {
    Search& s = searches_[i];
    s.start.assign(x.begin(), x.end());
    s.start_gradient.assign(gradient.begin(), gradient.end());
    s.start_value = value;
  }

  /// c·‖x − clean‖² + s and its gradient 2c(x − clean) + ds.
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
    s.value = objective(i, logits);
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
    objective_gradient(i, logits, dlogits);
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

void run_lbfgs(Shard& shard) { Lbfgs(shard).run(); }

constexpr ParameterSpec kLbfgsParameters[] = {
    steps_parameter(50), ParameterSpec{.name = "binary-search-steps",
                                       .title = "Binary search steps",
                                       .kind = ParameterKind::integer,
                                       .fallback = 12,
                                       .minimum = 1,
                                       .maximum = 30,
                                       .help = "how many weights of the distance are tried",
                                       .step = 1,
                                       .slider = 20}};

}  // namespace

constinit const AttackEntry kLbfgs{
    .name = "lbfgs",
    .title = "L-BFGS",
    .paper = "Szegedy et al. 2014, arXiv:1312.6199",
    .norm = "l2",
    .family = Family::minimum_norm,
    .targeted = true,
    .untargeted = true,
    .needs_gradients = true,
    .summary = "The first attack of all: a textbook optimiser weighs distance against loss.",
    .cost = "up to binary-search-steps x steps gradients, usually a tenth of it",
    .parameters = kLbfgsParameters,
    .run = run_lbfgs};

}  // namespace signflip
