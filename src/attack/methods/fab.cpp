// FAB, after the authors' own implementation (fra31/auto-attack, fab_base.py), with the paper's
// final search.
#include "attack/methods/fab.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attack/active_set.h"
#include "attack/common_parameters.h"
#include "attack/geometry/boundary.h"
#include "attack/geometry/hyperplane.h"
#include "attack/geometry/norms.h"
#include "attack/shard.h"
#include "core/eigen_map.h"

namespace signflip {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Settings {
  Norm norm;
  int steps, restarts, final_search;
  double alpha_max, eta, beta, restart_radius, stop_below;

  explicit Settings(const Parameters& p)
      : norm(norm_from(p.choice("norm"))),
        steps(p.integer("steps")),
        restarts(p.integer("restarts")),
        final_search(p.integer("final-search")),
        alpha_max(p.real("alpha-max")),
        eta(p.real("eta")),
        beta(p.real("beta")),
        restart_radius(signflip::restart_radius(p)),
        stop_below(p.has("stop-below") ? p.real("stop-below") : 0) {}
};

class Fab {
 public:
  explicit Fab(Shard& shard)
      : shard_(shard),
        settings_(shard.parameters),
        size_(shard.image_size()),
        active_(shard.count),
        best_(shard.count, kInfinity),
        rivals_(shard.count),
        now_(shard.clean),
        packed_(now_),
        towards_(size_),
        clean_towards_(size_),
        finder_(shard.pass, settings_.norm, size_, shard.count),
        projection_(shard.bounds) {
    for (std::size_t i = 0; i < shard.count; ++i) streams_.push_back(shard.rng(i));
  }

  /// `rounds` times `width` rivals: each round aims at the nearest of the next `width` of the
  /// rivals of an image, likeliest first, or at its target.
  void run(std::size_t rounds, std::size_t width) {
    const Rows<const float> logits = logits_of(shard_.pass, shard_.clean);
    ActiveSet unsolved(shard_.count);
    unsolved.drop_if([&](std::size_t i) {
      const Goal goal = shard_.goal(i);
      rivals_[i] = likeliest_rivals(logits[i], goal.label, rounds * width);
      if (goal.targeted()) rivals_[i].assign(1, static_cast<std::size_t>(goal.target));
      return reached(goal, logits[i]);
    });
    const int parts = static_cast<int>(rounds) * settings_.restarts;
    for (int part = 0; part < parts; ++part) {
      active_ = unsolved;
      active_.drop_if([this](std::size_t i) { return best_[i] <= settings_.stop_below; });
      const Ticker ticker = shard_.ticker.part(static_cast<double>(part) / parts,
                                               static_cast<double>(part + 1) / parts);
      const int restart = part % settings_.restarts;
      for (const std::size_t i : active_.rows()) begin(i, restart > 0);
      first_ = shard_.targeted() ? 0 : static_cast<std::size_t>(part / settings_.restarts) * width;
      if (!walk(ticker, width)) return;
    }
    active_ = unsolved;
    active_.drop_if([this](std::size_t i) { return std::isinf(best_[i]); });
    search_lines();
  }

 private:
  double distance(std::span<const float> a, std::span<const float> b) const {
    return settings_.norm == Norm::linf ? linf_distance(a, b) : l2_distance(a, b);
  }

  void begin(std::size_t i, bool at_random) {
    copy_row(shard_.clean[i], now_[i]);
    if (!at_random) return;
    const double radius = std::min(best_[i], settings_.restart_radius) / 2;
    Ball(shard_.clean, settings_.norm, radius, shard_.bounds, Ball::Use::once)
        .random_surface_point(i, streams_[i], now_[i]);
  }

  Rows<const float> look(Rows<const float> full) {
    return logits_of(shard_.pass, active_.gather(full, packed_));
  }

  /// The class that the rivals are measured against: the label, or whatever the target must pass.
  int leader(std::size_t i, std::span<const float> logits) const {
    if (!shard_.targeted()) return shard_.labels[i];
    return static_cast<int>(runner_up(logits, static_cast<std::size_t>(shard_.targets[i])));
  }

