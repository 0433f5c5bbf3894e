// From a training configuration to a device's recipe.
#include "train/device_course.h"

#include <algorithm>

#include "attack/catalog.h"
#include "device/device_attack.h"
#include "device/plan.h"
#include "train/validation.h"

namespace signflip {
namespace {

using Diet = device::TrainingSettings::Diet;

/// The single-step attacks of fast training, `steps` of them (train/adversary.cpp).
device::DeviceAttack single_step(bool noisy, int steps) {
  device::DeviceAttack attack;
  attack.start = device::DeviceAttack::Start::noise;
  attack.noise = noisy ? 2 : 1;
  attack.steps = steps;
  attack.step_share = std::min(noisy ? 1 : 1.25, 2.5 / steps);
  attack.project = !noisy;
  return attack;
}

device::DeviceAttack divergence_climb(int steps) {
  device::DeviceAttack attack;
  attack.start = device::DeviceAttack::Start::normal;
  attack.loss = device::DeviceAttack::Loss::divergence;
  attack.steps = steps;
  attack.step_share = 2.5 / steps;
  return attack;
}

/// Of ibp: whether the plain loss is of attacked images (MTL-IBP).
bool attacks(const TrainingConfig& config) {
  return !config.attack.empty() && config.attack != "none";
}

Result<device::DeviceAttack> catalogue_attack(const std::string& name, int steps) {
  const auto attack = require_attack(name);
  if (!attack) return attack.error();
  Parameters parameters((*attack)->parameters);
  if (parameters.has("steps")) {
    const Status set = parameters.set("steps", steps);
    if (!set) return set.error();
  }
  return device::device_attack(**attack, parameters);
}

Diet diet_of(const TrainingConfig& config) {
  switch (config.method) {
    case Method::standard:
    case Method::finetune:  // the attacked images are an epoch's own (TrainingMethod::own_images)
      return Diet::clean;
    case Method::mixed:
      return Diet::both;
    case Method::trades:
      return Diet::trades;
    case Method::ibp:
      return attacks(config) ? Diet::attacked : Diet::clean;
    default:
      return Diet::attacked;
  }
}

device::TrainingSettings recipe_of(const TrainingConfig& config, std::size_t sources,
                                   std::size_t shard) {
  device::TrainingSettings recipe;
  recipe.diet = diet_of(config);
  recipe.bounds = config.method == Method::ibp;
  recipe.kappa = config.kappa;
  recipe.epsilon = config.epsilon;
  recipe.guidance = static_cast<float>(config.guidance);
  recipe.sources = sources;
  recipe.shard = shard;
  recipe.beta = static_cast<float>(config.beta);
  recipe.label_smoothing = static_cast<float>(config.label_smoothing);
  const OptimiserOptions& optimiser = config.optimiser;
  recipe.optimiser = optimiser.kind == OptimiserKind::sgd ? device::TrainingSettings::Optimiser::sgd
                     : optimiser.kind == OptimiserKind::adam
                         ? device::TrainingSettings::Optimiser::adam
                         : device::TrainingSettings::Optimiser::adamw;
  recipe.momentum = optimiser.momentum;
  recipe.beta1 = optimiser.beta1;
  recipe.beta2 = optimiser.beta2;
  recipe.optimiser_epsilon = optimiser.epsilon;
  recipe.weight_decay = optimiser.weight_decay;
  recipe.clip = static_cast<float>(config.clip);
  recipe.average = config.average > 0;
  recipe.seed = config.seed;
  const Augmentation& augmentation = config.augmentation;
  recipe.shift = augmentation.shift;
  recipe.scale = augmentation.scale;
  recipe.rotation = augmentation.rotation;
  recipe.brightness = augmentation.brightness;
  recipe.contrast = augmentation.contrast;
  recipe.whole_pixels = augmentation.whole_pixels;
  return recipe;
}

Result<DeviceCourse> open_course(device::Device& device, const TrainingConfig& config,
                                 const Sequential& network, const Dataset& data,
                                 std::size_t sources, std::size_t shard,
                                 const Sequential* classifier) {
  DeviceCourse course;
  // Certificates and attacks through a denoiser are the CPU's.
  if (config.method != Method::ibp && config.method != Method::denoiser) {
    course.watching = *catalogue_attack(kWatchingAttack, kWatchingSteps);
  }
  course.attack = [](int) { return device::DeviceAttack{}; };
  switch (config.method) {
    case Method::standard:
    case Method::finetune:
      break;
    case Method::ibp:
      if (!attacks(config)) break;
      [[fallthrough]];
    case Method::mixed:
    case Method::pgd:
    case Method::denoiser: {
      const auto attack = catalogue_attack(config.attack, config.steps);
      if (!attack) return Error{"--attack is " + config.attack + ": " + attack.error().message};
      course.attack = [attack = *attack](int) { return attack; };
      break;
    }
    case Method::fast:
      course.attack = [noisy = config.attack == "n-fgsm"](int steps) {
        return single_step(noisy, std::max(steps, 1));
      };
      break;
    case Method::trades:
      course.attack = [steps = config.steps](int) { return divergence_climb(steps); };
      break;
  }
  device::TrainingSettings recipe = recipe_of(config, sources, shard);
  if (config.method == Method::denoiser) {
    recipe.classifier = device::FixedClassifier{device::make_plan(*classifier),
                                                classifier->parameters(), classifier->statistics()};
  }
  auto training =
      device.new_training(device::make_plan(network), recipe, {data.pixels, data.labels});
  if (!training) return training.error();
  course.training = std::move(*training);
  return course;
}

}  // namespace

OpenCourse courses_on(device::Device& device) {
  return [&device](const TrainingConfig& config, const Sequential& network, const Dataset& data,
                   std::size_t sources, std::size_t shard, const Sequential* classifier) {
    return open_course(device, config, network, data, sources, shard, classifier);
  };
}

}  // namespace signflip
