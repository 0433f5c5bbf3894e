// One change for many images, found by gradient ascent on minibatches: a universal perturbation
// (universal.h) or a patch (patch.h). Not in the catalogue: those attacks find a change for each
// image on its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/differentiable_model.h"
#include "core/progress.h"
#include "core/result.h"
#include "core/rng.h"
#include "core/tensor.h"
#include "core/thread_pool.h"

namespace signflip {

/// What the same values do to every image.
class SharedChange {
 public:
  virtual ~SharedChange() = default;

  virtual std::span<const float> values() const = 0;
  /// The changed image; `place` is where random numbers come from, if it takes any.
  virtual void apply(std::span<const float> clean, Rng place, std::span<float> image) const = 0;
  /// sum += (∂image/∂values)ᵀ·dimage of apply() with the same `place`.
  virtual void add_gradient(Rng place, std::span<const float> dimage,
                            std::span<double> sum) const = 0;
  /// A step along the gradient of what is climbed, then back to the values that are allowed.
  virtual void ascend(std::span<const double> gradient) = 0;
};

/// A change to learn, and one of the same kind that nothing was learnt for: what it must be better
/// than.
struct SharedChanges {
  std::unique_ptr<SharedChange> learnt, random;
};

struct SharedRequest {
  int epochs = 5;                  ///< how often each image is seen
  std::size_t batch = 64;          ///< images per step
  std::optional<int> target = {};  ///< the class to reach; else away from the classes
  std::uint64_t seed = 0;          ///< of the order of the images and of places
};

/// Untargeted, an image's cross-entropy counts up to here, so that no image is driven further and
/// further at the cost of others (Shafahi et al. 2020, arXiv:1811.11304).
inline constexpr float kLossCap = 9.0F;

/// Of one epoch, measured on the way, before each step.
struct SharedEpoch {
  double loss = 0;  ///< mean of what is climbed: capped cross-entropy, or minus that of the target
  double fooled = 0;  ///< fraction, see FoolingFigures
};

/// Changes `change` so that the model takes other classes for the images (N×H×W×C, in the box) than
/// `classes`, which are those that it takes the clean ones for, or the target. Progress counts
/// images. The same seed gives the same values whatever the number of threads. Error if the
/// arguments do not fit or `progress` stopped the run.
Result<std::vector<SharedEpoch>> learn_shared(const DifferentiableModel& model,
                                              const SharedRequest& request, const Tensor& images,
                                              std::span<const int> classes, SharedChange& change,
                                              ThreadPool& pool, const Progress& progress = {});

/// The classes that the model takes changed images for; kNoClass where its logits are no numbers.
/// Where the change lies is drawn by `seed`, other places than while learning.
std::vector<int> classes_under(const DifferentiableModel& model, const SharedChange& change,
                               std::uint64_t seed, const Tensor& images, ThreadPool& pool);

/// The images as classes_under() changes them with the same `seed`.
Tensor changed_images(const SharedChange& change, std::uint64_t seed, const Tensor& images);

/// How many images were fooled: their class is another than that of the clean image, or it is the
/// target. Images whose clean class is the target already are left out.
struct FoolingFigures {
  std::size_t count = 0, fooled = 0;
  double rate() const {
    return count == 0 ? 0 : static_cast<double>(fooled) / static_cast<double>(count);
  }
};
FoolingFigures fooling(std::span<const int> clean, std::span<const int> changed,
                       std::optional<int> target);

}  // namespace signflip
