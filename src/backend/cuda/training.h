// DeviceTraining on an executor: the data set, the weights and the optimiser rest on the device; a
// step is recorded once for each size of batch and then only replayed. Whatever changes from step
// to step is read from device memory.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "backend/cuda/batch_layout.h"
#include "backend/cuda/crafter.h"
#include "backend/cuda/flow.h"
#include "backend/cuda/inference.h"
#include "backend/cuda/interval_flow.h"
#include "backend/cuda/optimiser_steps.h"
#include "backend/cuda/training_steps.h"
#include "backend/device.h"

namespace signflip::device {

template <class Executor>
class Training final : public DeviceTraining {
 public:
  template <class T>
  using Array = typename Executor::template Array<T>;

  Training(Executor& executor, const DevicePlan& plan, const DeviceRecipe& recipe,
           const DeviceImages& images)
      : executor_(executor),
        plan_(plan),
        recipe_(recipe),
        paired_(recipe.diet == DeviceRecipe::Diet::both ||
                recipe.diet == DeviceRecipe::Diet::trades),
        denoises_(recipe.classifier.has_value()),
        judge_(denoises_ ? recipe.classifier->plan : plan),
        inference_(executor, judge_, recipe.sources, false),
        folded_(executor, judge_),
        crafter_(executor, judge_, inference_),
        flow_(executor, plan, recipe.sources * (paired_ ? 2 : 1), true, largest_shards()) {
    const std::size_t sources = recipe.sources, pixels = sources * plan.input.size();
    const std::size_t count = images.labels.size(), rows = flow_.capacity();
    make(pixels_, images.pixels.size());
    make(all_labels_, count);
    executor.upload(images.pixels.data(), pixels_.data(), images.pixels.size());
    executor.upload(images.labels.data(), all_labels_.data(), count);
    if (denoises_) fold_classifier(*recipe.classifier);
    if (recipe.bounds) {
      bounds_ = std::make_unique<IntervalFlow<Executor>>(executor, plan, sources, largest_shards(),
                                                         flow_);
    }
    const bool moments = recipe.optimiser != DeviceRecipe::Optimiser::sgd;
    make(parameters_, plan.parameters);
    make(gradient_, plan.parameters);
    make(first_, plan.parameters);
    make(second_, moments ? plan.parameters : 0);
    make(statistics_, plan.statistics);
    make(average_, recipe.average ? plan.parameters + plan.statistics : 0);
    make(clean_, pixels);
    make(attacked_, pixels);
    make(labels_, sources);
    make(numbers_, sources);
    make(marks_, std::max(rows, sources));
    make(partial_, SumMarks::kThreads);
    make(factor_, 1);
    make(squares_, GradientSquares::kMostBlocks);
    make(scalars_, 1);
    make(order_, count);
    make(watched_, sources);
    make(steps_, count / sources + 2);
    make(one_step_, 1);
    make(epoch_, 2);  // the epoch's, and validation's, which are all 0
    make(step_, 2);
    make(total_, 2);
    const EpochScalars none[2] = {};
    const int zeros[2] = {};
    executor.upload(none, epoch_.data(), 2);
    executor.upload(zeros, step_.data(), 2);
  }

  Status upload(const DeviceState& state) override {
    each_part(state, [&](std::span<float> host, Array<float>& device) {
      executor_.upload(host.data(), device.data(), host.size());
    });
    return executor_.finish();
  }
  Status download(const DeviceState& state) override {
    each_part(state, [&](std::span<float> host, Array<float>& device) {
      executor_.download(device.data(), host.data(), host.size());
    });
    return executor_.finish();
  }

  Status begin_epoch(const DeviceEpoch& epoch) override {
    if (epoch.order.size() > order_.size() || epoch.steps.size() > steps_.size()) {
      return Error{"an epoch has more images than the data set"};
    }
    if (!epoch.pixels.empty() && epoch.pixels.size() != pixels_.size()) {
      return Error{"an epoch's own images are not as many as the data set's"};
    }
    const bool own = !epoch.pixels.empty();
    if (own && own_pixels_.empty()) make(own_pixels_, pixels_.size());
    executor_.upload(epoch.pixels.data(), own_pixels_.data(), epoch.pixels.size());
    left_ = epoch.order.size();
    if (own != own_ || epoch.attack.steps != attack_.steps ||
        epoch.attack.step_share != attack_.step_share) {
      for (auto& [count, batch] : batches_) batch->recording = {};
    }
    own_ = own;
    attack_ = epoch.attack;
    const EpochScalars scalars{epoch.attack_seed, epoch.augmentation_stream, epoch.dropout_stream,
                               epoch.number_by_place ? 1 : 0};
    const int none = 0;
    const DeviceMarks nothing;
    executor_.upload(epoch.order.data(), order_.data(), epoch.order.size());
    executor_.upload(epoch.steps.data(), steps_.data(), epoch.steps.size());
    executor_.upload(&scalars, epoch_.data(), 1);
    executor_.upload(&none, step_.data(), 1);
    executor_.upload(&nothing, total_.data(), 1);
    if (recipe_.diet != DeviceRecipe::Diet::clean) crafter_.prepare(attack_);
    return executor_.finish();
  }

  Status run(std::size_t batches) override {
    for (std::size_t b = 0; b < batches && left_ > 0; ++b) {
      const std::size_t count = std::min(left_, recipe_.sources);
      Batch& batch = batch_of(static_cast<int>(count));
      if (batch.recording.empty()) {
        batch.recording = executor_.record([&] { issue_step(batch); });
      }
      executor_.replay(batch.recording);
      left_ -= count;
    }
    return {};
  }

