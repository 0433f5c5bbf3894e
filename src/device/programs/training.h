// TrainingRun on an executor: the data set, the weights and the optimiser stay on the device; a
// step is recorded once for each size of batch and then only replayed. Whatever changes from step
// to step is read from device memory.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "device/device.h"
#include "device/kernels/denoiser_steps.h"
#include "device/kernels/optimiser_steps.h"
#include "device/kernels/training_steps.h"
#include "device/programs/batch_layout.h"
#include "device/programs/crafter.h"
#include "device/programs/flow.h"
#include "device/programs/inference.h"
#include "device/programs/interval_flow.h"
#include "device/programs/training_buffers.h"

namespace signflip::device {

template <class Executor>
class ExecutorTraining final : public TrainingRun {
 public:
  template <class T>
  using Array = typename Executor::template Array<T>;

  ExecutorTraining(Executor& executor, const Plan& plan, const TrainingSettings& settings,
                   const TrainingImages& images)
      : executor_(executor),
        plan_(plan),
        settings_(settings),
        paired_(settings.input == TrainingSettings::Input::both ||
                settings.input == TrainingSettings::Input::trades),
        denoises_(settings.classifier.has_value()),
        judge_(denoises_ ? settings.classifier->plan : plan),
        inference_(executor, judge_, settings.sources, false),
        folded_(executor, judge_),
        crafter_(executor, judge_, inference_),
        flow_(executor, plan, settings.sources * (paired_ ? 2 : 1), true, largest_shards()),
        buffers_(executor, plan, settings, images, flow_.capacity()) {
    if (denoises_) fold_classifier(*settings.classifier);
    if (settings.bounds) {
      bounds_ = std::make_unique<IntervalFlow<Executor>>(executor, plan, settings.sources,
                                                         largest_shards(), flow_);
    }
  }

  Status upload(const TrainingState& state) override {
    each_part(state, [&](std::span<float> host, Array<float>& device) {
      executor_.upload(host.data(), device.data(), host.size());
    });
    return executor_.finish();
  }
  Status download(const TrainingState& state) override {
    each_part(state, [&](std::span<float> host, Array<float>& device) {
      executor_.download(device.data(), host.data(), host.size());
    });
    return executor_.finish();
  }

  Status begin_epoch(const TrainingEpoch& epoch) override {
    if (epoch.order.size() > buffers_.order.size() || epoch.steps.size() > buffers_.steps.size()) {
      return Error{"an epoch has more images than the data set"};
    }
    if (!epoch.pixels.empty() && epoch.pixels.size() != buffers_.pixels.size()) {
      return Error{"an epoch's own images are not as many as the data set's"};
    }
    const bool own = !epoch.pixels.empty();
    if (own && buffers_.own_pixels.empty()) make(buffers_.own_pixels, buffers_.pixels.size());
    executor_.upload(epoch.pixels.data(), buffers_.own_pixels.data(), epoch.pixels.size());
    left_ = epoch.order.size();
    if (own != own_ || epoch.attack != attack_) {
      for (auto& [count, batch] : batches_) batch->recording = {};
    }
    own_ = own;
    attack_ = epoch.attack;
    const EpochScalars scalars{epoch.attack_seed, epoch.augmentation_stream, epoch.dropout_stream,
                               epoch.number_by_place ? 1 : 0};
    const int none = 0;
    const LossSums nothing;
    executor_.upload(epoch.order.data(), buffers_.order.data(), epoch.order.size());
    executor_.upload(epoch.steps.data(), buffers_.steps.data(), epoch.steps.size());
    executor_.upload(&scalars, buffers_.epochs.data(), 1);
    executor_.upload(&none, buffers_.batches_done.data(), 1);
    executor_.upload(&nothing, buffers_.totals.data(), 1);
    if (settings_.input != TrainingSettings::Input::clean) crafter_.prepare(attack_);
    return executor_.finish();
  }

  Status run(std::size_t batches) override {
    for (std::size_t b = 0; b < batches && left_ > 0; ++b) {
      const std::size_t count = std::min(left_, settings_.sources);
      Batch& batch = batch_of(static_cast<int>(count));
      if (batch.recording.empty()) {
        batch.recording = executor_.record([&] { issue_step(batch); });
      }
      executor_.replay(batch.recording);
      left_ -= count;
    }
    return {};
  }

