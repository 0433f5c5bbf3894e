// Input transforms: what is done to an image before a classifier sees it, without weights. As
// defences they are here to be tested, not to be trusted.
//
// A TransformedModel answers with the true transform. Its gradient is the transform's own where it
// has one, or counts the transform as the identity (backward pass differentiable approximation,
// BPDA; Athalye, Carlini and Wagner 2018, arXiv:1802.00420), so every attack on it is adaptive. The
// gray-box attack is one crafted on the classifier alone.
#pragma once

#include <string_view>

#include "core/differentiable_model.h"
#include "core/result.h"

namespace signflip {

enum class TransformKind {
  bit_depth,  ///< round each value to 2^strength levels (Xu, Evans and Qi 2018), strength 1 … 8
  median,     ///< median of a strength×strength window, borders repeated; strength odd, 3 … 9
  blur,       ///< Gaussian of deviation `strength` pixels, 0.1 … 8, borders repeated
  jpeg,       ///< compressed with quality `strength`, 1 … 100 (jpeg.h); 1 or 3 channels
};

enum class TransformGradient {
  identity,  ///< BPDA
  own,       ///< blur's is exact; JPEG's is that of jpeg_smooth(); the others have none
};

struct InputTransform {
  TransformKind kind = TransformKind::bit_depth;
  double strength = 1;
  TransformGradient gradient = TransformGradient::identity;

  /// Changes one image H×W×C in [0,1]; the spans must not overlap.
  void apply(ImageShape shape, std::span<const float> image, std::span<float> to) const;
  /// dx = Jᵀ·dy at `image`, by `gradient`; the spans must not overlap.
  void input_gradient(ImageShape shape, std::span<const float> image, std::span<const float> dy,
                      std::span<float> dx) const;
};

/// "bits:3", "median:3", "blur:1.5" or "jpeg:75", with its own gradient where it has one, else the
/// identity's. Measured on gtsrb-standard, PGD with 20 steps, 4/255, 100 images, jpeg:50: its own
/// leaves 36% right, the identity's 60%, an attack that ignores JPEG 68%.
Result<InputTransform> transform_from_text(std::string_view text);

/// "identity" or "own". Error where the transform has none of its own.
Result<TransformGradient> gradient_from_text(std::string_view text, TransformKind kind);

/// "identity" or "own".
std::string_view gradient_name(TransformGradient gradient);

/// An error where the transform cannot be applied to images of this shape.
Status check_transform(const InputTransform& transform, ImageShape shape);

class TransformedModel final : public DifferentiableModel {
 public:
  /// `classifier` must outlive this, and take images that pass check_transform().
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
