// How training crafts adversarial images: an attack of the catalogue on a shard at a time, on the
// thread that trains the shard. Nothing is re-classified or measured; that is evaluation's
// business.
#pragma once

#include <optional>

#include "attack/catalog.h"
#include "attack/shard.h"
#include "train/config.h"

namespace signflip {

/// An attack with its parameters, ready to run.
struct Adversary {
  const AttackEntry* attack;
  Parameters parameters;

  /// Fills `adversarial` with attacked copies of `clean` (N×H×W×C in [0,1]); image n draws its
  /// random numbers from (seed, numbers[n]).
  void craft(Pass& pass, ImageShape shape, std::span<const float> clean,
             std::span<const int> labels, std::span<const std::size_t> numbers, std::uint64_t seed,
             std::span<float> adversarial) const;
};

/// The attack that the configuration trains with; none for methods without one.
Result<std::optional<Adversary>> training_adversary(const TrainingConfig& config);

/// The attack that the log's validation_robust_accuracy is measured with: PGD with 10 steps and no
/// random start at the training epsilon; strong enough to notice a defence that only fools FGSM.
Result<Adversary> validation_adversary(const TrainingConfig& config);

}  // namespace signflip