  /// All steps of one round and restart. False: told to stop.
  bool walk(const Ticker& ticker, std::size_t width) {
    if (active_.empty()) return true;
    std::vector<int> labels;
    std::vector<std::size_t> rivals;
    Rows<const float> logits = look(now_);
    for (int step = 0; step < settings_.steps; ++step) {
      if (step % 8 == 0 && !ticker.tick(static_cast<double>(step) / settings_.steps)) return false;
      labels.clear();
      rivals.clear();
      for (std::size_t slot = 0; slot < active_.size(); ++slot) {
        const std::size_t i = active_[slot];
        labels.push_back(leader(i, logits[slot]));
        for (std::size_t r = 0; r < width; ++r) rivals.push_back(rivals_[i][first_ + r]);
      }
      finder_.find(logits, labels, rivals);
      for (std::size_t slot = 0; slot < active_.size(); ++slot) {
        move(active_[slot], finder_.boundary(slot), finder_.gradient(slot));
      }
      logits = look(now_);
      bool moved = false;
      for (std::size_t slot = 0; slot < active_.size(); ++slot) {
        const std::size_t i = active_[slot];
        if (!reached(shard_.goal(i), logits[slot])) continue;
        keep(i, now_[i]);
        step_back(i);
        moved = true;
      }
      if (!moved || step + 1 == settings_.steps) continue;
      active_.drop_if([this](std::size_t i) { return best_[i] <= settings_.stop_below; });
      if (active_.empty()) break;
      logits = look(now_);
    }
    return true;
  }

  void move(std::size_t i, const Boundary& boundary, std::span<const float> gradient) {
    if (!std::isfinite(boundary.distance)) return;  // flat here
    const std::span<float> x = now_[i];
    const std::span<const float> clean = shard_.clean[i];
    double from_clean = 0;
    for (std::size_t j = 0; j < size_; ++j) {
      from_clean += static_cast<double>(gradient[j]) *
                    (static_cast<double>(x[j]) - static_cast<double>(clean[j]));
    }
    const Norm norm = settings_.norm;
    projection_.project(norm, x, gradient, -boundary.gap, towards_);
    projection_.project(norm, clean, gradient, from_clean - boundary.gap, clean_towards_);
    const double here = std::max(length(towards_), 1e-8);
    const double there = std::max(length(clean_towards_), 1e-8);
    const double alpha = std::min(here / (here + there), settings_.alpha_max);
    const auto moved = [this](std::span<const float> from, const std::vector<float>& way) {
      return as_array(from).cast<double>() +
             settings_.eta * as_array(std::span<const float>(way)).cast<double>();
    };
    as_array(x) = ((1 - alpha) * moved(x, towards_) + alpha * moved(clean, clean_towards_))
                      .cast<float>()
                      .max(shard_.bounds.low)
                      .min(shard_.bounds.high);
  }

  double length(std::span<const float> delta) const {
    if (settings_.norm == Norm::l2) return l2_norm(delta);
    float largest = 0;
    for (const float d : delta) largest = std::max(largest, std::fabs(d));
    return static_cast<double>(largest);
  }

  void keep(std::size_t i, std::span<const float> x) {
    const double far = distance(x, shard_.clean[i]);
    if (!(far < best_[i])) return;
    best_[i] = far;
    copy_row(x, shard_.adversarial[i]);
  }

  void step_back(std::size_t i) { towards_clean(i, settings_.beta, now_[i]); }

  /// The iterate becomes clean + share·(x − clean).
  void towards_clean(std::size_t i, double share, std::span<const float> x) {
    const auto clean = as_array(shard_.clean[i]).cast<double>();
    as_array(now_[i]) = (clean + share * (as_array(x).cast<double>() - clean))
                            .cast<float>()
                            .max(shard_.bounds.low)
                            .min(shard_.bounds.high);
  }

  /// Between the clean image and the answer: where the margin would be 0, were it linear between
  /// the nearest points known on either side.
  void search_lines() {
    if (active_.empty() || settings_.final_search == 0) return;
    struct Line {
      double inside = 0, inside_margin = 0, outside = 1, outside_margin = 0;
    };
    std::vector<Line> lines(shard_.count);
    const RowBuffer<float> ends(shard_.adversarial);
    const auto margin = [&](Rows<const float> logits, std::size_t slot) {
      return margin_objective(shard_.goal(active_[slot]), logits[slot]);
    };
    Rows<const float> logits = look(shard_.clean);
    for (std::size_t s = 0; s < active_.size(); ++s) {
      lines[active_[s]].inside_margin = margin(logits, s);
    }
    logits = look(ends);
    for (std::size_t s = 0; s < active_.size(); ++s) {
      lines[active_[s]].outside_margin = margin(logits, s);
    }
    std::vector<double> tried(shard_.count);
    for (int step = 0; step < settings_.final_search; ++step) {
      for (const std::size_t i : active_.rows()) {
        const Line& l = lines[i];
        // The secant's zero and a thousandth of the gap, but not nearer to either end than 2%.
        const double rise = l.outside_margin - l.inside_margin;
        const double share = rise > 0 ? -l.inside_margin / rise + 1e-3 : 0.5;
        tried[i] = l.inside + std::clamp(share, 0.02, 0.98) * (l.outside - l.inside);
        towards_clean(i, tried[i], ends[i]);
      }
      logits = look(now_);
      for (std::size_t s = 0; s < active_.size(); ++s) {
        const std::size_t i = active_[s];
        Line& l = lines[i];
        if (reached(shard_.goal(i), logits[s])) {
          keep(i, now_[i]);
          l.outside = tried[i];
          l.outside_margin = margin(logits, s);
        } else {
          l.inside = tried[i];
          l.inside_margin = margin(logits, s);
        }
      }
    }
  }

