// The memory of a training run on a device: data set, weights, optimiser, one batch, and the
// scalars that change from step to step.
#pragma once

#include <algorithm>

#include "device/device.h"
#include "device/kernels/optimiser_steps.h"
#include "device/kernels/training_steps.h"

namespace signflip::device {

/// All arrays of a run. Whatever an option leaves unused is empty.
template <class Executor>
struct TrainingBuffers {
  template <class T>
  using Array = typename Executor::template Array<T>;

  /// `rows`: images that the network sees per batch, at most. Uploads the data set.
  TrainingBuffers(Executor& executor, const Plan& plan, const TrainingSettings& settings,
                  const TrainingImages& images, std::size_t rows) {
    const auto make = [&]<class T>(Array<T>& array, std::size_t size) {
      array = executor.template allocate<T>(size);
    };
    const std::size_t sources = settings.sources, values = sources * plan.input.size();
    const std::size_t count = images.labels.size();
    make(pixels, images.pixels.size());
    make(all_labels, count);
    executor.upload(images.pixels.data(), pixels.data(), images.pixels.size());
    executor.upload(images.labels.data(), all_labels.data(), count);
    const bool moments = settings.optimiser != TrainingSettings::Optimiser::sgd;
    make(parameters, plan.parameters);
    make(gradient, plan.parameters);
    make(first_moment, plan.parameters);
    make(second_moment, moments ? plan.parameters : 0);
    make(statistics, plan.statistics);
    make(average, settings.average ? plan.parameters + plan.statistics : 0);
    make(clean, values);
    make(attacked, values);
    make(labels, sources);
    make(numbers, sources);
    make(losses, std::max(rows, sources));
    make(partial_losses, SumLosses::kThreads);
    make(factor, 1);
    make(squares, GradientSquares::kMostBlocks);
    make(scalars, 1);
    make(order, count);
    make(validation_order, sources);
    make(steps, count / sources + 2);
    make(validation_step, 1);
    make(epochs, 2);
    make(batches_done, 2);
    make(totals, 2);
    const EpochScalars none[2] = {};
    const int zeros[2] = {};
    executor.upload(none, epochs.data(), 2);
    executor.upload(zeros, batches_done.data(), 2);
  }

  Array<std::uint8_t> pixels, own_pixels;  ///< of the data set; an epoch's own, made when needed
  Array<int> all_labels;                   ///< of the data set
  Array<float> parameters, gradient, first_moment, second_moment, statistics;
  Array<float> average;          ///< of the parameters, then of the statistics
  Array<float> clean, attacked;  ///< the batch, before and after the attack
  Array<int> labels;
  Array<std::size_t> numbers;
  Array<ImageLoss> losses, partial_losses;
  Array<float> factor;  ///< of the clipped gradient
  Array<double> squares;
  Array<AttackScalars> scalars;
  Array<std::uint32_t> order, validation_order;
  Array<TrainingStep> steps, validation_step;
  // Each holds the epoch's value, then validation's.
  Array<EpochScalars> epochs;
  Array<int> batches_done;
  Array<LossSums> totals;
};

}  // namespace signflip::device
