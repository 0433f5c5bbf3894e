// Bit-depth reduction and median smoothing, and BPDA through them.
#include "defence/input_transform.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/concat.h"

namespace signflip {
namespace {

constexpr int kMaximumBits = 8;
constexpr int kMaximumWindow = 9;

class TransformedPass final : public Pass {
 public:
  TransformedPass(InputTransform transform, ImageShape shape, std::unique_ptr<Pass> classifier)
      : transform_(transform),
        shape_(shape),
        classifier_(std::move(classifier)),
        images_(classifier_->capacity() * shape.size()) {}

  std::size_t classes() const override { return classifier_->classes(); }
  std::size_t capacity() const override { return classifier_->capacity(); }

 protected:
  std::span<const float> compute_forward(std::span<const float> images,
                                         std::size_t count) override {
    const std::size_t size = shape_.size();
    for (std::size_t n = 0; n < count; ++n) {
      transform_.apply(shape_, images.subspan(n * size, size),
                       std::span(images_).subspan(n * size, size));
    }
    return classifier_->forward(std::span<const float>(images_).first(count * size), count);
  }
  void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
    classifier_->input_gradient(dlogits, dx);  // BPDA: the transform counts as the identity
  }

 private:
  InputTransform transform_;
  ImageShape shape_;
  std::unique_ptr<Pass> classifier_;
  std::vector<float> images_;
};

float median_around(ImageShape shape, std::span<const float> image, int row, int column,
                    int channel, int radius) {
  float window[kMaximumWindow * kMaximumWindow];
  std::size_t count = 0;
  for (int h = row - radius; h <= row + radius; ++h) {
    for (int w = column - radius; w <= column + radius; ++w) {
      const int y = std::clamp(h, 0, shape.height - 1), x = std::clamp(w, 0, shape.width - 1);
      window[count++] =
          image[static_cast<std::size_t>((y * shape.width + x) * shape.channels + channel)];
    }
  }
  std::nth_element(window, window + count / 2, window + count);
  return window[count / 2];
}

}  // namespace

void InputTransform::apply(ImageShape shape, std::span<const float> image,
                           std::span<float> to) const {
  if (kind == TransformKind::bit_depth) {
    const auto levels = static_cast<float>((1 << strength) - 1);
    for (std::size_t i = 0; i < image.size(); ++i) to[i] = std::round(image[i] * levels) / levels;
    return;
  }
  std::size_t at = 0;
  for (int h = 0; h < shape.height; ++h) {
    for (int w = 0; w < shape.width; ++w) {
      for (int c = 0; c < shape.channels; ++c) {
        to[at++] = median_around(shape, image, h, w, c, strength / 2);
      }
    }
  }
}

Result<InputTransform> transform_from_text(std::string_view text) {
  const Error error{concat("a transform is '", text, "', expected bits:1 to bits:", kMaximumBits,
                           " or median:3 to median:", kMaximumWindow, " (odd)")};
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return error;
  const auto strength = parse_decimal(text.substr(colon + 1));
  if (!strength || *strength != std::floor(*strength)) return error;
  const auto range = [&](double low, double high) { return *strength >= low && *strength <= high; };
  if (text.substr(0, colon) == "bits" && range(1, kMaximumBits)) {
    return InputTransform{TransformKind::bit_depth, static_cast<int>(*strength)};
  }
  if (text.substr(0, colon) == "median" && range(3, kMaximumWindow) &&
      static_cast<int>(*strength) % 2 == 1) {
    return InputTransform{TransformKind::median, static_cast<int>(*strength)};
  }
  return error;
}

std::unique_ptr<Pass> TransformedModel::new_pass(std::size_t capacity) const {
  return std::make_unique<TransformedPass>(transform_, input_shape(),
                                           classifier_.new_pass(capacity));
}

}  // namespace signflip
