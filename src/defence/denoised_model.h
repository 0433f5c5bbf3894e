// A denoiser in front of a classifier, as one more model behind the attack seam: gradients run
// through both, so every attack on it is adaptive. A gray-box attack is one crafted on the
// classifier alone and judged on this.
#pragma once

#include "core/differentiable_model.h"
#include "nn/sequential.h"

namespace signflip {

class DenoisedModel final : public DifferentiableModel {
 public:
  /// `denoiser` maps images to images of the same shape in [0,1]; both must outlive this.
  DenoisedModel(const Sequential& denoiser, const DifferentiableModel& classifier)
      : denoiser_(denoiser), classifier_(classifier) {}

  ImageShape input_shape() const override { return denoiser_.input_shape(); }
  int classes() const override { return classifier_.classes(); }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override;

 private:
  const Sequential& denoiser_;
  const DifferentiableModel& classifier_;
};

/// Error unless `denoiser` makes images that `classifier` takes.
Status check_denoiser(const Sequential& denoiser, const DifferentiableModel& classifier);

}  // namespace signflip
