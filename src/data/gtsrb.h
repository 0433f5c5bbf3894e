// The German Traffic Sign Recognition Benchmark as its owners publish it: folders of PPM pictures
// of many sizes, with tables. Read here, or imported once into a folder of IDX files that loads in
// a second. Stallkamp, Schlipsing, Salmen, Igel, Neural Networks 32 (2012).
#pragma once

#include <filesystem>

#include "core/progress.h"
#include "core/result.h"
#include "data/dataset.h"

namespace signflip {

/// Which part of a picture is kept: all of it, or the sign's box.
enum class GtsrbCrop { none, roi };

struct GtsrbOptions {
  int size = 32;  // width and height after resizing (resize_bilinear), 1 … 256
  GtsrbCrop crop = GtsrbCrop::none;
  Progress progress = {};
};

/// Loads one split of the official folders. `folder` is what find_gtsrb_root() accepts. Training
/// images are sorted by class, track and frame; test images by name; groups are tracks.
Result<Dataset> load_gtsrb(const std::filesystem::path& folder, Split split,
                           const GtsrbOptions& options);

struct GtsrbCounts {
  std::size_t train = 0, test = 0;  ///< images; 0: that part was not there
};

/// Writes train-images-idx4-ubyte.gz, train-labels-idx1-ubyte.gz and train-index.csv, and the same
/// for the test split where `source` has its pictures, into `destination`: a new or empty folder,
/// which appears complete or not at all.
Result<GtsrbCounts> import_gtsrb(const std::filesystem::path& source,
                                 const std::filesystem::path& destination, int size, GtsrbCrop crop,
                                 const Progress& progress);

}  // namespace signflip