  Result<LossSums> loss_sums() override {
    LossSums sums;
    executor_.download(buffers_.totals.data(), &sums, 1);
    const Status finished = executor_.finish();
    if (!finished) return finished.error();
    return sums;
  }

  Result<std::size_t> count_correct(std::span<const std::uint32_t> images, const Climb* attack,
                                    double epsilon) override;

 private:
  using Batch = DeviceBatch<Executor>;

  template <class T>
  void make(Array<T>& array, std::size_t size) {
    array = executor_.template allocate<T>(size);
  }
  BatchLayout layout(int sources) const {
    return {sources, static_cast<int>(settings_.shard), paired_,
            settings_.input == TrainingSettings::Input::attacked};
  }
  ShardTables largest_shards() const {
    const BatchLayout full = layout(static_cast<int>(settings_.sources));
    ShardTables tables;
    tables.count = static_cast<int>(full.shard_rows.size()) - 1;
    // A smaller batch may fill its shards better.
    tables.most_rows = static_cast<int>(settings_.shard) * (paired_ ? 2 : 1);
    return tables;
  }

  Batch& batch_of(int sources) {
    auto& batch = batches_[sources];
    if (batch) return *batch;
    batch = std::make_unique<Batch>(executor_, layout(sources), sources);
    return *batch;
  }

  template <class Move>
  void each_part(const TrainingState& state, Move move) {
    move(state.parameters, buffers_.parameters);
    move(state.statistics, buffers_.statistics);
    move(state.first_moment, buffers_.first_moment);
    move(state.second_moment, buffers_.second_moment);
    move(state.average, buffers_.average);
  }

  AttackView view(int count) const {
    AttackView view;
    view.count = count;
    view.size = static_cast<int>(plan_.input.size());
    view.classes = judge_.classes;
    view.clean = buffers_.clean.data();
    view.labels = buffers_.labels.data();
    view.numbers = buffers_.numbers.data();
    view.scalars = buffers_.scalars.data();
    return view;
  }

  void gather(const BatchPlace& place, const Array<std::uint8_t>& pixels,
              const Augmentation& ranges) {
    executor_.for_each(place.count,
                       GatherLabels{place, buffers_.all_labels.data(), buffers_.labels.data(),
                                    buffers_.numbers.data(), buffers_.scalars.data()});
    GatherImages images;
    images.batch = place;
    images.ranges = ranges;
    images.seed = settings_.seed;
    images.image = dims(plan_.input);
    images.pixels = pixels.data();
    images.images = buffers_.clean.data();
    executor_.run(place.count, images);
  }

  void fold_classifier(const FixedClassifier& classifier) {
    Array<float> parameters, statistics;
    make(parameters, classifier.parameters.size());
    make(statistics, classifier.statistics.size());
    executor_.upload(classifier.parameters.data(), parameters.data(), parameters.size());
    executor_.upload(classifier.statistics.data(), statistics.data(), statistics.size());
    folded_.fold(parameters.data(), statistics.data());
  }

  void issue_step(const Batch& batch);
  void find_losses(const Batch& batch, const BatchPlace& place);
  void find_denoiser_losses(const Batch& batch, const BatchPlace& place);
  void move_weights(const Batch& batch, const BatchPlace& place);
  void sum_losses(int count, LossSums* total) {
    SumLosses sum;
    sum.losses = buffers_.losses.data();
    sum.count = count;
    sum.partial = buffers_.partial_losses.data();
    sum.total = total;
    executor_.run(1, sum);
  }

