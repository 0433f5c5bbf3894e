// What an attack works on: a few images on one thread, the pass through which it may ask the model,
// and the goal of each image. An attack sees nothing else, so what it does to an image cannot
// depend on the number of threads; it must not let it depend on the other images of the shard
// either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "attack/logits.h"
#include "attack/parameters.h"
#include "core/differentiable_model.h"
#include "core/exact/objective.h"
#include "core/rng.h"
#include "core/rows.h"
#include "core/tensor.h"

namespace signflip {

/// Called with the iterates of an attack: the image's number in the run, the step (0 is where it
/// starts), the cross-entropy of the true label there, and the iterate, valid during the call. From
/// the thread that works on the image, so several at once where the pool has several threads.
using Observer =
    std::function<void(std::size_t image, int step, float loss, std::span<const float> iterate)>;

/// Reports to the runner which fraction of a shard is done, and asks whether to go on.
class Ticker {
 public:
  Ticker() = default;
  explicit Ticker(const std::function<bool(double)>* tell) : tell_(tell) {}

  /// False: stop as soon as convenient; the result will be thrown away.
  bool tick(double fraction) const {
    return tell_ == nullptr || (*tell_)(from_ + (to_ - from_) * fraction);
  }
  /// A ticker whose 0 … 1 is from … to of this one's, for attacks made of attacks.
  Ticker part(double from, double to) const {
    Ticker inner(tell_);
    inner.from_ = from_ + (to_ - from_) * from;
    inner.to_ = from_ + (to_ - from_) * to;
    return inner;
  }

 private:
  const std::function<bool(double)>* tell_ = nullptr;
  double from_ = 0, to_ = 1;
};

struct Shard {
  Pass& pass;                    ///< capacity() ≥ count
  const Parameters& parameters;  ///< those of the attack that runs
  ImageShape shape;
  Bounds bounds;
  std::size_t count;
  Rows<const float> clean;               ///< one image per row, H·W·C values
  std::span<const int> labels;           ///< count
  std::span<const int> targets;          ///< count, or empty: untargeted
  std::span<const std::size_t> numbers;  ///< each image's number in the whole run
  std::uint64_t seed;
  Rows<float> adversarial;  ///< comes in as the clean images, goes out as the answer
  Ticker ticker = {};
  const Observer* observer = nullptr;
  /// Whether the model that is attacked is the one that judges: not in a transfer or a gray box,
  /// where an image that it misreads as it is has not succeeded yet.
  bool decides = true;

  std::size_t image_size() const { return shape.size(); }
  std::size_t classes() const { return pass.classes(); }
  bool targeted() const { return !targets.empty(); }
  Goal goal(std::size_t i) const { return {labels[i], targeted() ? targets[i] : -1}; }

  /// The image's own stream of random numbers, from its beginning.
  Rng rng(std::size_t i) const { return Rng(seed, numbers[i]); }

  /// The same shard for another attack with parameters of its own.
  Shard with(const Parameters& others) const {
    return {pass,    others,  shape, bounds,      count,  clean,    labels,
            targets, numbers, seed,  adversarial, ticker, observer, decides};
  }

  bool tick(double fraction) const { return ticker.tick(fraction); }

  void observe(std::size_t i, int step, std::span<const float> logits,
               std::span<const float> iterate) const {
    if (observer != nullptr && *observer) {
      (*observer)(numbers[i], step, cross_entropy(logits, labels[i]), iterate);
    }
  }
};

}  // namespace signflip
