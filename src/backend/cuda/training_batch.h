// Training's single batches: the launches that make a step, and those of validation. Included by
// training.h.
#pragma once

#include "backend/cuda/denoiser_steps.h"
#include "backend/cuda/training.h"

namespace signflip::device {

template <class Executor>
void Training<Executor>::issue_step(const Batch& batch) {
  const BatchPlace place{
      order_.data(), steps_.data(), epoch_.data(), step_.data(), static_cast<int>(recipe_.sources),
      batch.sources};
  if (own_) {
    gather(place, own_pixels_, {});
  } else {
    gather(place, pixels_,
           {recipe_.shift, recipe_.scale, recipe_.rotation, recipe_.brightness, recipe_.contrast,
            recipe_.whole_pixels});
  }
  if (recipe_.diet != DeviceRecipe::Diet::clean) {
    if (!denoises_) folded_.fold(parameters_.data(), statistics_.data());
    crafter_.craft(attack_, scene(batch.sources), folded_.data(), attacked_.data(), nullptr);
    if (denoises_) {
      executor_.for_each(static_cast<std::int64_t>(batch.sources) * scene(batch.sources).size,
                         Spoil{scene(batch.sources), attacked_.data()});
    }
  }
  const auto size = static_cast<int>(plan_.input.size());
  executor_.for_each(static_cast<std::int64_t>(batch.rows) * size,
                     Assemble{batch.row_sources.data(), size, flow_.channels(), clean_.data(),
                              attacked_.data(), flow_.scale(), flow_.shift(), flow_.input()});
  const ShardTables shards{batch.shards, batch.most_rows, batch.shard_rows.data(),
                           batch.shard_of_row.data(), batch.shard_sources.data()};
  DropoutDraws draws;
  draws.seed = recipe_.seed;
  draws.epoch_stream = &epoch_.data()->dropout_stream;
  draws.step = step_.data();
  draws.sources = static_cast<int>(recipe_.sources);
  draws.shard_of_row = batch.shard_of_row.data();
  draws.shard_sources = batch.shard_sources.data();
  draws.shard_rows = batch.shard_rows.data();
  flow_.forward(parameters_.data(), batch.rows, shards, draws);
  if (bounds_) {
    bounds_->forward(clean_.data(), &scalars_.data()->epsilon, labels_.data(), parameters_.data(),
                     batch.sources, shards);
  }
  if (denoises_) {
    grade_denoiser(batch, place);
  } else {
    grade(batch, place);
  }
  flow_.backward(parameters_.data(), batch.rows, gradient_.data(), nullptr, shards, draws);
  if (bounds_) {
    bounds_->backward(labels_.data(), parameters_.data(), batch.sources, gradient_.data(), shards);
  }
  move_weights(batch, place);
  executor_.for_each(1, NextBatch{step_.data()});
}

template <class Executor>
void Training<Executor>::grade(const Batch& batch, const BatchPlace& place) {
  if (recipe_.diet == DeviceRecipe::Diet::trades) {
    executor_.for_each(batch.sources,
                       GradePairs{place, batch.pairs.data(), labels_.data(), plan_.classes,
                                  recipe_.label_smoothing, recipe_.beta, flow_.logits(),
                                  flow_.dlogits(), marks_.data()});
    sum_marks(batch.sources, total_.data());
    return;
  }
  const LossShares shares{recipe_.bounds, recipe_.kappa, recipe_.epsilon};
  executor_.for_each(batch.rows, GradeRows{place, batch.row_sources.data(), labels_.data(),
                                           plan_.classes, recipe_.label_smoothing, shares,
                                           flow_.logits(), flow_.dlogits(), marks_.data()});
  if (bounds_) {
    executor_.for_each(batch.sources,
                       GradeWorst{place, labels_.data(), plan_.classes, shares, bounds_->worst(),
                                  bounds_->dworst(), marks_.data()});
  }
  sum_marks(batch.rows, total_.data());
}

/// The classifier's gradient at the denoised images lands where the loss puts its own on top.
template <class Executor>
void Training<Executor>::grade_denoiser(const Batch& batch, const BatchPlace& place) {
  inference_.take(flow_.logits(), batch.rows);
  inference_.forward(folded_.data(), batch.rows);
  executor_.for_each(batch.rows, GradeRows{place,
                                           batch.row_sources.data(),
                                           labels_.data(),
                                           judge_.classes,
                                           0,
                                           {},
                                           inference_.logits(),
                                           inference_.dlogits(),
                                           marks_.data()});
  inference_.backward(folded_.data(), batch.rows, nullptr, flow_.dlogits());
  DenoiserLoss loss;
  loss.batch = place;
  loss.size = static_cast<int>(plan_.input.size());
  loss.guidance = recipe_.guidance;
  loss.output = flow_.logits();
  loss.clean = clean_.data();
  loss.doutput = flow_.dlogits();
  loss.marks = marks_.data();
  executor_.run(batch.rows, loss);
  sum_marks(batch.rows, total_.data());
}

template <class Executor>
void Training<Executor>::move_weights(const Batch& batch, const BatchPlace& place) {
  const float* factor = nullptr;
  if (recipe_.clip > 0) {
    GradientSquares squares;
    squares.gradient = gradient_.data();
    squares.count = static_cast<std::int64_t>(plan_.parameters);
    squares.sums = squares_.data();
    executor_.run(squares.blocks(), squares);
    executor_.for_each(1,
                       ClipFactor{squares_.data(), squares.blocks(), recipe_.clip, factor_.data()});
    factor = factor_.data();
  }
  float* const average = recipe_.average ? average_.data() : nullptr;
  executor_.for_each(
      static_cast<std::int64_t>(plan_.parameters),
      MoveWeights{place, recipe_.optimiser, recipe_.momentum, recipe_.beta1, recipe_.beta2,
                  recipe_.optimiser_epsilon, recipe_.weight_decay, gradient_.data(), factor,
                  parameters_.data(), first_.data(), second_.data(), average});
  const auto statistics = static_cast<std::int64_t>(plan_.statistics);
  executor_.for_each(
      statistics,
      MoveStatistics{place, batch.shards, statistics, flow_.batch_statistics(), statistics_.data(),
                     average == nullptr ? nullptr : average + plan_.parameters});
}

template <class Executor>
Result<std::size_t> Training<Executor>::count_correct(std::span<const std::uint32_t> images,
                                                      const DeviceAttack* attack, double epsilon) {
  if (denoises_) return Error{"a device does not count what a denoiser makes correct"};
  const bool averaged = recipe_.average;
  folded_.fold(averaged ? average_.data() : parameters_.data(),
               averaged ? average_.data() + plan_.parameters : statistics_.data());
  DeviceStep step;
  step.epsilon = epsilon;
  const DeviceMarks none;
  executor_.upload(&step, one_step_.data(), 1);
  executor_.upload(&none, total_.data() + 1, 1);
  if (attack != nullptr) crafter_.prepare(*attack);
  for (std::size_t first = 0; first < images.size(); first += recipe_.sources) {
    const std::size_t count = std::min(recipe_.sources, images.size() - first);
    executor_.upload(images.data() + first, watched_.data(), count);
    const BatchPlace place{watched_.data(),
                           one_step_.data(),
                           epoch_.data() + 1,
                           step_.data() + 1,
                           static_cast<int>(recipe_.sources),
                           static_cast<int>(count)};
    gather(place, pixels_, {});
    const float* judged = clean_.data();
    if (attack != nullptr) {
      crafter_.craft(*attack, scene(place.count), folded_.data(), attacked_.data(), nullptr);
      judged = attacked_.data();
    }
    inference_.take(judged, place.count);
    inference_.forward(folded_.data(), place.count);
    executor_.for_each(place.count, CountCorrect{inference_.logits(), labels_.data(), plan_.classes,
                                                 marks_.data()});
    sum_marks(place.count, total_.data() + 1);
  }
  DeviceMarks marks;
  executor_.download(total_.data() + 1, &marks, 1);
  const Status finished = executor_.finish();
  if (!finished) return finished.error();
  return static_cast<std::size_t>(marks.correct);
}

}  // namespace signflip::device
