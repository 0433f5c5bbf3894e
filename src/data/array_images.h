// Labelled images in two arrays of NumPy, in memory: what an .npz of a dataset holds of a split.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/dataset.h"

namespace signflip {

/// An array: what errors call it, and the bytes of its .npy file.
struct NamedArray {
  std::string name;
  std::span<const std::uint8_t> bytes;
};

/// Images N×H×W or N×H×W×C of |u1, or of <f4 in [0,1] (rounded to 256 levels; a remark says where
/// that changed anything), and as many labels N or N×1. Classes are not named yet.
Result<Dataset> read_array_images(const NamedArray& images, const NamedArray& labels);

}  // namespace signflip
