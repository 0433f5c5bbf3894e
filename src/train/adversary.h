// How training attacks images: a shard at a time, on the thread that trains the shard. Nothing is
// re-classified or measured; evaluation does that.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "attack/climb.h"
#include "core/differentiable_model.h"
#include "core/result.h"

namespace signflip {

/// The images to attack. Image n draws its random numbers from (seed, numbers[n]).
struct AttackInput {
  ImageShape shape;
  std::span<const float> clean;  ///< count·H·W·C in [0,1]
  std::span<const int> labels;
  std::span<const std::size_t> numbers;
  std::uint64_t seed = 0;
  double epsilon = 0;  ///< L∞ radius; with 0 nothing is changed
};

struct TrainingAttack {
  /// Fills the last argument with attacked copies, in [0,1].
  std::function<void(Pass&, const AttackInput&, std::span<float>)> run;
  /// The same for devices; empty where it is no climb.
  std::optional<Climb> climb;

  explicit operator bool() const { return static_cast<bool>(run); }
};

/// A gradient attack of the catalogue with a fixed budget; `steps` where it takes several. Error
/// for any other name.
Result<TrainingAttack> catalogue_attack(const std::string& name, int steps);

TrainingAttack attack_of(const Climb& climb);

/// FGSM from a random start. "rs-fgsm" (Wong, Rice and Kolter 2020): noise in ±ε, a step of 1.25 ε,
/// back into the ball. "n-fgsm" (de Jorge et al. 2022): noise in ±2ε, a step of ε, not brought
/// back. With k > 1 `steps` the way is gone in k steps of 2.5 ε/k (at most the single step's
/// length).
Result<Climb> single_step_climb(const std::string& name, int steps);

/// What TRADES learns from (Zhang et al. 2019): PGD from a tiny normal perturbation that climbs
/// KL(clean prediction ‖ prediction), in steps of 2.5 ε/steps.
Climb divergence_climb(int steps);

}  // namespace signflip
