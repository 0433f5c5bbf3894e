#include "core/model_input.h"

#include "core/concat.h"

namespace signflip {

Status check_images(const Tensor& images, ImageShape taken, std::string_view purpose) {
  if (images.count() == 0) return Error{concat("there are no images to ", purpose)};
  if (images.image_shape() == taken && images.size() == images.count() * taken.size()) return {};
  return Error{concat("the images are ", to_string(images.image_shape()), ", but the model takes ",
                      to_string(taken))};
}

Status check_classes(std::span<const int> values, std::string_view what, std::string_view plural,
                     std::size_t images, int classes) {
  if (values.size() != images) {
    return Error{concat("there are ", images, " images but ", values.size(), " ", plural)};
  }
  for (std::size_t n = 0; n < images; ++n) {
    if (values[n] >= 0 && values[n] < classes) continue;
    return Error{concat(what, " ", values[n], " of image ", n,
                        " is not one of the model's classes 0 to ", classes - 1)};
  }
  return {};
}

Status check_pixels(const Tensor& images, Bounds bounds) {
  const std::span<const float> pixels = images.values();
  for (std::size_t j = 0; j < pixels.size(); ++j) {
    if (pixels[j] >= bounds.low && pixels[j] <= bounds.high) continue;
    return Error{concat("image ", j / images.image_shape().size(), " has a pixel of value ",
                        pixels[j], ", but pixels must be from ", bounds.low, " to ", bounds.high)};
  }
  return {};
}

}  // namespace signflip
