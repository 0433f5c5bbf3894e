// The epoch loop's share where a device runs the batches: it is told what changes from step to
// step, runs a stretch of batches, and gives the weights back at the end of the epoch.
#include <algorithm>

#include "train/trainer_state.h"
#include "train/validation.h"

namespace signflip {
namespace {

/// Batches between two looks at the loss, for which the device has to be waited for.
constexpr std::size_t kStretch = 32;

}  // namespace

bool Trainer::on_device(const Status& status) {
  if (!status && state_->failure) state_->failure = status;
  return static_cast<bool>(status);
}

void Trainer::send_to_device() {
  if (!state_->device.training) return;
  const Snapshot now = snapshot();
  on_device(state_->device.training->upload(
      {now.parameters, now.statistics, now.first_moment, now.second_moment, now.average}));
}

std::optional<Marks> Trainer::run_batches_on_device(
    std::span<const std::uint32_t> order,
    const std::function<bool(const TrainingProgress&)>& progress) {
  State& state = *state_;
  const TrainingConfig& config = state.config;
  device::TrainingRun& device = *state.device.training;
  const int epoch = state.epochs_done + 1;
  const std::size_t batch = sources_per_batch();
  const std::size_t batches = (order.size() + batch - 1) / batch;
  std::vector<device::TrainingStep> steps;
  for (std::size_t b = 0; b < batches; ++b) {
    const Step where = step_at(b, batches, std::min(batch, order.size() - b * batch));
    const std::size_t number = ++state.optimiser.steps;
    device::TrainingStep step;
    step.epsilon = config.epsilon_at(where.epochs);
    step.learning_rate = learning_rate_at(where);
    step.first_correction = adam_correction(config.optimiser.beta1, number);
    step.second_correction = adam_correction(config.optimiser.beta2, number);
    step.average_decay = average_decay_at(number);
    step.gradient_scale = where.gradient_scale;
    steps.push_back(step);
  }
  device::TrainingEpoch plan{order, steps, state.device.attack(state.method->attack_steps())};
  plan.attack_seed = stream(config, Purpose::attack, epoch, 0).next();
  plan.augmentation_stream = stream_number(Purpose::augmentation, epoch, 0);
  plan.dropout_stream = stream_number(Purpose::dropout, epoch, 0);
  plan.number_by_place = config.balance > 0;
  plan.pixels = state.method->own_images();
  if (!on_device(device.begin_epoch(plan))) return std::nullopt;
  Marks sum;
  for (std::size_t b = 0; b < batches; b += kStretch) {
    const std::size_t now = std::min(kStretch, batches - b);
    if (!on_device(device.run(now))) return std::nullopt;
    const auto marks = device.marks();
    if (!marks) {
      on_device(marks.error());
      return std::nullopt;
    }
    sum = {marks->loss, static_cast<std::size_t>(marks->correct),
           static_cast<std::size_t>(marks->images)};
    const std::size_t done = std::min((b + now) * batch, order.size());
    if (!still_finite(sum.loss, done, order.size())) return std::nullopt;
    if (progress &&
        !progress({epoch, done, order.size(), sum.loss / static_cast<double>(sum.images)})) {
      return std::nullopt;
    }
  }
  const Snapshot back = snapshot();
  if (!on_device(device.download({back.parameters, back.statistics, back.first_moment,
                                  back.second_moment, back.average}))) {
    return std::nullopt;
  }
  state.network.prepare();
  return sum;
}

ValidationFigures Trainer::validate(std::span<const std::uint32_t> images) {
  State& state = *state_;
  if (!state.device.training || !state.device.watching) {
    return state.method->validate(result(), *state.data, images, *state.pool);
  }
  const auto fraction = [&](std::span<const std::uint32_t> some,
                            const device::DeviceAttack* attack) {
    const auto correct =
        state.device.training->count_correct(some, attack, state.config.robust_epsilon());
    if (!correct) on_device(correct.error());
    return correct ? static_cast<double>(*correct) / static_cast<double>(some.size()) : 0.0;
  };
  const std::vector<std::uint32_t> watched = watched_images(images);
  return {fraction(images, nullptr), fraction(watched, &*state.device.watching)};
}

}  // namespace signflip
