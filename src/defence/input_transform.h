// Input transforms: what is done to an image before a classifier sees it, without weights and
// without a useful gradient. As defences they are here to be tested, not to be trusted.
//
// A TransformedModel answers with the true transform and differentiates it as if it were the
// identity (backward pass differentiable approximation, BPDA; Athalye, Carlini and Wagner 2018,
// arXiv:1802.00420), so every attack on it is adaptive. The gray-box attack is one crafted on the
// classifier alone.
#pragma once

#include <string_view>

#include "core/differentiable_model.h"
#include "core/result.h"

namespace signflip {

enum class TransformKind {
  bit_depth,  ///< round each value to 2^strength levels (Xu, Evans and Qi 2018), strength 1 … 8
  median,     ///< median of a strength×strength window, borders repeated; strength odd, 3 … 9
};

struct InputTransform {
  TransformKind kind = TransformKind::bit_depth;
  int strength = 1;

  /// Changes one image H×W×C in [0,1]; the spans must not overlap.
  void apply(ImageShape shape, std::span<const float> image, std::span<float> to) const;
};

/// "bits:3" or "median:3".
Result<InputTransform> transform_from_text(std::string_view text);

class TransformedModel final : public DifferentiableModel {
 public:
  /// `classifier` must outlive this.
  TransformedModel(InputTransform transform, const DifferentiableModel& classifier)
      : transform_(transform), classifier_(classifier) {}

  ImageShape input_shape() const override { return classifier_.input_shape(); }
  int classes() const override { return classifier_.classes(); }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override;

 private:
  InputTransform transform_;
  const DifferentiableModel& classifier_;
};

}  // namespace signflip
