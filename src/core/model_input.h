// Whether images and classes fit a model: what everything that takes them asks first.
#pragma once

#include <span>
#include <string_view>

#include "core/differentiable_model.h"
#include "core/result.h"
#include "core/tensor.h"

namespace signflip {

/// An error unless there are images and each is of the shape that the model takes. `purpose` ends
/// the sentence "there are no images to attack".
Status check_images(const Tensor& images, ImageShape taken, std::string_view purpose);

/// An error unless there is one value an image, each a class from 0 to `classes`−1. `what` names
/// one of them: "label".
Status check_classes(std::span<const int> values, std::string_view what, std::string_view plural,
                     std::size_t images, int classes);

/// An error where a value is outside the bounds, or not a number.
Status check_pixels(const Tensor& images, Bounds bounds);

}  // namespace signflip
