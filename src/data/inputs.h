// Files of images and of labels: .npy, IDX (gzip or not), pictures or a folder of them, recognised
// by content. Not datasets (dataset.h).
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/tensor.h"
#include "data/framing.h"

namespace signflip {

/// Images, and where each came from.
struct LoadedImages {
  Tensor images;
  std::vector<std::string> names;    ///< of each image: its picture's file, "seven.npy 3"
  std::vector<std::string> remarks;  ///< what was done to pictures, one sentence each
  std::size_t pictures = 0;          ///< how many of them are pictures, not parts of arrays
};

/// Images of the shape that a model expects, those of all `paths` in their order. A picture goes
/// through frame(); of a folder all pictures are taken, by name; arrays must have the shape. Errors
/// name the shape found and the shape expected.
Result<LoadedImages> load_images(std::span<const std::string> paths, ImageShape expected,
                                 Framing framing);

/// Those of one file, its pictures framed as `middle`.
Result<Tensor> load_images(const std::filesystem::path& path, ImageShape expected);

/// `expected_count` labels, each in 0 … classes−1, from .npy or IDX.
Result<std::vector<int>> load_labels(const std::filesystem::path& path, int classes,
                                     std::size_t expected_count);

}  // namespace signflip
