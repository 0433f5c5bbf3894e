// The epoch loop: batches → (attack) → loss → gradients → optimiser, deterministic whatever the
// number of threads. Files are checkpoint.h's and the caller's business.
//
// A batch is cut into shards of at most kShard images. What is learned from a shard is the method's
// business (lesson.h); it leaves its gradient in a slot of its own, and slots are added up in
// order.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/thread_pool.h"
#include "data/dataset.h"
#include "device/device.h"
#include "train/config.h"
#include "train/lesson.h"

namespace signflip {

/// Figures of one finished epoch.
struct EpochReport {
  int epoch = 0;  ///< from 1
  double loss = 0.0;
  double train_accuracy = 0.0;  ///< on the images as trained: augmented, attacked, with dropout
  std::optional<double> validation_accuracy;
  std::optional<double> validation_robust_accuracy;
  double learning_rate = 0.0;  ///< at the end of the epoch
  double seconds = 0.0;
  /// The method undid the epoch (catastrophic overfitting): the weights are those before it.
  bool undone = false;
};

/// Where the current epoch stands.
struct TrainingProgress {
  int epoch = 0;
  std::size_t images_done = 0, images = 0;
  double loss = 0.0;
};

/// A device that runs the batches of a training instead of the CPU's threads.
struct DeviceCourse {
  std::unique_ptr<device::TrainingRun> training;
  /// What batches are attacked with, `steps` steps long where that is not 0.
  std::function<device::DeviceAttack(int steps)> attack;
  /// watching_attack() (validation.h) in a device's terms; empty: the method watches on the CPU.
  std::optional<device::DeviceAttack> watching;
};
/// Makes one, given the training images of a batch and, at most, of a shard (device_course.h), and
/// what a denoiser is trained for (else null).
using OpenCourse = std::function<Result<DeviceCourse>(
    const TrainingConfig&, const Sequential&, const Dataset&, std::size_t sources,
    std::size_t shard, const Sequential* classifier)>;

class Trainer {
 public:
  ~Trainer();
  Trainer(Trainer&&) noexcept;

  /// `network` holds the initial weights; `classifier` is what a denoiser is trained for. `data`
  /// and `classifier` must outlive the trainer. `open_course`: where batches run on a device.
  static Result<Trainer> create(TrainingConfig config, Sequential network, const Dataset& data,
                                ThreadPool& pool, const Sequential* classifier = nullptr,
                                const OpenCourse& open_course = {});

  /// Trains the next epoch. The callback is called after each batch; where it returns false, the
  /// epoch is abandoned and the result empty (the weights are then good for nothing but
  /// inspection). A device that fails ends the epoch likewise, and failure() says why. So does a
  /// loss or a weight that is no finite number; the weights are then those before the epoch.
  std::optional<EpochReport> train_epoch(
      const std::function<bool(const TrainingProgress&)>& progress);

  /// Why training cannot go on, where it cannot.
  const Status& failure() const;
  /// That is because a loss or a weight was no finite number.
  bool diverged() const;

  int epochs_done() const;
  bool finished() const { return epochs_done() >= config().epochs; }
  const TrainingConfig& config() const;
  const Dataset& data() const;
  /// The weights as they are trained, batch norm and all.
  const Sequential& network() const;

  /// The network to ship: averaged weights where averaging is on.
  Sequential result() const;

  // What a checkpoint must hold beside the configuration.
  struct Snapshot {
    int epochs_done;
    std::size_t steps;
    std::span<float> parameters, statistics, first_moment, second_moment, average, method;
  };
  Snapshot snapshot();
  /// After filling a snapshot's spans: continue from there.
  void restore(int epochs_done, std::size_t steps);

 private:
  struct Shard;
  struct State;

  explicit Trainer(std::unique_ptr<State> state);
  void make_shards();

  struct Step;    // where in the training a batch stands
  struct Memory;  // of what an epoch changes

  std::vector<std::uint32_t> draw_order() const;
  Step step_at(std::size_t batch, std::size_t batches, std::size_t sources) const;
  float learning_rate_at(const Step& step) const;
  float average_decay_at(std::size_t optimiser_step) const;
  /// The batches of an epoch; empty where it was abandoned.
  std::optional<Marks> run_batches(std::span<const std::uint32_t> order,
                                   const std::function<bool(const TrainingProgress&)>& progress);
  std::optional<Marks> run_batches_on_device(
      std::span<const std::uint32_t> order,
      const std::function<bool(const TrainingProgress&)>& progress);
  ValidationFigures validate(std::span<const std::uint32_t> images);
  /// Sends the weights and what belongs to them to the device.
  void send_to_device();
  bool on_device(const Status& status);
  void run_shard(Shard& shard, std::span<const std::uint32_t> sources, std::size_t first,
                 const Step& step);
  void apply_gradients(std::size_t shards_used, const Step& step);
  /// Asks the method whether the epoch did good; where not, goes back to `before`.
  bool keep_epoch(const Memory& before);
  Memory remember();
  void go_back(const Memory& before);
  /// Notes a divergence; false.
  bool diverge(const std::string& what, std::size_t images_done, std::size_t images);
  /// Whether `loss`, the epoch's so far, and the weights are finite numbers.
  bool still_finite(double loss, std::size_t images_done, std::size_t images);
  /// Whether all is that an epoch changes.
  bool memory_is_finite(std::size_t images);
  std::size_t sources_per_batch() const;

  std::unique_ptr<State> state_;
};

}  // namespace signflip
