#include "train/trainer_state.h"

#include <algorithm>
#include <cmath>

#include "core/batches.h"
#include "core/bits.h"
#include "core/concat.h"

namespace signflip {
namespace {

/// By the bits, in a loop that the compiler can vectorise: it runs after every step.
bool all_finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  std::uint32_t found = 0;
  for (const float value : values) {
    found |= (float_bits(value) & kExponent) == kExponent ? 1U : 0U;
  }
  return found == 0;
}

Error divergence_error(TrainerState& state, std::string_view what, std::size_t done,
                       std::size_t images) {
  state.diverged = true;
  return {concat("the training diverged in epoch ", state.epochs_done + 1, ", by image ", done,
                 " of ", images, ": ", what, "; a smaller learning rate may help")};
}

}  // namespace

std::size_t TrainerState::sources_per_batch() const {
  return static_cast<std::size_t>(config.batch_size) / method->copies();
}

std::size_t TrainerState::shards_per_batch() const {
  return (sources_per_batch() * method->copies() + kShard - 1) / kShard;
}

std::size_t TrainerState::sources_per_shard() const {
  return (sources_per_batch() + shards_per_batch() - 1) / shards_per_batch();
}

BatchStep TrainerState::step_of(std::size_t batch, std::size_t batches, std::size_t sources) const {
  const double epochs = static_cast<double>(epochs_done) +
                        (static_cast<double>(batch) + 0.5) / static_cast<double>(batches);
  const double progress = epochs / static_cast<double>(config.epochs);
  return {.epsilon = config.epsilon_at(epochs),
          .learning_rate = config.learning_rate * learning_rate_factor(config.schedule, progress),
          .gradient_scale = 1.0F / static_cast<float>(sources * method->copies())};
}

float TrainerState::average_decay(std::size_t optimiser_step) const {
  // Early on the average follows the weights closely, so that it does not remember their start.
  const auto step = static_cast<double>(optimiser_step);
  return static_cast<float>(std::min(config.average, (1.0 + step) / (10.0 + step)));
}

Status TrainerState::check_finite(double loss, std::size_t done, std::size_t images) {
  if (!std::isfinite(loss)) {
    return divergence_error(*this,
                            std::isnan(loss) ? "the loss is not a number" : "the loss is infinite",
                            done, images);
  }
  // The loss need not show it: a rectifier turns what is not a number into 0.
  if (!all_finite(network.parameters())) {
    return divergence_error(*this, "a weight is not a finite number", done, images);
  }
  return {};
}

Status TrainerState::check_all_finite(std::size_t images) {
  for (const std::span<const float> values :
       {std::span<const float>(network.parameters()), std::span<const float>(network.statistics()),
        std::span<const float>(optimiser.first), std::span<const float>(optimiser.second),
        std::span<const float>(average)}) {
    if (all_finite(values)) continue;
    return divergence_error(
        *this, "a weight, or what the optimiser remembers of it, is not a finite number", images,
        images);
  }
  return {};
}

Sequential TrainerState::result() const {
  Sequential averaged = network;
  if (!average.empty()) {
    const auto values = std::span<const float>(average);
    const std::size_t weights = averaged.parameters().size();
    std::copy_n(values.begin(), weights, averaged.parameters().begin());
    std::copy(values.begin() + static_cast<std::ptrdiff_t>(weights), values.end(),
              averaged.statistics().begin());
    averaged.prepare();
  }
  return averaged;
}

}  // namespace signflip
