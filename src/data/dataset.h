// Labelled images in memory, and where they come from: a folder or file in any layout of
// data/layouts. Not batches and not augmentation (src/train).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/tensor.h"

namespace signflip {

enum class Split { train, test };

/// All images of one split, as the bytes that were stored.
struct Dataset {
  std::string name;
  Split split = Split::train;
  ImageShape image;
  std::vector<std::uint8_t> pixels;  // N×H×W×C
  std::vector<int> labels;           // each in 0 … classes−1
  int classes = 0;
  std::vector<std::string> class_names;  // one per class
  /// Images with the same number are near copies (a GTSRB track) and stay together when the split
  /// is divided; empty: each image stands alone.
  std::vector<int> groups;

  struct SourceFile {
    std::string name;
    std::string md5;  // of the decompressed bytes
  };
  std::vector<SourceFile> files;
  /// The place has no splits: these are the images whichever is asked for.
  bool undivided = false;
  /// What was done to the images, or is odd about them, that who uses them should know: sentences,
  /// "; " between; or nothing.
  std::string remark;
  void add_remark(const std::string& sentence);

  std::size_t count() const { return labels.size(); }

  /// The images at `indices` (each below count()), divided by 255, as N×H×W×C into `out`, which has
  /// room for exactly these.
  void copy_images(std::span<const std::uint32_t> indices, std::span<float> out) const;

  /// Images first … first+count−1, divided by 255; both are clamped to what there is.
  Tensor tensor(std::size_t first, std::size_t count) const;
};

/// The folder of a dataset: `data_option` (or its subfolder `name`) where that is not empty, else
/// $SIGNFLIP_DATA/<name>, else ./data/<name>. The error says where it looked.
Result<std::filesystem::path> find_dataset_folder(const std::string& name,
                                                  const std::string& data_option);

/// What pictures of a dataset are made to be.
struct PictureSize {
  int height = 0, width = 0;
  int channels = 0;  ///< 0: 1 where all pictures are grey, else 3
  bool demanded =
      false;  ///< an error where the dataset has no pictures, but images of another size
};

/// Loads one split from a folder or file in any of these layouts, the first that fits:
/// - MNIST's IDX files under all names of its mirrors (layouts/idx.cpp), images N×H×W or N×H×W×C of
///   any size, EMNIST's turned upright; tracks from `train-index.csv` (columns class and track)
///   where there is one;
/// - .npz with MedMNIST's or Keras' names, or the same as .npy files (layouts/arrays.cpp);
/// - CIFAR-10 and CIFAR-100, binary (layouts/cifar.cpp);
/// - GTSRB's folders (gtsrb.h), whole pictures resized to 32×32;
/// - a .csv of labels and pixels, EMNIST's turned upright (layouts/pixel_csv.cpp);
/// - a folder of class folders with pictures of any size (layouts/image_folder.cpp).
/// Pictures become `pictures`, where that is given (GTSRB's only its height, a square).
/// Images have 1 or 3 channels; there are as many labels as images. Classes: those that the layout
/// names, else as many as a known dataset has, else the largest label of both splits + 1.
Result<Dataset> load_dataset(const std::string& name, const std::filesystem::path& place,
                             Split split, const std::optional<PictureSize>& pictures = {});

struct ValidationSplit {
  std::vector<std::uint32_t> train, validation;  // indices, ascending; together all images
};

/// Sets aside about `fraction` (0 … 1) of each class for validation, chosen by `seed`. Groups stay
/// whole, and each class keeps at least one group for training. (validation_split.cpp)
ValidationSplit split_validation(const Dataset& dataset, double fraction, std::uint64_t seed);

/// The names of mnist, fashion-mnist, kmnist, gtsrb or a part of emnist where `classes` is their
/// number of classes, else "0", "1", … The dataset's name may be spelt FashionMNIST or
/// EMNIST_Letters. (class_names.cpp)
std::vector<std::string> known_class_names(const std::string& dataset, int classes);

/// The number of classes of a dataset whose names are known, else 0. (class_names.cpp)
int known_class_count(const std::string& dataset);

}  // namespace signflip