  Shard& shard_;
  const Settings settings_;
  std::size_t size_;
  ActiveSet active_;
  std::vector<double> best_;  ///< distance of the answer
  std::vector<std::vector<std::size_t>> rivals_;
  std::size_t first_ = 0;  ///< of this round's rivals
  RowBuffer<float> now_, packed_;
  std::vector<float> towards_, clean_towards_;  ///< to the boundary, from the iterate and the clean
  BoundaryFinder finder_;
  HyperplaneProjection projection_;
  std::vector<Rng> streams_;
};

void run_fab(Shard& shard) { Fab(shard).run(1, shard.targeted() ? 1 : shard.classes() - 1); }

void run_fab_t(Shard& shard) {
  const auto wanted = static_cast<std::size_t>(shard.parameters.integer("target-classes"));
  Fab(shard).run(std::min(wanted, shard.classes() - 1), 1);
}

constexpr ParameterSpec distance_parameter(std::string_view name, std::string_view title,
                                           std::string_view help, bool automatic) {
  return real_parameter(name, title,
                        {.maximum = 100, .step = 0.01, .slider = 3, .automatic = automatic}, help);
}

constexpr ParameterSpec kAlphaMax = real_parameter(
    "alpha-max", "Largest bias", {.fallback = 0.1, .minimum = 0, .maximum = 1, .step = 0.01},
    "how much a step may be drawn to the clean image");
constexpr ParameterSpec kEta = real_parameter(
    "eta", "Extrapolation", {.fallback = 1.05, .minimum = 1, .maximum = 2, .step = 0.01},
    "how far past the boundary a step aims");
constexpr ParameterSpec kBeta = real_parameter(
    "beta", "Backward step", {.fallback = 0.9, .minimum = 0.01, .maximum = 1, .step = 0.01},
    "what is kept of a change that fools the model");
constexpr ParameterSpec kFinalSearch = integer_parameter(
    "final-search", "Final search", {.fallback = 3, .minimum = 0, .maximum = 20, .step = 1},
    "queries spent to bring the answer nearer at the end");
constexpr ParameterSpec kRestartRadius = distance_parameter(
    "restart-radius", "Restart radius",
    "restarts begin at most half as far away; 0 means 0.3 (linf) or 1 (l2)", true);

constexpr ParameterSpec kFabParameters[] = {
    kNorm, steps_parameter(100), kRestarts, kAlphaMax, kEta, kBeta, kFinalSearch, kRestartRadius};
constexpr ParameterSpec kFabTParameters[] = {
    kNorm,
    steps_parameter(100),
    kRestarts,
    kTargetClasses,
    kAlphaMax,
    kEta,
    kBeta,
    kFinalSearch,
    kRestartRadius,
    distance_parameter("stop-below", "Stop below",
                       "leave an image alone once a change no larger than this fools the model; 0 "
                       "means to go on for the smallest",
                       false)};
constexpr std::string_view kPaper = "Croce and Hein 2020, arXiv:1907.02044";

}  // namespace

double restart_radius(const Parameters& parameters) {
  const double given = parameters.real("restart-radius");
  if (given > 0) return given;
  return parameters.choice("norm") == "linf" ? 0.3 : 1;
}

constinit const AttackEntry kFab{
    .name = "fab",
    .title = "FAB",
    .paper = kPaper,
    .norm = "linf",
    .family = Family::minimum_norm,
    .goals = Goals::either,
    .access = Access::gradients,
    .summary = "Walks along the class boundary, always drawn back towards the clean image.",
    .cost = "steps x (classes - 1) gradients for each restart; targeted, steps",
    .parameters = kFabParameters,
    .run = run_fab,
    .random = random_after_restart};

constinit const AttackEntry kFabT{
    .name = "fab-t",
    .title = "FAB-T",
    .paper = kPaper,
    .norm = "linf",
    .family = Family::minimum_norm,
    .goals = Goals::untargeted,
    .access = Access::gradients,
    .summary = "FAB towards each of the likeliest wrong classes in turn.",
    .cost = "steps gradients for each class tried and restart",
    .parameters = kFabTParameters,
    .run = run_fab_t,
    .random = random_after_restart};

}  // namespace signflip
