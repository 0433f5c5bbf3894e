#include "attack/methods/cw.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attack/active_set.h"
#include "attack/common_parameters.h"
#include "attack/geometry/logistic.h"
#include "attack/shard.h"

namespace signflip {
namespace {

/// How near to the edge of the box a pixel may start.
constexpr double kShrink = 0.999999;
/// No constant above this was ever needed (the authors').
constexpr double kNoUpper = 1e10;
/// Squared distance below which a search has hardly begun: pixels that start at the edge of the box
/// take hundreds of steps to become visible, and an image may have no others.
constexpr double kHardlyBegun = 1e-7;

/// One image's search for the constant.
struct Search {
  double lower = 0, upper = kNoUpper, constant = 0;
  double best = std::numeric_limits<double>::infinity();  ///< squared distance of the answer
  bool found = false;                                     ///< with the present constant
  double distance = 0;                                    ///< squared, of the last image
  double loss_at_check = std::numeric_limits<double>::infinity();

  /// Chooses the next constant by how the last one did.
  void narrow() {
    if (found) {
      upper = std::min(upper, constant);
    } else {
      lower = std::max(lower, constant);
    }
    constant = upper < kNoUpper ? (lower + upper) / 2 : constant * 10;
  }
};

class CarliniWagner {
 public:
  explicit CarliniWagner(Shard& shard)
      : shard_(shard),
        confidence_(shard.parameters.real("confidence")),
        learning_rate_(shard.parameters.real("learning-rate")),
        steps_(shard.parameters.integer("steps")),
        abort_early_(shard.parameters.boolean("abort-early")),
        active_(shard.count),
        searches_(shard.count),
        start_(shard.count, shard.image_size()),
        w_(start_),
        momentum_(start_),
        energy_(start_),
        slope_(start_),
        packed_(start_),
        gradient_(start_),
        dlogits_(shard.count, shard.classes()) {}

  void run() {
    const Rows<const float> logits = logits_of(shard_.pass, shard_.clean);
    ActiveSet unsolved(shard_.count);
    unsolved.drop_if([&](std::size_t i) { return solves(i, logits[i]); });
    for (Search& s : searches_) s.constant = shard_.parameters.real("initial-const");
    const Bounds b = shard_.bounds;
    const std::span<const float> clean = shard_.clean;
    std::transform(clean.begin(), clean.end(), start_.rows().values().begin(), [&](float x) {
      return inverse_logistic((x - b.low) / (b.high - b.low), kShrink);
    });
    const int rounds = shard_.parameters.integer("binary-search-steps");
    for (int round = 0; round < rounds && !unsolved.empty(); ++round) {
      active_ = unsolved;
      const Ticker ticker = shard_.ticker.part(static_cast<double>(round) / rounds,
                                               static_cast<double>(round + 1) / rounds);
      if (!descend(ticker)) return;
      for (const std::size_t i : unsolved.rows()) {
        Search& s = searches_[i];
        s.narrow();
        // The authors: after a long search the last attempt is the largest constant in question.
        if (rounds >= 10 && round + 2 == rounds) s.constant = std::min(s.upper, kNoUpper);
      }
    }
  }

 private:
  bool solves(std::size_t i, std::span<const float> logits) const {
    const Goal goal = shard_.goal(i);
    return reached(goal, logits) && margin_objective(goal, logits) >= confidence_;
  }

  /// Adam from the clean images with the present constants. False: told to stop.
  bool descend(const Ticker& ticker) {
    w_ = start_;
    momentum_.fill(0);
    energy_.fill(0);
    stuck_.assign(shard_.count, 0);
    for (Search& s : searches_) {
      s.found = false;
      s.loss_at_check = std::numeric_limits<double>::infinity();
    }
    const int interval = std::max(steps_ / 10, 1);
    adam_ = {};
    for (int step = 0; step < steps_ && !active_.empty(); ++step) {
      if (step % 8 == 0 && !ticker.tick(static_cast<double>(step) / steps_)) return false;
      const std::size_t count = active_.size();
      for (std::size_t slot = 0; slot < count; ++slot) place(active_[slot], slot);
      const Rows<const float> logits = logits_of(shard_.pass, packed_.first(count));
      dlogits_.fill(0);
      bool pushes = false;
      for (std::size_t slot = 0; slot < count; ++slot) {
        const double loss = record(slot, logits[slot], dlogits_[slot], pushes);
        if (!abort_early_ || step % interval != 0) continue;
        Search& s = searches_[active_[slot]];
        const bool falls = loss <= s.loss_at_check * 0.9999;  // false for NaN
        stuck_[active_[slot]] = !falls && !(s.distance < kHardlyBegun);
        s.loss_at_check = loss;
      }
      if (step + 1 == steps_) break;
      if (pushes) {
        shard_.pass.input_gradient(dlogits_.first(count), gradient_.first(count));
      } else {  // all are past their goal: only the distance pulls
        gradient_.fill(0);
      }
      adam_.advance();
      for (std::size_t slot = 0; slot < count; ++slot) {
        if (!stuck_[active_[slot]]) update(active_[slot], slot);
      }
      active_.drop_if([this](std::size_t i) { return stuck_[i] != 0; });
    }
    return true;
  }

