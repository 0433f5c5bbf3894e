// The epoch loop's share where no device runs batches: the page's module links this instead of
// trainer_device.cpp, which is of no use there.
#include "train/trainer_state.h"

namespace signflip {

bool Trainer::on_device(const Status& status) { return static_cast<bool>(status); }

void Trainer::send_to_device() {}

std::optional<Marks> Trainer::run_batches_on_device(
    std::span<const std::uint32_t>, const std::function<bool(const TrainingProgress&)>&) {
  return std::nullopt;
}

ValidationFigures Trainer::validate(std::span<const std::uint32_t> images) {
  return state_->method->validate(result(), *state_->data, images, *state_->pool);
}

}  // namespace signflip
