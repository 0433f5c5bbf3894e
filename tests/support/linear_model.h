// Toy models behind the attack seam, for tests that know the right answer: an affine classifier
// z = W·x + b, and a wrapper that counts what all its passes are asked.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/differentiable_model.h"
#include "core/rng.h"

namespace signflip::test {

/// z = W·x + b, with W classes × H·W·C, row-major. Sums are taken in double, in a fixed order.
class LinearModel final : public DifferentiableModel {
 public:
  LinearModel(ImageShape shape, std::vector<float> weight, std::vector<float> bias)
      : shape_(shape), weight_(std::move(weight)), bias_(std::move(bias)) {}

  /// Normal weights of the given deviation, biases from −1 to 1.
  static LinearModel random(ImageShape shape, int classes, float deviation, Rng& rng) {
    std::vector<float> weight(shape.size() * static_cast<std::size_t>(classes));
    std::vector<float> bias(static_cast<std::size_t>(classes));
    for (float& w : weight) w = deviation * rng.normal();
    for (float& b : bias) b = rng.uniform(-1, 1);
    return LinearModel(shape, std::move(weight), std::move(bias));
  }

  ImageShape input_shape() const override { return shape_; }
  int classes() const override { return static_cast<int>(bias_.size()); }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override {
    return std::make_unique<LinearPass>(*this, capacity);
  }

  std::span<const float> weight(std::size_t k) const {
    return std::span<const float>(weight_).subspan(k * shape_.size(), shape_.size());
  }
  float bias(std::size_t k) const { return bias_[k]; }

  double logit(std::size_t k, std::span<const float> x) const {
    double sum = bias_[k];
    const std::span<const float> w = weight(k);
    for (std::size_t j = 0; j < x.size(); ++j) {
      sum += static_cast<double>(w[j]) * static_cast<double>(x[j]);
    }
    return sum;
  }
  int predict(std::span<const float> x) const {
    int best = 0;
    for (int k = 1; k < classes(); ++k) {
      if (static_cast<float>(logit(static_cast<std::size_t>(k), x)) >
          static_cast<float>(logit(static_cast<std::size_t>(best), x))) {
        best = k;
      }
    }
    return best;
  }

 private:
  class LinearPass final : public Pass {
   public:
    LinearPass(const LinearModel& model, std::size_t capacity)
        : model_(model), capacity_(capacity), logits_(capacity * model.bias_.size()) {}
    std::size_t classes() const override { return model_.bias_.size(); }
    std::size_t capacity() const override { return capacity_; }

   protected:
    std::span<const float> compute_forward(std::span<const float> images,
                                           std::size_t count) override {
      const std::size_t size = model_.shape_.size();
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t k = 0; k < classes(); ++k) {
          logits_[i * classes() + k] =
              static_cast<float>(model_.logit(k, images.subspan(i * size, size)));
        }
      }
      return std::span<const float>(logits_).first(count * classes());
    }
    void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
      const std::size_t size = model_.shape_.size();
      for (std::size_t i = 0; i < dlogits.size() / classes(); ++i) {
        for (std::size_t j = 0; j < size; ++j) {
          double sum = 0;
          for (std::size_t k = 0; k < classes(); ++k) {
            sum += static_cast<double>(model_.weight(k)[j]) *
                   static_cast<double>(dlogits[i * classes() + k]);
          }
          dx[i * size + j] = static_cast<float>(sum);
        }
      }
    }

   private:
    const LinearModel& model_;
    std::size_t capacity_;
    std::vector<float> logits_;
  };

  ImageShape shape_;
  std::vector<float> weight_, bias_;
};

/// Another model, with the images counted that its passes send forward and backward.
class CountingModel final : public DifferentiableModel {
 public:
  explicit CountingModel(const DifferentiableModel& model) : model_(model) {}

  ImageShape input_shape() const override { return model_.input_shape(); }
  int classes() const override { return model_.classes(); }
  Bounds bounds() const override { return model_.bounds(); }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override {
    return std::make_unique<CountingPass>(*this, model_.new_pass(capacity));
  }

  std::size_t forwards() const { return forwards_; }
  std::size_t backwards() const { return backwards_; }

 private:
  class CountingPass final : public Pass {
   public:
    CountingPass(const CountingModel& model, std::unique_ptr<Pass> pass)
        : model_(model), pass_(std::move(pass)) {}
    std::size_t classes() const override { return pass_->classes(); }
    std::size_t capacity() const override { return pass_->capacity(); }

   protected:
    std::span<const float> compute_forward(std::span<const float> images,
                                           std::size_t count) override {
      model_.forwards_ += count;
      return pass_->forward(images, count);
    }
    void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
      model_.backwards_ += dlogits.size() / classes();
      pass_->input_gradient(dlogits, dx);
    }

   private:
    const CountingModel& model_;
    std::unique_ptr<Pass> pass_;
  };

  const DifferentiableModel& model_;
  mutable std::atomic<std::size_t> forwards_{0}, backwards_{0};
};

}  // namespace signflip::test
