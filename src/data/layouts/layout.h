// The ways in which datasets lie on disk. Each is a file here with two functions, in the table of
// data/dataset.cpp, which asks them in turn.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/npy.h"

namespace signflip::layouts {

struct Layout {
  const char* looks_like;  ///< for the error where nothing is found
  /// Whether this split, at least, is there in this form. Cheap: names are looked at, not contents.
  bool (*holds)(const std::string& name, const std::filesystem::path& place, Split split);
  /// `pictures`: what pictures are made to be; layouts of arrays have no use for it.
  Result<Dataset> (*load)(const std::string& name, const std::filesystem::path& place, Split split,
                          const std::optional<PictureSize>& pictures);
};

extern const Layout kIdx, kArrays, kCifar, kPixelCsv, kGtsrb, kImageFolder;

/// What the layouts make of a file's bytes; `path` or `where` names the file.
Result<Dataset> parse_npz(std::vector<std::uint8_t> bytes, const std::filesystem::path& path,
                          const std::string& name, Split split);
Result<Dataset> parse_pixel_csv(std::span<const std::uint8_t> bytes,
                                const std::filesystem::path& path, const std::string& name,
                                Split split);
/// Appends CIFAR's records, which begin with one label (CIFAR-10) or two of which the second counts
/// (CIFAR-100). Classes are not named, labels not checked yet.
Status take_cifar(std::span<const std::uint8_t> bytes, std::size_t labels, const std::string& where,
                  Dataset& dataset);

/// "train", or the names that test sets go by, the likeliest first.
std::span<const std::string_view> split_words(Split split);

/// "Fashion-MNIST" and "fashionmnist" are one name.
std::string plain_name(std::string_view name);

/// Fills in images N×H×W×C (or N×H×W), 1 or 3 channels; `where` names them in errors.
Status take_images(const std::vector<std::size_t>& shape, std::vector<std::uint8_t> values,
                   const std::string& where, Dataset& dataset);
/// The same for an array of |u1, or of <f4 in [0,1], which is rounded to 256 levels: a remark says
/// where that changed anything.
Status take_images(const NpyArray& array, const std::string& where, Dataset& dataset);
/// Labels N or N×1, as MedMNIST has them, of an .npy file's bytes.
Result<std::vector<int>> read_labels(std::span<const std::uint8_t> bytes, const std::string& where);
/// As many labels as images.
Status take_labels(std::vector<int> labels, const std::string& where, Dataset& dataset);

/// Whether files of this name, "emnist-letters" say, are EMNIST's own.
bool is_emnist(std::string_view family);
/// What EMNIST's own files need, whose pictures have rows and columns exchanged: upright pictures,
/// and letters that count from 0 as all classes do. A remark says so.
void take_emnist(const std::string& family, std::vector<int>& labels, Dataset& dataset);

/// Sets classes and class names: `names` where the data bring some, else those of a known dataset,
/// else numbers, as many as the largest label of this split and `others` calls for. `known`: the
/// name of that dataset, where it is not the one that was asked for.
Status name_classes(std::vector<std::string> names, std::span<const int> others,
                    const std::string& where, Dataset& dataset, const std::string& known = {});

/// The shape of the images of a known dataset.
std::optional<ImageShape> known_shape(const std::string& name);

}  // namespace signflip::layouts
