#include "train/device_batches.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/concat.h"
#include "device/device_attack.h"
#include "device/plan.h"
#include "train/validation.h"

namespace signflip {
namespace {

using device::TrainingSettings;

/// Batches between two looks at the loss, for which the device has to be waited for.
constexpr std::size_t kStretch = 32;

TrainingSettings::Input input_of(const TrainerState& state) {
  if (state.config.method == Method::mixed) return TrainingSettings::Input::both;
  if (state.config.method == Method::trades) return TrainingSettings::Input::trades;
  return state.method->attack() != nullptr ? TrainingSettings::Input::attacked
                                           : TrainingSettings::Input::clean;
}

TrainingSettings::Optimiser optimiser_of(OptimiserKind kind) {
  switch (kind) {
    case OptimiserKind::sgd:
      return TrainingSettings::Optimiser::sgd;
    case OptimiserKind::adam:
      return TrainingSettings::Optimiser::adam;
    case OptimiserKind::adamw:
      break;
  }
  return TrainingSettings::Optimiser::adamw;
}

Result<TrainingSettings> settings_of(const TrainerState& state, const Sequential* classifier) {
  const TrainingConfig& config = state.config;
  TrainingSettings settings;
  settings.input = input_of(state);
  settings.sources = state.sources_per_batch();
  settings.shard = state.sources_per_shard();
  settings.beta = static_cast<float>(config.beta);
  settings.bounds = config.method == Method::ibp;
  settings.kappa = config.kappa;
  settings.epsilon = config.epsilon;
  if (config.method == Method::denoiser) {
    auto plan = device::make_plan(*classifier);
    if (!plan) return Error{concat("the classifier: ", plan.error().message)};
    settings.classifier = device::FixedClassifier{std::move(*plan), classifier->parameters(),
                                                  classifier->statistics()};
  }
  settings.guidance = static_cast<float>(config.guidance);
  settings.label_smoothing = static_cast<float>(config.label_smoothing);
  settings.optimiser = optimiser_of(config.optimiser.kind);
  settings.momentum = config.optimiser.momentum;
  settings.beta1 = config.optimiser.beta1;
  settings.beta2 = config.optimiser.beta2;
  settings.optimiser_epsilon = config.optimiser.epsilon;
  settings.weight_decay = config.optimiser.weight_decay;
  settings.clip = static_cast<float>(config.clip);
  settings.average = config.average > 0;
  settings.seed = config.seed;
  settings.augmentation = config.augmentation;
  return settings;
}

class DeviceBatches final : public BatchRunner {
 public:
  DeviceBatches(TrainerState& state, std::unique_ptr<device::TrainingRun> run)
      : state_(state), run_(std::move(run)) {
    // Certificates and attacks through a denoiser are the CPU's.
    validates_ = state.config.method != Method::ibp && state.config.method != Method::denoiser;
  }

  Result<std::optional<LossSums>> run_epoch(std::span<const std::uint32_t> order,
                                            const TrainingCallback& progress) override {
    const std::vector<device::TrainingStep> steps = steps_of(order.size());
    const Status begun = run_->begin_epoch(epoch_of(order, steps));
    if (!begun) return begun.error();
    const std::size_t batch = state_.sources_per_batch();
    LossSums sums;
    for (std::size_t b = 0; b < steps.size(); b += kStretch) {
      const std::size_t now = std::min(kStretch, steps.size() - b);
      const Status ran = run_->run(now);
      if (!ran) return ran.error();
      const auto so_far = run_->loss_sums();
      if (!so_far) return so_far.error();
      sums = *so_far;
      const std::size_t done = std::min((b + now) * batch, order.size());
      const Status finite = state_.check_finite(sums.loss, done, order.size());
      if (!finite) return finite.error();
      if (progress && !progress({state_.epochs_done + 1, done, order.size(),
                                 sums.loss / static_cast<double>(sums.images)})) {
        return std::optional<LossSums>();
      }
    }
    const Status back = run_->download(device_state());
    if (!back) return back.error();
    state_.network.prepare();
    return std::optional(sums);
  }