  Executor& executor_;
  const Plan plan_;
  const TrainingSettings settings_;
  const bool paired_, denoises_;
  const Plan judge_;  // what attacks see: the classifier behind a denoiser, or the network
  Flow<Executor> inference_;
  FoldedWeights<Executor> folded_;
  Crafter<Executor> crafter_;
  Flow<Executor> flow_;
  std::unique_ptr<IntervalFlow<Executor>> bounds_;  // certified training's
  Climb attack_;
  bool own_ = false;      // the epoch has images of its own
  std::size_t left_ = 0;  // images of the epoch
  std::map<int, std::unique_ptr<Batch>> batches_;
  TrainingBuffers<Executor> buffers_;
};

template <class Executor>
void ExecutorTraining<Executor>::issue_step(const Batch& batch) {
  const BatchPlace place{buffers_.order.data(),
                         buffers_.steps.data(),
                         buffers_.epochs.data(),
                         buffers_.batches_done.data(),
                         static_cast<int>(settings_.sources),
                         batch.sources};
  if (own_) {
    gather(place, buffers_.own_pixels, {});
  } else {
    gather(place, buffers_.pixels, settings_.augmentation);
  }
  if (settings_.input != TrainingSettings::Input::clean) {
    if (!denoises_) folded_.fold(buffers_.parameters.data(), buffers_.statistics.data());
    crafter_.craft(attack_, view(batch.sources), folded_.data(), buffers_.attacked.data(), nullptr);
    if (denoises_) {
      executor_.for_each(static_cast<std::int64_t>(batch.sources) * view(batch.sources).size,
                         CorruptInputs{view(batch.sources), buffers_.attacked.data()});
    }
  }
  const auto size = static_cast<int>(plan_.input.size());
  executor_.for_each(
      static_cast<std::int64_t>(batch.rows) * size,
      Assemble{batch.row_sources.data(), size, flow_.channels(), buffers_.clean.data(),
               buffers_.attacked.data(), flow_.scale(), flow_.shift(), flow_.input()});
  const ShardTables shards{batch.shards, batch.most_rows, batch.shard_rows.data(),
                           batch.shard_of_row.data(), batch.shard_sources.data()};
  DropoutDraws draws;
  draws.seed = settings_.seed;
  draws.epoch_stream = &buffers_.epochs.data()->dropout_stream;
  draws.step = buffers_.batches_done.data();
  draws.sources = static_cast<int>(settings_.sources);
  draws.shard_of_row = batch.shard_of_row.data();
  draws.shard_sources = batch.shard_sources.data();
  draws.shard_rows = batch.shard_rows.data();
  flow_.forward(buffers_.parameters.data(), batch.rows, shards, draws);
  if (bounds_) {
    bounds_->forward(buffers_.clean.data(), &buffers_.scalars.data()->epsilon,
                     buffers_.labels.data(), buffers_.parameters.data(), batch.sources, shards);
  }
  if (denoises_) {
    find_denoiser_losses(batch, place);
  } else {
    find_losses(batch, place);
  }
  if (bounds_) {
    bounds_->backward(buffers_.labels.data(), buffers_.parameters.data(), batch.sources, shards);
  }
  flow_.backward(buffers_.parameters.data(), batch.rows, buffers_.gradient.data(), nullptr, shards,
                 draws);
  if (bounds_) bounds_->add_gradients(buffers_.parameters.data(), buffers_.gradient.data());
  move_weights(batch, place);
  executor_.for_each(1, NextBatch{buffers_.batches_done.data()});
}

template <class Executor>
void ExecutorTraining<Executor>::find_losses(const Batch& batch, const BatchPlace& place) {
  if (settings_.input == TrainingSettings::Input::trades) {
    executor_.for_each(batch.sources,
                       PairLosses{place, batch.pairs.data(), buffers_.labels.data(), plan_.classes,
                                  settings_.label_smoothing, settings_.beta, flow_.logits(),
                                  flow_.dlogits(), buffers_.losses.data()});
    sum_losses(batch.sources, buffers_.totals.data());
    return;
  }
  const LossShares shares{settings_.bounds, settings_.kappa, settings_.epsilon};
  executor_.for_each(
      batch.rows, RowLosses{place, batch.row_sources.data(), buffers_.labels.data(), plan_.classes,
                            settings_.label_smoothing, shares, flow_.logits(), flow_.dlogits(),
                            buffers_.losses.data()});
  if (bounds_) {
    executor_.for_each(batch.sources,
                       WorstLosses{place, buffers_.labels.data(), plan_.classes, shares,
                                   bounds_->worst(), bounds_->dworst(), buffers_.losses.data()});
  }
  sum_losses(batch.rows, buffers_.totals.data());
}

/// The classifier's gradient at the denoised images is written where the loss adds its own.
template <class Executor>
void ExecutorTraining<Executor>::find_denoiser_losses(const Batch& batch, const BatchPlace& place) {
  inference_.take(flow_.logits(), batch.rows);
  inference_.forward(folded_.data(), batch.rows);
  executor_.for_each(batch.rows, RowLosses{place,
                                           batch.row_sources.data(),
                                           buffers_.labels.data(),
                                           judge_.classes,
                                           0,
                                           {},
                                           inference_.logits(),
                                           inference_.dlogits(),
                                           buffers_.losses.data()});
  inference_.backward(folded_.data(), batch.rows, nullptr, flow_.dlogits());
  DenoiserLoss loss;
  loss.batch = place;
  loss.size = static_cast<int>(plan_.input.size());
  loss.guidance = settings_.guidance;
  loss.output = flow_.logits();
  loss.clean = buffers_.clean.data();
  loss.doutput = flow_.dlogits();
  loss.losses = buffers_.losses.data();
  executor_.run(batch.rows, loss);
  sum_losses(batch.rows, buffers_.totals.data());
}

template <class Executor>
void ExecutorTraining<Executor>::move_weights(const Batch& batch, const BatchPlace& place) {
  const float* factor = nullptr;
  if (settings_.clip > 0) {
    GradientSquares squares;
    squares.gradient = buffers_.gradient.data();
    squares.count = static_cast<std::int64_t>(plan_.parameters);
    squares.sums = buffers_.squares.data();
    executor_.run(squares.blocks(), squares);
    executor_.for_each(1, ClipFactor{buffers_.squares.data(), squares.blocks(), settings_.clip,
                                     buffers_.factor.data()});
    factor = buffers_.factor.data();
  }
  float* const average = settings_.average ? buffers_.average.data() : nullptr;
  executor_.for_each(
      static_cast<std::int64_t>(plan_.parameters),
      MoveWeights{place, settings_.optimiser, settings_.momentum, settings_.beta1, settings_.beta2,
                  settings_.optimiser_epsilon, settings_.weight_decay, buffers_.gradient.data(),
                  factor, buffers_.parameters.data(), buffers_.first_moment.data(),
                  buffers_.second_moment.data(), average});
  const auto statistics = static_cast<std::int64_t>(plan_.statistics);
  executor_.for_each(statistics,
                     MoveStatistics{place, batch.shards, statistics, flow_.batch_statistics(),
                                    buffers_.statistics.data(),
                                    average == nullptr ? nullptr : average + plan_.parameters});
}

template <class Executor>
Result<std::size_t> ExecutorTraining<Executor>::count_correct(std::span<const std::uint32_t> images,
                                                              const Climb* attack, double epsilon) {
  if (denoises_) return Error{"a device does not count what a denoiser makes correct"};
  const bool averaged = settings_.average;
  folded_.fold(averaged ? buffers_.average.data() : buffers_.parameters.data(),
               averaged ? buffers_.average.data() + plan_.parameters : buffers_.statistics.data());
  TrainingStep step;
  step.epsilon = epsilon;
  const LossSums none;
  executor_.upload(&step, buffers_.validation_step.data(), 1);
  executor_.upload(&none, buffers_.totals.data() + 1, 1);
  if (attack != nullptr) crafter_.prepare(*attack);
  for (std::size_t first = 0; first < images.size(); first += settings_.sources) {
    const std::size_t count = std::min(settings_.sources, images.size() - first);
    executor_.upload(images.data() + first, buffers_.validation_order.data(), count);
    const BatchPlace place{buffers_.validation_order.data(),    buffers_.validation_step.data(),
                           buffers_.epochs.data() + 1,          buffers_.batches_done.data() + 1,
                           static_cast<int>(settings_.sources), static_cast<int>(count)};
    gather(place, buffers_.pixels, {});
    const float* judged = buffers_.clean.data();
    if (attack != nullptr) {
      crafter_.craft(*attack, view(place.count), folded_.data(), buffers_.attacked.data(), nullptr);
      judged = buffers_.attacked.data();
    }
    inference_.take(judged, place.count);
    inference_.forward(folded_.data(), place.count);
    executor_.for_each(place.count, CountCorrect{inference_.logits(), buffers_.labels.data(),
                                                 plan_.classes, buffers_.losses.data()});
    sum_losses(place.count, buffers_.totals.data() + 1);
  }
  LossSums sums;
  executor_.download(buffers_.totals.data() + 1, &sums, 1);
  const Status finished = executor_.finish();
  if (!finished) return finished.error();
  return static_cast<std::size_t>(sums.correct);
}

}  // namespace signflip::device