  Result<DeviceMarks> marks() override {
    DeviceMarks marks;
    executor_.download(total_.data(), &marks, 1);
    const Status finished = executor_.finish();
    if (!finished) return finished.error();
    return marks;
  }

  Result<std::size_t> count_correct(std::span<const std::uint32_t> images,
                                    const DeviceAttack* attack, double epsilon) override;

 private:
  /// A batch of one size: its layout on the device, and its step.
  struct Batch {
    int sources = 0, rows = 0, shards = 0, most_rows = 0;
    Array<RowSource> row_sources;
    Array<int> pairs, shard_rows, shard_sources, shard_of_row;
    typename Executor::Recording recording;
  };

  template <class T>
  void make(Array<T>& array, std::size_t size) {
    array = executor_.template allocate<T>(size);
  }
  template <class T>
  void send(const std::vector<T>& from, Array<T>& to) {
    make(to, from.size());
    executor_.upload(from.data(), to.data(), from.size());
  }

  BatchLayout layout(int sources) const {
    return {sources, static_cast<int>(recipe_.shard), paired_,
            recipe_.diet == DeviceRecipe::Diet::attacked};
  }
  ShardTables largest_shards() const {
    const BatchLayout full = layout(static_cast<int>(recipe_.sources));
    ShardTables tables;
    tables.count = static_cast<int>(full.shard_rows.size()) - 1;
    // A smaller batch may fill its shards better.
    tables.most_rows = static_cast<int>(recipe_.shard) * (paired_ ? 2 : 1);
    return tables;
  }

  Batch& batch_of(int sources) {
    auto& batch = batches_[sources];
    if (batch) return *batch;
    batch = std::make_unique<Batch>();
    const BatchLayout made = layout(sources);
    batch->sources = sources;
    batch->rows = static_cast<int>(made.rows.size());
    batch->shards = static_cast<int>(made.shard_rows.size()) - 1;
    batch->most_rows = made.most_rows();
    send(made.rows, batch->row_sources);
    send(made.pairs, batch->pairs);
    send(made.shard_rows, batch->shard_rows);
    send(made.shard_sources, batch->shard_sources);
    send(made.shard_of_row, batch->shard_of_row);
    return *batch;
  }

  template <class Move>
  void each_part(const DeviceState& state, Move move) {
    move(state.parameters, parameters_);
    move(state.statistics, statistics_);
    move(state.first_moment, first_);
    move(state.second_moment, second_);
    move(state.average, average_);
  }

  Scene scene(int count) const {
    Scene scene;
    scene.count = count;
    scene.size = static_cast<int>(plan_.input.size());
    scene.classes = judge_.classes;
    scene.clean = clean_.data();
    scene.labels = labels_.data();
    scene.numbers = numbers_.data();
    scene.scalars = scalars_.data();
    return scene;
  }

  void gather(const BatchPlace& place, const Array<std::uint8_t>& pixels,
              const AugmentationRanges& ranges) {
    executor_.for_each(place.count, GatherLabels{place, all_labels_.data(), labels_.data(),
                                                 numbers_.data(), scalars_.data()});
    GatherImages images;
    images.batch = place;
    images.ranges = ranges;
    images.seed = recipe_.seed;
    images.image = dims(plan_.input);
    images.pixels = pixels.data();
    images.images = clean_.data();
    executor_.run(place.count, images);
  }

  void fold_classifier(const DeviceClassifier& classifier) {
    Array<float> parameters, statistics;
    make(parameters, classifier.parameters.size());
    make(statistics, classifier.statistics.size());
    executor_.upload(classifier.parameters.data(), parameters.data(), parameters.size());
    executor_.upload(classifier.statistics.data(), statistics.data(), statistics.size());
    folded_.fold(parameters.data(), statistics.data());
  }

  void issue_step(const Batch& batch);
  void grade(const Batch& batch, const BatchPlace& place);
  void grade_denoiser(const Batch& batch, const BatchPlace& place);
  void move_weights(const Batch& batch, const BatchPlace& place);
  void sum_marks(int count, DeviceMarks* total) {
    SumMarks sum;
    sum.marks = marks_.data();
    sum.count = count;
    sum.partial = partial_.data();
    sum.total = total;
    executor_.run(1, sum);
  }

  Executor& executor_;
  const DevicePlan plan_;
  const DeviceRecipe recipe_;
  const bool paired_, denoises_;
  const DevicePlan judge_;  // what attacks see: the classifier behind a denoiser, or the network
  Flow<Executor> inference_;
  FoldedWeights<Executor> folded_;
  Crafter<Executor> crafter_;
  Flow<Executor> flow_;
  std::unique_ptr<IntervalFlow<Executor>> bounds_;  // certified training's
  DeviceAttack attack_;
  bool own_ = false;      // the epoch has images of its own
  std::size_t left_ = 0;  // images of the epoch
  std::map<int, std::unique_ptr<Batch>> batches_;
  Array<std::uint8_t> pixels_, own_pixels_;
  Array<int> all_labels_, labels_, step_;
  Array<float> parameters_, gradient_, first_, second_, statistics_, average_;
  Array<float> clean_, attacked_, factor_;
  Array<double> squares_;
  Array<std::uint64_t> numbers_;
  Array<Mark> marks_, partial_;
  Array<CraftScalars> scalars_;
  Array<std::uint32_t> order_, watched_;
  Array<DeviceStep> steps_, one_step_;
  Array<EpochScalars> epoch_;
  Array<DeviceMarks> total_;
};

}  // namespace signflip::device

#include "backend/cuda/training_batch.h"
