// The attack seam: all that an attack may know of what it attacks. A network, a denoiser in front
// of a network and a linear toy in a test all stand behind it, so every attack is adaptive for
// free. Images come in as pixels in [0,1], N×H×W×C; the model itself normalises.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/tensor.h"

namespace signflip {

/// The box that every image, clean or adversarial, lies in.
struct Bounds {
  float low = 0.0F;
  float high = 1.0F;
};

/// What one thread asks of a model: logits of a few images, then gradients at those images.
/// Holds the activations of the last forward(), so that no point is computed twice. Not
/// thread-safe; take one Pass for each thread. Counts what it is asked, in images.
class Pass {
 public:
  virtual ~Pass() = default;

  /// The logits N×K of `count` images N×H×W×C; the span is valid until the next call.
  /// 1 ≤ count ≤ the capacity that the pass was made with.
  std::span<const float> forward(std::span<const float> images, std::size_t count) {
    queries_ += count;
    return compute_forward(images, count);
  }

  /// dx = Jᵀ·dlogits at the images of the last forward(): `dlogits` N×K in, `dx` N×H×W×C out.
  /// May be called several times after one forward().
  void input_gradient(std::span<const float> dlogits, std::span<float> dx) {
    gradients_ += dlogits.size() / classes();
    compute_input_gradient(dlogits, dx);
  }

  virtual std::size_t classes() const = 0;
  virtual std::size_t capacity() const = 0;

  /// Images sent forward and backward so far.
  std::size_t queries() const { return queries_; }
  std::size_t gradients() const { return gradients_; }

 protected:
  virtual std::span<const float> compute_forward(std::span<const float> images,
                                                 std::size_t count) = 0;
  virtual void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) = 0;

 private:
  std::size_t queries_ = 0;
  std::size_t gradients_ = 0;
};

/// A classifier that can be differentiated with respect to its input. Immutable while passes live.
class DifferentiableModel {
 public:
  virtual ~DifferentiableModel() = default;

  virtual ImageShape input_shape() const = 0;
  virtual int classes() const = 0;
  virtual Bounds bounds() const { return {}; }

  /// A pass for at most `capacity` images at a time. The model must outlive it.
  virtual std::unique_ptr<Pass> new_pass(std::size_t capacity) const = 0;
};

}  // namespace signflip
