// Device on an executor: makes models and training runs, and owns the executor that they use.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "device/device.h"
#include "device/programs/inference.h"
#include "device/programs/training.h"

namespace signflip::device {

template <class Executor>
class ExecutorDevice final : public Device {
 public:
  ExecutorDevice(std::unique_ptr<Executor> executor, std::string name)
      : executor_(std::move(executor)), name_(std::move(name)) {}

  std::string name() const override { return name_; }

  Result<std::unique_ptr<Model>> new_model(const Plan& plan, std::size_t capacity,
                                           bool fuse) override {
    const Status fits = check_capacity(plan, capacity);
    if (!fits) return fits.error();
    auto model = std::make_unique<ExecutorModel<Executor>>(*executor_, plan, capacity, fuse);
    const Status made = executor_->finish();
    if (!made) return made.error();
    return std::unique_ptr<Model>(std::move(model));
  }

  Result<std::unique_ptr<TrainingRun>> new_training(const Plan& plan,
                                                    const TrainingSettings& settings,
                                                    const TrainingImages& images) override {
    const Status fits = check_capacity(plan, 2 * settings.sources);
    if (!fits) return fits.error();
    if (settings.classifier) {
      const Status judges = check_capacity(settings.classifier->plan, settings.sources);
      if (!judges) return judges.error();
    }
    const Status bounds = settings.bounds ? check_bounds(plan, settings.sources) : Status();
    if (!bounds) return bounds.error();
    auto training =
        std::make_unique<ExecutorTraining<Executor>>(*executor_, plan, settings, images);
    const Status made = executor_->finish();
    if (!made) return made.error();
    return std::unique_ptr<TrainingRun>(std::move(training));
  }

 private:
  std::unique_ptr<Executor> executor_;
  std::string name_;
};

}  // namespace signflip::device
