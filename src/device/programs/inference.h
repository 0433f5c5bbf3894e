// Model on an executor: weights that stay on the device, and what can be asked of them.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "device/device.h"
#include "device/programs/crafter.h"
#include "device/programs/flow.h"
#include "device/programs/weights.h"

namespace signflip::device {

/// Error where an array of `capacity` images would not fit: index arithmetic is in 32 bits.
inline Status check_capacity(const Plan& plan, std::size_t capacity) {
  std::size_t largest = plan.input.size();
  for (const PlanLayer& layer : plan.layers) {
    largest = std::max({largest, layer.in.size(), layer.out.size()});
  }
  if (plan.classes < 2)
    return Error{"a network with fewer than 2 classes does not run on a device"};
  if (capacity > 0 && largest < (std::size_t{1} << 31) / capacity) return {};
  return Error{"a batch of " + std::to_string(capacity) + " images of this network has " +
               std::to_string(largest) +
               " values per image in its largest layer, which is more than "
               "a device's kernels can count: use a smaller batch size"};
}

/// The folded weights, and what folds them.
template <class Executor>
class FoldedWeights {
 public:
  FoldedWeights(Executor& executor, const Plan& plan)
      : executor_(executor), size_(plan.parameters) {
    const auto ranges = fold_ranges(plan, make_stages(plan, false));
    count_ = static_cast<int>(ranges.size());
    ranges_ = executor.template allocate<FoldRange>(ranges.size());
    folded_ = executor.template allocate<float>(plan.parameters);
    executor.upload(ranges.data(), ranges_.data(), ranges.size());
  }
  void fold(const float* parameters, const float* statistics) {
    executor_.for_each(static_cast<std::int64_t>(size_),
                       FoldWeights{ranges_.data(), count_, parameters, statistics, folded_.data()});
  }
  const float* data() const { return folded_.data(); }

 private:
  Executor& executor_;
  std::size_t size_;
  int count_ = 0;
  typename Executor::template Array<FoldRange> ranges_;
  typename Executor::template Array<float> folded_;
};

template <class Executor>
class ExecutorModel final : public Model {
 public:
  template <class T>
  using Array = typename Executor::template Array<T>;

  ExecutorModel(Executor& executor, const Plan& plan, std::size_t capacity, bool fuse)
      : executor_(executor),
        plan_(plan),
        flow_(executor, plan, capacity, false),
        folded_(executor, plan),
        crafter_(executor, plan, flow_),
        parameters_(executor.template allocate<float>(plan.parameters)),
        statistics_(executor.template allocate<float>(plan.statistics)),
        images_(executor.template allocate<float>(capacity * plan.input.size())),
        adversarial_(executor.template allocate<float>(capacity * plan.input.size())),
        labels_(executor.template allocate<int>(capacity)),
        targets_(executor.template allocate<int>(capacity)),
        numbers_(executor.template allocate<std::size_t>(capacity)),
        scalars_(executor.template allocate<AttackScalars>(1)),
        verdicts_(executor.template allocate<Verdict>(capacity)) {
    if (!fuse) crafter_.forbid_fusing();
  }

  std::size_t capacity() const override { return flow_.capacity(); }
  bool fuses(const Climb& climb) const override { return crafter_.fuses(climb); }

  Status set_weights(std::span<const float> parameters,
                     std::span<const float> statistics) override {
    executor_.upload(parameters.data(), parameters_.data(), parameters.size());
    executor_.upload(statistics.data(), statistics_.data(), statistics.size());
    folded_.fold(parameters_.data(), statistics_.data());
    return executor_.finish();
  }

  Status logits(std::span<const float> images, std::span<float> logits) override {
    const int count = send(images);
    flow_.take(images_.data(), count);
    flow_.forward(folded_.data(), count);
    executor_.download(flow_.logits(), logits.data(), logits.size());
    return executor_.finish();
  }

  Status gradient(std::span<const float> images, std::span<const float> dlogits,
                  std::span<float> logits, std::span<float> dimages) override {
    const int count = send(images);
    flow_.take(images_.data(), count);
    flow_.forward(folded_.data(), count);
    executor_.download(flow_.logits(), logits.data(), logits.size());
    executor_.upload(dlogits.data(), flow_.dlogits(), dlogits.size());
    flow_.backward(folded_.data(), count, nullptr, adversarial_.data());
    executor_.download(adversarial_.data(), dimages.data(), dimages.size());
    return executor_.finish();
  }

  Status craft(const Climb& climb, const AttackBatch& batch, std::span<float> adversarial,
               std::span<Verdict> verdicts) override {
    AttackView view;
    view.count = send(batch.images);
    view.size = static_cast<int>(plan_.input.size());
    view.classes = plan_.classes;
    view.clean = images_.data();
    view.labels = labels_.data();
    view.targets = batch.targets.empty() ? nullptr : targets_.data();
    view.numbers = numbers_.data();
    view.scalars = scalars_.data();
    const AttackScalars scalars{batch.epsilon, batch.seed, batch.first_draw};
    executor_.upload(batch.labels.data(), labels_.data(), batch.labels.size());
    executor_.upload(batch.targets.data(), targets_.data(), batch.targets.size());
    executor_.upload(batch.numbers.data(), numbers_.data(), batch.numbers.size());
    executor_.upload(&scalars, scalars_.data(), 1);
    crafter_.prepare(climb);
    // The launches of full batches, which repeat, are recorded once.
    const Key key{view.count, view.targets != nullptr, climb};
    auto found = recorded_.find(key);
    if (found == recorded_.end()) {
      if (recorded_.size() >= kMostRecordings) recorded_.clear();
      found =
          recorded_
              .emplace(key, executor_.record([&] {
                crafter_.craft(climb, view, folded_.data(), adversarial_.data(), verdicts_.data());
              }))
              .first;
      if (found->second.empty()) {  // the device failed: do not keep it
        recorded_.erase(found);
        return executor_.finish();
      }
    }
    executor_.replay(found->second);
    executor_.download(adversarial_.data(), adversarial.data(), adversarial.size());
    executor_.download(verdicts_.data(), verdicts.data(), verdicts.size());
    return executor_.finish();
  }

 private:
  static constexpr std::size_t kMostRecordings = 8;

  /// What a recorded attack depends on.
  using Key = std::tuple<int, bool, Climb>;

  int send(std::span<const float> images) {
    executor_.upload(images.data(), images_.data(), images.size());
    return static_cast<int>(images.size() / plan_.input.size());
  }

  Executor& executor_;
  const Plan plan_;
  Flow<Executor> flow_;
  FoldedWeights<Executor> folded_;
  Crafter<Executor> crafter_;
  Array<float> parameters_, statistics_, images_, adversarial_;
  Array<int> labels_, targets_;
  Array<std::size_t> numbers_;
  Array<AttackScalars> scalars_;
  Array<Verdict> verdicts_;
  std::map<Key, typename Executor::Recording> recorded_;
};

}  // namespace signflip::device
