// Files of images and of labels: .npy, IDX (gzip or not) or one picture, recognised
// by content. Not datasets (dataset.h).
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "core/result.h"
#include "core/tensor.h"

namespace signflip {

/// Images of the shape that a model expects. A picture is made grey or colour and resized to it;
/// arrays must have it. Errors name the shape found and the shape expected.
Result<Tensor> load_images(const std::filesystem::path& path, ImageShape expected);

/// `expected_count` labels, each in 0 … classes−1, from .npy or IDX.
Result<std::vector<int>> load_labels(const std::filesystem::path& path, int classes,
                                     std::size_t expected_count);

}  // namespace signflip