  Status state_replaced() override { return run_->upload(device_state()); }

  Result<ValidationFigures> validate(std::span<const std::uint32_t> images) override {
    if (!validates_) {
      return state_.method->validate(state_.result(), *state_.data, images, *state_.pool);
    }
    const double epsilon = state_.config.robust_epsilon();
    const Climb attack = *validation_attack().climb;
    const std::vector<std::uint32_t> some = robust_validation_images(images);
    const auto clean = run_->count_correct(images, nullptr, epsilon);
    if (!clean) return clean.error();
    const auto robust = run_->count_correct(some, &attack, epsilon);
    if (!robust) return robust.error();
    return ValidationFigures{static_cast<double>(*clean) / static_cast<double>(images.size()),
                             static_cast<double>(*robust) / static_cast<double>(some.size())};
  }

 private:
  /// Counts the optimiser's steps.
  std::vector<device::TrainingStep> steps_of(std::size_t images) {
    const std::size_t batch = state_.sources_per_batch();
    const std::size_t batches = (images + batch - 1) / batch;
    const OptimiserOptions& optimiser = state_.config.optimiser;
    std::vector<device::TrainingStep> steps;
    for (std::size_t b = 0; b < batches; ++b) {
      const BatchStep where = state_.step_of(b, batches, std::min(batch, images - b * batch));
      const std::size_t number = ++state_.optimiser.steps;
      device::TrainingStep step;
      step.epsilon = where.epsilon;
      step.learning_rate = static_cast<float>(where.learning_rate);
      step.first_correction = adam_correction(optimiser.beta1, number);
      step.second_correction = adam_correction(optimiser.beta2, number);
      step.average_decay = state_.average_decay(number);
      step.gradient_scale = where.gradient_scale;
      steps.push_back(step);
    }
    return steps;
  }

  device::TrainingEpoch epoch_of(std::span<const std::uint32_t> order,
                                 std::span<const device::TrainingStep> steps) const {
    const TrainingConfig& config = state_.config;
    const int number = state_.epochs_done + 1;
    device::TrainingEpoch epoch;
    epoch.order = order;
    epoch.steps = steps;
    if (const TrainingAttack* const attack = state_.method->attack()) epoch.attack = *attack->climb;
    epoch.attack_seed = stream(config, Purpose::attack, number, 0).next();
    epoch.augmentation_stream = stream_number(Purpose::augmentation, number, 0);
    epoch.dropout_stream = stream_number(Purpose::dropout, number, 0);
    epoch.number_by_place = config.balance > 0;
    epoch.pixels = state_.method->own_images();
    return epoch;
  }

  device::TrainingState device_state() {
    return {.parameters = state_.network.parameters(),
            .statistics = state_.network.statistics(),
            .first_moment = state_.optimiser.first,
            .second_moment = state_.optimiser.second,
            .average = state_.average};
  }

  TrainerState& state_;
  std::unique_ptr<device::TrainingRun> run_;
  bool validates_;
};

}  // namespace

MakeBatchRunner batches_on(device::Device& device) {
  return [&device](TrainerState& state,
                   const Sequential* classifier) -> Result<std::unique_ptr<BatchRunner>> {
    const TrainingAttack* const attack = state.method->attack();
    if (attack != nullptr && !attack->climb) {
      return Error{"attack is " + state.config.attack + ": " +
                   device::not_for_devices(state.config.attack).message};
    }
    const auto plan = device::make_plan(state.network);
    if (!plan) return plan.error();
    const auto settings = settings_of(state, classifier);
    if (!settings) return settings.error();
    auto run = device.new_training(*plan, *settings, {state.data->pixels, state.data->labels});
    if (!run) return run.error();
    auto runner = std::make_unique<DeviceBatches>(state, std::move(*run));
    const Status sent = runner->state_replaced();
    if (!sent) return sent.error();
    return std::unique_ptr<BatchRunner>(std::move(runner));
  };
}

}  // namespace signflip
