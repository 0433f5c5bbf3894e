#include "train/adversary.h"

#include <algorithm>
#include <vector>

#include "attack/ascent.h"
#include "attack/catalog.h"
#include "attack/shard.h"

namespace signflip {
namespace {

Shard shard_of(Pass& pass, const Parameters& parameters, const AttackInput& input,
               std::span<float> adversarial) {
  std::copy(input.clean.begin(), input.clean.end(), adversarial.begin());
  return {.pass = pass,
          .parameters = parameters,
          .shape = input.shape,
          .bounds = {},
          .count = input.labels.size(),
          .clean = {input.clean, input.shape.size()},
          .labels = input.labels,
          .targets = {},
          .numbers = input.numbers,
          .seed = input.seed,
          .adversarial = {adversarial, input.shape.size()}};
}

}  // namespace

Result<TrainingAttack> catalogue_attack(const std::string& name, int steps) {
  const auto attack = require_attack(name);
  if (!attack) return attack.error();
  if (!(*attack)->needs_gradients() || (*attack)->family != Family::fixed_budget) {
    return Error{"attack is " + name +
                 ", expected a gradient attack with a fixed budget, such as fgsm, bim, mim or pgd"};
  }
  Parameters parameters((*attack)->parameters);
  if (parameters.has("steps")) {
    const Status set = parameters.set("steps", steps);
    if (!set) return set.error();
  }
  TrainingAttack made;
  if ((*attack)->climb != nullptr) made.climb = (*attack)->climb(parameters);
  made.run = [attack = *attack, parameters](Pass& pass, const AttackInput& input,
                                            std::span<float> adversarial) {
    Parameters now = parameters;
    // config's check() refuses values out of range.
    if (input.epsilon > 0 && !now.set("epsilon", input.epsilon)) return;
    Shard shard = shard_of(pass, now, input, adversarial);
    if (input.epsilon > 0) attack->run(shard);
  };
  return made;
}

TrainingAttack attack_of(const Climb& climb) {
  TrainingAttack made;
  made.climb = climb;
  made.run = [climb](Pass& pass, const AttackInput& input, std::span<float> adversarial) {
    const Parameters none;
    const Shard shard = shard_of(pass, none, input, adversarial);
    std::vector<Rng> streams;
    for (std::size_t n = 0; n < shard.count; ++n) streams.push_back(shard.rng(n));
    start_and_ascend(shard, climb, input.epsilon,
                     [&](std::size_t n) -> Rng& { return streams[n]; });
  };
  return made;
}

Result<Climb> single_step_climb(const std::string& name, int steps) {
  const bool noisy = name == "n-fgsm";
  if (!noisy && name != "rs-fgsm") {
    return Error{"attack is " + name + ", expected rs-fgsm or n-fgsm with method fast"};
  }
  Climb climb;
  climb.start = Climb::Start::noise;
  climb.noise = noisy ? 2 : 1;
  climb.steps = steps;
  climb.step_factor = std::min((noisy ? 1 : 1.25) * steps, 2.5);
  climb.project = !noisy;
  return climb;
}

Climb divergence_climb(int steps) {
  Climb climb;
  climb.start = Climb::Start::normal;
  climb.loss = Climb::Loss::divergence;
  climb.steps = steps;
  climb.step_factor = 2.5;
  return climb;
}

}  // namespace signflip
