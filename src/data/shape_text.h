// What the shapes of arrays in files say: as text in errors, and as images.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/tensor.h"

namespace signflip {

/// "60000×28×28".
std::string shape_text(std::span<const std::size_t> shape);

/// The shape of each image of an array N×H×W×C, or N×H×W for one channel. Error, which begins with
/// `who`, where the array is of another shape, holds nothing or has sides over 65536.
Result<ImageShape> image_shape_of(std::span<const std::size_t> shape, const std::string& who);

/// The error of an array that holds `found` values, in `unit`, where its shape needs another
/// number; no number is more than memory can hold.
Error size_error(const std::string& who, std::size_t found, std::string_view unit,
                 std::span<const std::size_t> shape, std::optional<std::size_t> expected);

}  // namespace signflip
