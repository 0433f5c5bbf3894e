// DenoisedModel.
#include "defence/denoised_model.h"

#include <vector>

#include "core/concat.h"
#include "nn/inference.h"

namespace signflip {
namespace {

class DenoisedPass final : public Pass {
 public:
  DenoisedPass(const Sequential& denoiser, std::unique_ptr<Pass> classifier, std::size_t capacity)
      : denoiser_(denoiser),
        activations_(denoiser, capacity),
        classifier_(std::move(classifier)),
        gradient_(capacity * denoiser.input_shape().size()) {}

  std::size_t classes() const override { return classifier_->classes(); }
  std::size_t capacity() const override { return activations_.capacity(); }

 protected:
  std::span<const float> compute_forward(std::span<const float> images,
                                         std::size_t count) override {
    count_ = count;
    return classifier_->forward(signflip::forward(denoiser_, images, count, activations_), count);
  }
  void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
    const auto middle = std::span(gradient_).first(count_ * denoiser_.input_shape().size());
    classifier_->input_gradient(dlogits, middle);
    signflip::input_gradient(denoiser_, middle, count_, activations_, dx);
  }

 private:
  const Sequential& denoiser_;
  Activations activations_;
  std::unique_ptr<Pass> classifier_;
  std::vector<float> gradient_;
  std::size_t count_ = 0;
};

}  // namespace

std::unique_ptr<Pass> DenoisedModel::new_pass(std::size_t capacity) const {
  return std::make_unique<DenoisedPass>(denoiser_, classifier_.new_pass(capacity), capacity);
}

Status check_denoiser(const Sequential& denoiser, const DifferentiableModel& classifier) {
  if (denoiser.input_shape() != denoiser.output_shape()) {
    return Error{concat("a denoiser's output must have its input's shape, but this model maps ",
                        to_string(denoiser.input_shape()), " to ",
                        to_string(denoiser.output_shape()))};
  }
  if (denoiser.input_shape() != classifier.input_shape()) {
    return Error{concat("the denoiser works on images of ", to_string(denoiser.input_shape()),
                        ", the classifier on ", to_string(classifier.input_shape()))};
  }
  return {};
}

}  // namespace signflip
