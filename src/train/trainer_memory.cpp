// What an epoch changes: handed out, gone back to where the epoch did harm, and watched for values
// that are no finite numbers.
#include <algorithm>
#include <cmath>

#include "core/bits.h"
#include "core/concat.h"
#include "train/trainer_state.h"
#include "train/validation.h"

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

}  // namespace

Trainer::Snapshot Trainer::snapshot() {
  return {state_->epochs_done,
          state_->optimiser.steps,
          state_->network.parameters(),
          state_->network.statistics(),
          state_->optimiser.first,
          state_->optimiser.second,
          state_->average,
          state_->method->memory()};
}

void Trainer::restore(int epochs_done, std::size_t steps) {
  state_->epochs_done = epochs_done;
  state_->optimiser.steps = steps;
  state_->network.prepare();
  state_->method->weights_changed(state_->network);
  send_to_device();
}

bool Trainer::keep_epoch(const Memory& before) {
  State& state = *state_;
  // Without validation images some of the training images must do.
  const auto& images = state.validation.empty() ? state.train : state.validation;
  const ValidationFigures figures = validate(watched_images(images));
  if (state.method->accept_epoch(figures.robust_accuracy)) return true;
  go_back(before);
  return false;
}

Trainer::Memory Trainer::remember() {
  const Snapshot now = snapshot();
  Memory memory{{}, now.steps};
  for (const std::span<float> part :
       {now.parameters, now.statistics, now.first_moment, now.second_moment, now.average}) {
    memory.parts.emplace_back(part.begin(), part.end());
  }
  return memory;
}

void Trainer::go_back(const Memory& before) {
  State& state = *state_;
  const Snapshot now = snapshot();
  const std::span<float> parts[] = {now.parameters, now.statistics, now.first_moment,
                                    now.second_moment, now.average};
  for (std::size_t i = 0; i < before.parts.size(); ++i) {
    std::copy(before.parts[i].begin(), before.parts[i].end(), parts[i].begin());
  }
  restore(state.epochs_done, before.steps);
}

bool Trainer::diverge(const std::string& what, std::size_t images_done, std::size_t images) {
  state_->diverged = true;
  state_->failure =
      Error{concat("the training diverged in epoch ", state_->epochs_done + 1, ", by image ",
                   images_done, " of ", images, ": ", what, "; a smaller learning rate may help")};
  return false;
}

bool Trainer::still_finite(double loss, std::size_t images_done, std::size_t images) {
  if (!std::isfinite(loss)) {
    return diverge(std::isnan(loss) ? "the loss is not a number" : "the loss is infinite",
                   images_done, images);
  }
  // The loss need not show it: a rectifier turns what is not a number into 0.
  if (!all_finite(state_->network.parameters())) {
    return diverge("a weight is not a finite number", images_done, images);
  }
  return true;
}

bool Trainer::memory_is_finite(std::size_t images) {
  const Snapshot now = snapshot();
  for (const std::span<const float> part :
       {now.parameters, now.statistics, now.first_moment, now.second_moment, now.average}) {
    if (all_finite(part)) continue;
    return diverge("a weight, or what the optimiser remembers of it, is not a finite number",
                   images, images);
  }
  return true;
}

}  // namespace signflip
