// Runs an attack on any number of images and judges the result. The runner, not the attack, checks
// the input, cuts it into shards, keeps the budget, re-classifies, measures and counts; so these
// mean the same for every attack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "attack/catalog.h"
#include "attack/parameters.h"
#include "attack/shard.h"
#include "core/differentiable_model.h"
#include "core/progress.h"
#include "core/result.h"
#include "core/tensor.h"
#include "core/thread_pool.h"

namespace signflip {

struct AttackRequest {
  const AttackEntry* attack = nullptr;
  Parameters parameters;
  std::uint64_t seed = 0;
  /// The first image's number in a longer run: a data set attacked in pieces gives the same bytes
  /// as in one go. Random numbers depend on the seed and the image's number only.
  std::size_t first_image = 0;
  /// Sees the iterates of attacks that have some (fixed budget, gradient-based); may be empty.
  Observer observer = {};
  /// Fills in what was crafted elsewhere, on a device, instead of running the attack; mostly empty.
  std::function<void(Shard&)> crafted = {};
  /// False: the images are only crafted, for callers that judge them with another model.
  /// For one step of FGSM judging takes as long as crafting.
  bool judge = true;
};

/// One value per image unless noted. N images, K classes. Without judging, what a model says of the
/// final images is empty: predicted, predicted_8bit, success, loss, logits.
struct AttackOutcome {
  Tensor adversarial;          ///< N×H×W×C, in the box; fixed budget: within epsilon, strictly
  std::vector<int> predicted;  ///< class of the final image, by the judging model; or kNoClass
  std::vector<int> predicted_8bit;    ///< of a written picture, see attack/written_image.h
  std::vector<std::uint8_t> success;  ///< 1: predicted ≠ label; targeted: predicted = target
  std::vector<float> l0;              ///< pixels (positions, all channels together) that changed
  std::vector<float> l2;              ///< Euclidean length of the change
  std::vector<float> linf;            ///< largest change of a value
  std::vector<float> loss;            ///< cross-entropy of the true label at the final image
  std::vector<float> logits;          ///< N×K at the final image, by the judging model
  std::size_t gradients = 0;          ///< images sent backward by the attack, in all
  std::size_t queries = 0;            ///< images sent forward by the attack; judging not counted
  double seconds = 0;                 ///< wall clock; filled in by the caller
};

/// Progress counts in hundredths of an image, so that one image under a slow attack moves the bar.
inline constexpr std::size_t kProgressPerImage = 100;
/// Images per forward pass of the model.
inline constexpr std::size_t kShardSize = 16;

/// The error that run_attack() would return for its arguments, if any.
Status check_attack(const DifferentiableModel& crafted_on, const DifferentiableModel& judged_on,
                    const AttackRequest& request, const Tensor& images, std::span<const int> labels,
                    std::span<const int> targets);

/// Attacks `images` (N×H×W×C, pixels finite and in [0,1]). `crafted_on` is what the attack sees,
/// `judged_on` what re-classifies: the same model, or another for transfer and gray-box; same input
/// shape and classes. `targets` empty: untargeted. The same seed gives the same bytes whatever the
/// number of threads. Error if the arguments do not fit or `progress` stopped the run.
Result<AttackOutcome> run_attack(const DifferentiableModel& crafted_on,
                                 const DifferentiableModel& judged_on, const AttackRequest& request,
                                 const Tensor& images, std::span<const int> labels,
                                 std::span<const int> targets, ThreadPool& pool,
                                 const Progress& progress = {});

}  // namespace signflip
