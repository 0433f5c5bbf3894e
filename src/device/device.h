// The second backend's seam: a device (a CUDA card) that keeps weights and data set in its own
// memory and runs whole attacks and whole training steps there. Coarser than the table of ops.h,
// because each launch and each copy costs. No CUDA header is needed to use
// it; a build without CUDA links no_cuda.cpp, whose find_cuda_device() returns an error.
//
// A network comes as data (Plan); plan.h makes one of a Sequential. Images are
// N×H×W×C with pixels in [0,1]; gradients and weights are laid out as in nn/sequential.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attack/climb.h"
#include "backend/shapes.h"
#include "core/exact/augmentation.h"
#include "core/exact/objective.h"
#include "core/loss_sums.h"
#include "core/result.h"

namespace signflip::device {

/// One layer of nn/layers.h, with its place in the network.
struct PlanLayer {
  enum class Kind {
    conv2d,
    dense,
    batchnorm2d,
    relu,
    maxpool2d,
    dropout,
    flatten,
    upsample2d,
    sigmoid
  };
  Kind kind = Kind::relu;
  ImageShape in, out;
  Size2 kernel, stride;  ///< conv2d, maxpool2d; upsample2d's scale is its stride
  Size2 padding{0, 0};
  float rate = 0;          ///< dropout
  float epsilon = 0;       ///< batchnorm2d
  std::size_t weight = 0;  ///< offset of the weight matrix in the parameters, its bias follows
  std::size_t bias = 0;
  std::size_t statistics = 0;  ///< batchnorm2d: offset of running means, then variances
};

struct Plan {
  ImageShape input;
  int classes = 0;
  std::vector<PlanLayer> layers;
  std::size_t parameters = 0, statistics = 0;
  std::vector<float> scale, shift;  ///< input normalisation per channel; empty: none
};

/// What an attack works on. Image i draws its random numbers from (seed, numbers[i]), from the
/// draw `first_draw` on: a restart goes on where the one before ended.
struct AttackBatch {
  std::span<const float> images;
  std::span<const int> labels;
  std::span<const int> targets;  ///< empty: untargeted
  std::span<const std::size_t> numbers;
  std::uint64_t seed = 0;
  std::uint64_t first_draw = 0;
  double epsilon = 0;
};

/// A network whose weights stay on the device, at inference.
class Model {
 public:
  virtual ~Model() = default;
  virtual std::size_t capacity() const = 0;
  virtual Status set_weights(std::span<const float> parameters,
                             std::span<const float> statistics) = 0;
  /// Logits N×K of at most capacity() images.
  virtual Status logits(std::span<const float> images, std::span<float> logits) = 0;
  /// Logits and Jᵀ·dlogits, which is dimages.
  virtual Status gradient(std::span<const float> images, std::span<const float> dlogits,
                          std::span<float> logits, std::span<float> dimages) = 0;
  /// Attacks at most capacity() images.
  virtual Status craft(const Climb& attack, const AttackBatch& batch, std::span<float> adversarial,
                       std::span<Verdict> verdicts) = 0;
  /// Whether craft() will run the whole attack in one launch, activations in shared memory.
  virtual bool fuses(const Climb& attack) const = 0;
};

/// The classifier that a denoiser is trained for; it does not change.
struct FixedClassifier {
  Plan plan;
  std::span<const float> parameters, statistics;  ///< read when the training is made
};

/// What does not change in a training run.
struct TrainingSettings {
  /// What the network sees of each training image, as in train/classifier_method.cpp.
  enum class Input { clean, attacked, both, trades };
  enum class Optimiser { sgd, adam, adamw };
  Input input = Input::clean;
  std::size_t sources = 0;  ///< training images of a batch
  std::size_t shard = 0;    ///< sources of a shard, at most: batch norm takes its statistics there
  float beta = 0;           ///< TRADES
  /// Certified training (train/interval_training.h), with the inputs clean and attacked, of
  /// networks that end in a dense layer. The plain loss has the share κ when ε has its full value.
  bool bounds = false;
  double kappa = 1, epsilon = 0;
  /// A denoiser (train/denoiser_method.h), with attacked inputs: the plan makes images, and
  /// attacks see the classifier alone. Guidance is the weight of the classifier's loss.
  std::optional<FixedClassifier> classifier;
  float guidance = 0;
  float label_smoothing = 0;
  Optimiser optimiser = Optimiser::adam;
  float momentum = 0, beta1 = 0, beta2 = 0, optimiser_epsilon = 0, weight_decay = 0;
  float clip = 0;        ///< largest L2 norm of a step's gradient; 0: any
  bool average = false;  ///< whether an average of the weights is kept
  std::uint64_t seed = 0;
  Augmentation augmentation;
};

/// The data set, as bytes N×H×W×C and labels.
struct TrainingImages {
  std::span<const std::uint8_t> pixels;
  std::span<const int> labels;
};

/// What changes from step to step.
struct TrainingStep {
  double epsilon = 0;
  float learning_rate = 0;
  float first_correction = 1, second_correction = 1;  ///< Adam's 1/(1−βᵗ)
  float average_decay = 0;
  float gradient_scale = 0;  ///< of each image's loss gradient
};

/// What changes from epoch to epoch. Streams: the number of an image or of a place in the epoch,
/// times 16, is added.
struct TrainingEpoch {
  std::span<const std::uint32_t> order;  ///< training images, batch after batch
  std::span<const TrainingStep> steps;   ///< one per batch
  Climb attack;
  std::uint64_t attack_seed = 0, augmentation_stream = 0, dropout_stream = 0;
  bool number_by_place = false;  ///< augmentation numbers images by their place in the epoch
  /// Where not empty, what is learned from, as it is, instead of the data set's augmented images.
  std::span<const std::uint8_t> pixels = {};
};

/// Everything that training changes; averages of the parameters, then of the statistics.
struct TrainingState {
  std::span<float> parameters, statistics, first_moment, second_moment, average;
};

/// A training run on the device: batches run without copies to the host in between.
class TrainingRun {
 public:
  virtual ~TrainingRun() = default;
  virtual Status upload(const TrainingState& state) = 0;
  virtual Status download(const TrainingState& state) = 0;
  virtual Status begin_epoch(const TrainingEpoch& epoch) = 0;
  /// Starts the next `batches` of the epoch; does not wait for them.
  virtual Status run(std::size_t batches) = 0;
  /// Of the images trained on since begin_epoch(). Waits for the batches.
  virtual Result<LossSums> loss_sums() = 0;
  /// How many of these training images the averaged weights (else the weights) classify correctly
  /// after the attack within epsilon; without one, clean. Not of denoisers.
  virtual Result<std::size_t> count_correct(std::span<const std::uint32_t> images,
                                            const Climb* attack, double epsilon) = 0;
};

class Device {
 public:
  virtual ~Device() = default;
  /// "NVIDIA H100 80GB HBM3, compute capability 9.0".
  virtual std::string name() const = 0;
  /// For at most `capacity` images at a time; `fuse`: attacks in one launch where they fit. Error
  /// where the plan is too large.
  virtual Result<std::unique_ptr<Model>> new_model(const Plan& plan, std::size_t capacity,
                                                   bool fuse = true) = 0;
  virtual Result<std::unique_ptr<TrainingRun>> new_training(const Plan& plan,
                                                            const TrainingSettings& settings,
                                                            const TrainingImages& images) = 0;
};

/// The CUDA device 0, or an error that says why there is none.
Result<std::unique_ptr<Device>> find_cuda_device();

}  // namespace signflip::device
