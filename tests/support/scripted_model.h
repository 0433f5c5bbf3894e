// A model whose logits a test writes itself, and which keeps all images that it is asked about. For
// one thread; without gradients.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "core/differentiable_model.h"

namespace signflip::test {

class ScriptedModel final : public DifferentiableModel {
 public:
  /// logits(image, number): of the `number`-th image, counted from 0.
  using Script =
      std::function<std::vector<float>(std::span<const float> image, std::size_t number)>;

  ScriptedModel(ImageShape shape, int classes, Script script)
      : shape_(shape), classes_(classes), script_(std::move(script)) {}

  ImageShape input_shape() const override { return shape_; }
  int classes() const override { return classes_; }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override {
    return std::make_unique<ScriptedPass>(*this, capacity);
  }

  mutable std::vector<std::vector<float>> seen;

 private:
  class ScriptedPass final : public Pass {
   public:
    ScriptedPass(const ScriptedModel& model, std::size_t capacity)
        : model_(model), capacity_(capacity) {}
    std::size_t classes() const override { return static_cast<std::size_t>(model_.classes_); }
    std::size_t capacity() const override { return capacity_; }

   protected:
    std::span<const float> compute_forward(std::span<const float> images,
                                           std::size_t count) override {
      const std::size_t size = model_.shape_.size();
      logits_.clear();
      for (std::size_t i = 0; i < count; ++i) {
        const auto image = images.subspan(i * size, size);
        const std::vector<float> logits = model_.script_(image, model_.seen.size());
        logits_.insert(logits_.end(), logits.begin(), logits.end());
        model_.seen.emplace_back(image.begin(), image.end());
      }
      return logits_;
    }
    void compute_input_gradient(std::span<const float>, std::span<float> dx) override {
      std::fill(dx.begin(), dx.end(), 0.0F);
    }

   private:
    const ScriptedModel& model_;
    std::size_t capacity_;
    std::vector<float> logits_;
  };

  ImageShape shape_;
  int classes_;
  Script script_;
};

}  // namespace signflip::test
