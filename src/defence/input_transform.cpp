// Bit-depth reduction and median smoothing; the list of transforms, and gradients through them.
#include "defence/input_transform.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/concat.h"
#include "defence/blur.h"
#include "defence/jpeg.h"

namespace signflip {
namespace {

constexpr int kMaximumWindow = 9;

/// A transform's name in texts, and the strengths that it can have.
struct Entry {
  TransformKind kind;
  std::string_view name;
  double minimum, maximum;
  int step;                    ///< between strengths; 0: any number
  TransformGradient gradient;  ///< own where there is one: with it attacks find more
};
constexpr Entry kEntries[] = {
    {TransformKind::bit_depth, "bits", 1, 8, 1, TransformGradient::identity},
    {TransformKind::median, "median", 3, kMaximumWindow, 2, TransformGradient::identity},
    {TransformKind::blur, "blur", 0.1, 8, 0, TransformGradient::own},
    {TransformKind::jpeg, "jpeg", 1, 100, 1, TransformGradient::own},
};

/// "bits:1 to bits:8, median:3 to median:9 (odd), …"
std::string expected_texts() {
  std::string text;
  for (const Entry& entry : kEntries) {
    const bool last = &entry == std::end(kEntries) - 1;
    text += text.empty() ? "" : last ? " or " : ", ";
    text += concat(entry.name, ":", entry.minimum, " to ", entry.name, ":", entry.maximum,
                   entry.step == 2 ? " (odd)" : "");
  }
  return text;
}

class TransformedPass final : public Pass {
 public:
  TransformedPass(InputTransform transform, ImageShape shape, std::unique_ptr<Pass> classifier)
      : transform_(transform),
        shape_(shape),
        classifier_(std::move(classifier)),
        images_(classifier_->capacity() * shape.size()),
        transformed_(images_.size()),
        gradients_(images_.size()) {}

  std::size_t classes() const override { return classifier_->classes(); }
  std::size_t capacity() const override { return classifier_->capacity(); }

 protected:
  std::span<const float> compute_forward(std::span<const float> images,
                                         std::size_t count) override {
    const std::size_t size = shape_.size();
    std::copy(images.begin(), images.end(), images_.begin());
    for (std::size_t n = 0; n < count; ++n) {
      transform_.apply(shape_, images.subspan(n * size, size),
                       std::span(transformed_).subspan(n * size, size));
    }
    return classifier_->forward(std::span<const float>(transformed_).first(count * size), count);
  }
  void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
    const std::span<float> dy = std::span(gradients_).first(dx.size());
    classifier_->input_gradient(dlogits, dy);
    const std::size_t size = shape_.size();
    for (std::size_t at = 0; at < dx.size(); at += size) {
      transform_.input_gradient(shape_, std::span<const float>(images_).subspan(at, size),
                                dy.subspan(at, size), dx.subspan(at, size));
    }
  }

 private:
  InputTransform transform_;
  ImageShape shape_;
  std::unique_ptr<Pass> classifier_;
  std::vector<float> images_, transformed_, gradients_;
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

void median_filter(ImageShape shape, std::span<const float> image, int window,
                   std::span<float> to) {
  std::size_t at = 0;
  for (int h = 0; h < shape.height; ++h) {
    for (int w = 0; w < shape.width; ++w) {
      for (int c = 0; c < shape.channels; ++c) {
        to[at++] = median_around(shape, image, h, w, c, window / 2);
      }
    }
  }
}

void reduce_bits(std::span<const float> image, int bits, std::span<float> to) {
  const auto levels = static_cast<float>((1 << bits) - 1);
  for (std::size_t i = 0; i < image.size(); ++i) to[i] = std::round(image[i] * levels) / levels;
}

}  // namespace

void InputTransform::apply(ImageShape shape, std::span<const float> image,
                           std::span<float> to) const {
  switch (kind) {
    case TransformKind::bit_depth:
      return reduce_bits(image, static_cast<int>(strength), to);
    case TransformKind::median:
      return median_filter(shape, image, static_cast<int>(strength), to);
    case TransformKind::blur:
      return gaussian_blur(strength, shape, image, to);
    case TransformKind::jpeg:
      return jpeg_round_trip(static_cast<int>(strength), shape, image, to);
  }
}

void InputTransform::input_gradient(ImageShape shape, std::span<const float> image,
                                    std::span<const float> dy, std::span<float> dx) const {
  if (gradient == TransformGradient::own && kind == TransformKind::blur) {
    gaussian_blur_gradient(strength, shape, dy, dx);
  } else if (gradient == TransformGradient::own && kind == TransformKind::jpeg) {
    jpeg_smooth_gradient(static_cast<int>(strength), shape, image, dy, dx);
  } else {
    std::copy(dy.begin(), dy.end(), dx.begin());
  }
}

Result<InputTransform> transform_from_text(std::string_view text) {
  const std::size_t colon = text.find(':');
  for (const Entry& entry : kEntries) {
    if (colon == std::string_view::npos || text.substr(0, colon) != entry.name) continue;
    const auto strength = parse_decimal(text.substr(colon + 1));
    if (!strength || *strength < entry.minimum || *strength > entry.maximum) break;
    if (entry.step > 0 && std::fmod(*strength - entry.minimum, entry.step) != 0) break;
    return InputTransform{entry.kind, *strength, entry.gradient};
  }
  return Error{concat("a transform is '", text, "', expected ", expected_texts())};
}

std::string_view gradient_name(TransformGradient gradient) {
  return gradient == TransformGradient::own ? "own" : "identity";
}

Result<TransformGradient> gradient_from_text(std::string_view text, TransformKind kind) {
  if (text == "identity") return TransformGradient::identity;
  if (text != "own") {
    return Error{concat("the gradient of a transform is '", text, "', expected identity or own")};
  }
  const auto entry = std::find_if(std::begin(kEntries), std::end(kEntries),
                                  [&](const Entry& one) { return one.kind == kind; });
  if (entry->gradient == TransformGradient::own) return TransformGradient::own;
  return Error{
      "the gradient of a transform is 'own', but bits and median have none of their own that leads "
      "anywhere: expected identity, or blur or jpeg as the transform"};
}

Status check_transform(const InputTransform& transform, ImageShape shape) {
  if (transform.kind != TransformKind::jpeg || shape.channels == 1 || shape.channels == 3) {
    return {};
  }
  return Error{concat("the transform jpeg takes images of 1 or 3 channels, but the model takes ",
                      to_string(shape))};
}

std::unique_ptr<Pass> TransformedModel::new_pass(std::size_t capacity) const {
  return std::make_unique<TransformedPass>(transform_, input_shape(),
                                           classifier_.new_pass(capacity));
}

}  // namespace signflip
