// Shapes and the one tensor: a dense float32 array N×H×W×C that owns its memory.
// Not a view, not an expression library: kernels work on plain pointers and shape structs.
//
// Letters used everywhere: N images, H height, W width, C channels, K classes, F filters.
// Pixels lie in [0,1]; the channel is the fastest index. A vector of U units is 1×1×U.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace signflip {

/// The shape of one image (or of one image's activations) H×W×C.
struct ImageShape {
  int height = 0;
  int width = 0;
  int channels = 0;

  std::size_t size() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
           static_cast<std::size_t>(channels);
  }
  /// H·W.
  std::size_t pixels() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
  bool operator==(const ImageShape&) const = default;
};

/// "28×28×1".
inline std::string to_string(ImageShape shape) {
  return std::to_string(shape.height) + "×" + std::to_string(shape.width) + "×" +
         std::to_string(shape.channels);
}

/// N images of one shape, float32, N×H×W×C.
class Tensor {
 public:
  Tensor() = default;
  Tensor(std::size_t count, ImageShape image)
      : count_(count), image_(image), values_(count * image.size()) {}
  /// Takes over `values`, which must hold count·H·W·C floats.
  Tensor(std::size_t count, ImageShape image, std::vector<float> values)
      : count_(count), image_(image), values_(std::move(values)) {}

  std::size_t count() const { return count_; }
  ImageShape image_shape() const { return image_; }
  std::size_t size() const { return values_.size(); }

  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }
  std::span<float> values() { return values_; }
  std::span<const float> values() const { return values_; }

  /// Image n: H·W·C floats.
  std::span<float> image(std::size_t n) {
    return std::span<float>(values_).subspan(n * image_.size(), image_.size());
  }
  std::span<const float> image(std::size_t n) const {
    return std::span<const float>(values_).subspan(n * image_.size(), image_.size());
  }
  /// Images first … first+count−1.
  std::span<float> images(std::size_t first, std::size_t count) {
    return std::span<float>(values_).subspan(first * image_.size(), count * image_.size());
  }
  std::span<const float> images(std::size_t first, std::size_t count) const {
    return std::span<const float>(values_).subspan(first * image_.size(), count * image_.size());
  }

 private:
  std::size_t count_ = 0;
  ImageShape image_;
  std::vector<float> values_;
};

}  // namespace signflip
