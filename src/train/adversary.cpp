// Attacks inside training.
#include "train/adversary.h"

#include <algorithm>
#include <vector>

namespace signflip {
namespace {

Result<Adversary> make(const std::string& name,
                       std::vector<std::pair<std::string, std::string>> given) {
  const auto attack = require_attack(name);
  if (!attack) return attack.error();
  if (!(*attack)->needs_gradients || (*attack)->family != Family::fixed_budget) {
    return Error{"--attack is " + name +
                 ", expected a gradient attack with a fixed budget, such "
                 "as fgsm, bim, mim or pgd"};
  }
  std::erase_if(given, [&](const auto& entry) {
    return std::ranges::none_of(
        (*attack)->parameters, [&](const ParameterSpec& spec) { return spec.name == entry.first; });
  });
  auto parameters = make_parameters(**attack, given);
  if (!parameters) return parameters.error();
  return Adversary{*attack, std::move(*parameters)};
}

}  // namespace

void Adversary::craft(Pass& pass, ImageShape shape, std::span<const float> clean,
                      std::span<const int> labels, std::span<const std::size_t> numbers,
                      std::uint64_t seed, std::span<float> adversarial) const {
  std::ranges::copy(clean, adversarial.begin());
  Shard shard{pass,   parameters, shape,   Bounds{}, labels.size(), clean,
              labels, {},         numbers, seed,     adversarial};
  attack->run(shard);
}

Result<std::optional<Adversary>> training_adversary(const TrainingConfig& config) {
  if (config.method == Method::standard) return std::optional<Adversary>();
  auto adversary = make(config.attack, {{"epsilon", OrderedJson(config.epsilon).dump()},
                                        {"steps", std::to_string(config.steps)}});
  if (!adversary) return adversary.error();
  return std::optional(std::move(*adversary));
}

Result<Adversary> validation_adversary(const TrainingConfig& config) {
  return make("pgd", {{"epsilon", OrderedJson(config.epsilon).dump()},
                      {"steps", "10"},
                      {"random-start", "false"}});
}

}  // namespace signflip