  /// packed[slot] = the image that w stands for.
  void place(std::size_t i, std::size_t slot) {
    const std::span<const float> w = w_[i];
    const std::span<float> image = packed_[slot], slope = slope_[slot];
    const float low = shard_.bounds.low, range = shard_.bounds.high - shard_.bounds.low;
    for (std::size_t j = 0; j < image.size(); ++j) {
      const Logistic u = logistic(w[j]);
      image[j] = low + range * u.value;
      slope[j] = range * u.slope;
    }
  }

  /// The loss at packed[slot], and c·∂(hinge)/∂z; keeps the image where it is the best so far.
  double record(std::size_t slot, std::span<const float> logits, std::span<float> dlogits,
                bool& pushes) {
    const std::size_t i = active_[slot];
    Search& s = searches_[i];
    const Goal goal = shard_.goal(i);
    const std::span<const float> image = packed_[slot], clean = shard_.clean[i];
    double distance = 0;
    for (std::size_t j = 0; j < image.size(); ++j) {
      const double d = static_cast<double>(image[j]) - static_cast<double>(clean[j]);
      distance += d * d;
    }
    s.distance = distance;
    if (solves(i, logits)) {
      s.found = true;
      if (distance < s.best) {
        s.best = distance;
        copy_row(image, shard_.adversarial[i]);
      }
    }
    const double hinge = confidence_ - margin_objective(goal, logits);
    if (hinge <= 0) return distance;
    pushes = true;
    const auto wanted = static_cast<std::size_t>(goal.targeted() ? goal.target : goal.label);
    const auto share = static_cast<float>(goal.targeted() ? -s.constant : s.constant);
    dlogits[wanted] = share;
    dlogits[runner_up(logits, wanted)] = -share;
    return distance + s.constant * hinge;
  }

  /// One step of Adam (Kingma and Ba 2015).
  void update(std::size_t i, std::size_t slot) {
    const std::span<const float> gradient = gradient_[slot], image = packed_[slot];
    const std::span<const float> slope = slope_[slot], clean = shard_.clean[i];
    const std::span<float> w = w_[i], m = momentum_[i], v = energy_[i];
    const auto rate = static_cast<float>(learning_rate_ / (1 - adam_.first));
    const auto correction = static_cast<float>(1 / (1 - adam_.second));
    for (std::size_t j = 0; j < w.size(); ++j) {
      const float g = (2 * (image[j] - clean[j]) + gradient[j]) * slope[j];
      m[j] = 0.9F * m[j] + 0.1F * g;
      v[j] = 0.999F * v[j] + 0.001F * (g * g);
      w[j] -= rate * m[j] / (std::sqrt(v[j] * correction) + 1e-8F);
    }
  }

  /// Adam's two decay rates to the power of the step: products, because std::pow would be 1.2 KB of
  /// the page's module.
  struct Adam {
    double first = 1, second = 1;
    void advance() {
      first *= 0.9;
      second *= 0.999;
    }
  };

  Shard& shard_;
  double confidence_, learning_rate_;
  int steps_;
  bool abort_early_;
  ActiveSet active_;
  std::vector<Search> searches_;
  RowBuffer<float> start_, w_, momentum_, energy_;  ///< by row; the others by slot
  RowBuffer<float> slope_, packed_, gradient_, dlogits_;
  std::vector<char> stuck_;  ///< by row: aborted early
  Adam adam_;
};

constexpr ParameterSpec kCwParameters[] = {
    real_parameter("confidence", "Confidence",
                   {.fallback = 0, .minimum = 0, .maximum = 1000, .step = 0.5, .slider = 20},
                   "by how much the wrong class's logit must lead"),
    integer_parameter("binary-search-steps", "Binary search steps",
                      {.fallback = 9, .minimum = 1, .maximum = 30, .step = 1, .slider = 15},
                      "how many weights of the margin against the distance are tried"),
    integer_parameter(
        "steps", "Steps",
        {.fallback = 1000, .minimum = 1, .maximum = 100000, .step = 10, .slider = 2000},
        "how many gradients are followed with each weight"),
    real_parameter("learning-rate", "Learning rate",
                   {.fallback = 0.01, .minimum = 1e-5, .maximum = 1, .step = 0.01, .slider = 0.2},
                   "the learning rate of Adam, the optimiser"),
    real_parameter("initial-const", "Initial constant",
                   {.fallback = 1e-3, .minimum = 1e-9, .maximum = 1e6, .step = 0.001, .slider = 10},
                   "the first weight of the margin against the distance"),
    boolean_parameter("abort-early", "Abort early", true,
                      "go on to the next weight where the loss no longer falls")};

void run_cw(Shard& shard) { CarliniWagner(shard).run(); }

}  // namespace

constinit const AttackEntry kCw{
    .name = "cw",
    .title = "C&W",
    .paper = "Carlini and Wagner 2017, arXiv:1608.04644",
    .norm = "l2",
    .family = Family::minimum_norm,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "Minimises distance and margin together: slow, and hard to beat.",
    .cost = "up to binary-search-steps x steps gradients",
    .parameters = kCwParameters,
    .run = run_cw,
    .random = never_random};

}  // namespace signflip
