// Projected L-BFGS with backtracking.
#include "attack/geometry/box_minimiser.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/eigen_map.h"

namespace signflip {
namespace {

/// y += scale·x
void add(double scale, std::span<const float> x, std::span<float> y) {
  as_array(y) += static_cast<float>(scale) * as_array(x);
}

}  // namespace

BoxMinimiser::BoxMinimiser(std::size_t size, Bounds bounds, double tolerance)
    : bounds_(bounds),
      tolerance_(tolerance),
      x_(size),
      gradient_(size),
      direction_(size),
      proposal_(size),
      held_(size),
      pairs_(kMemory, {std::vector<float>(size), std::vector<float>(size), 0}) {}

void BoxMinimiser::start(std::span<const float> x, double value, std::span<const float> gradient,
                         double first_step) {
  std::copy(x.begin(), x.end(), x_.begin());
  std::copy(gradient.begin(), gradient.end(), gradient_.begin());
  value_ = value;
  first_step_ = first_step;
  known_ = 0;
  finished_ = false;
  aim();
}

void BoxMinimiser::aim() {
  for (std::size_t j = 0; j < x_.size(); ++j) {
    held_[j] =
        (x_[j] <= bounds_.low && gradient_[j] > 0) || (x_[j] >= bounds_.high && gradient_[j] < 0);
    direction_[j] = held_[j] ? 0.0F : -gradient_[j];
  }
  step_ = first_step_;
  if (known_ > 0) {  // the two loops of L-BFGS
    std::array<double, kMemory> share{};
    for (std::size_t k = 0; k < known_; ++k) {
      const Pair& pair = pairs_[(newest_ + kMemory - k) % kMemory];
      share[k] = dot(pair.move, direction_) / pair.curvature;
      add(-share[k], pair.bend, direction_);
    }
    const Pair& last = pairs_[newest_];
    const double scale = last.curvature / dot(last.bend, last.bend);
    as_array(std::span(direction_)) *= static_cast<float>(scale);
    for (std::size_t k = known_; k-- > 0;) {
      const Pair& pair = pairs_[(newest_ + kMemory - k) % kMemory];
      add(share[k] - dot(pair.bend, direction_) / pair.curvature, pair.move, direction_);
    }
    for (std::size_t j = 0; j < x_.size(); ++j) {
      if (held_[j]) direction_[j] = 0;
    }
    step_ = 1;
    if (!(dot(direction_, gradient_) < 0)) {  // not downhill: forget the past
      known_ = 0;
      for (std::size_t j = 0; j < x_.size(); ++j) direction_[j] = held_[j] ? 0.0F : -gradient_[j];
      step_ = first_step_;
    }
  }
  backtracks_ = 0;
  propose();
}

void BoxMinimiser::propose() {
  const auto step = static_cast<float>(step_);
  bool moved = false;
  for (std::size_t j = 0; j < x_.size(); ++j) {
    proposal_[j] = std::clamp(x_[j] + step * direction_[j], bounds_.low, bounds_.high);
    moved = moved || proposal_[j] != x_[j];
    finished_ = finished_ || !std::isfinite(proposal_[j]);
  }
  finished_ = finished_ || !moved;
}

bool BoxMinimiser::accept(double value) {
  constexpr double kSufficient = 1e-4;  // Armijo's
  constexpr int kMostBacktracks = 12;
  const double slope =
      (as_array(std::span(gradient_)).cast<double>() *
       (as_array(std::span(proposal_)).cast<double>() - as_array(std::span(x_)).cast<double>()))
          .sum();
  if (value <= value_ + kSufficient * slope) {
    proposed_value_ = value;
    return true;
  }
  // What is left to gain is below the tolerance.
  const bool too_little = !(-slope > tolerance_ * std::fabs(value_));
  if (++backtracks_ > kMostBacktracks || too_little) {
    finished_ = true;
    return false;
  }
  // The lowest point of the parabola through what is known, if it is between 0.1 and 0.5.
  const double lowest = -slope / (2 * (value - value_ - slope));
  step_ *= lowest > 0.1 ? std::min(lowest, 0.5) : 0.1;
  propose();
  return false;
}

void BoxMinimiser::take(std::span<const float> gradient) {
  Pair& pair = pairs_[(newest_ + 1) % kMemory];
  as_array(std::span(pair.move)) = as_array(std::span(proposal_)) - as_array(std::span(x_));
  as_array(std::span(pair.bend)) = as_array(gradient) - as_array(std::span(gradient_));
  pair.curvature = dot(pair.move, pair.bend);
  const double bend = dot(pair.bend, pair.bend);
  if (pair.curvature > 1e-10 * bend && bend > 0) {  // else the function is not convex along it
    newest_ = (newest_ + 1) % kMemory;
    known_ = std::min(known_ + 1, kMemory);
  }
  const bool converged = value_ - proposed_value_ <= tolerance_ * std::fabs(proposed_value_);
  x_ = proposal_;
  std::copy(gradient.begin(), gradient.end(), gradient_.begin());
  value_ = proposed_value_;
  if (converged) {
    finished_ = true;
  } else {
    aim();
  }
}

}  // namespace signflip
