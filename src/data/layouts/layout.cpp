#include "data/layouts/layout.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "data/image.h"
#include "data/shape_text.h"

namespace signflip::layouts {

std::span<const std::string_view> split_words(Split split) {
  static constexpr std::array<std::string_view, 1> kTrain = {"train"};
  static constexpr std::array<std::string_view, 2> kTest = {"test", "t10k"};
  if (split == Split::train) return kTrain;
  return kTest;
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return plain;
}

Status take_images(const std::vector<std::size_t>& shape, std::vector<std::uint8_t> values,
                   const std::string& where, Dataset& dataset) {
  if (shape.size() != 3 && shape.size() != 4) {
    return Error{where + " has shape " + shape_text(shape) +
                 "; images are N×H×W, or N×H×W×C for colour"};
  }
  const std::size_t channels = shape.size() == 4 ? shape[3] : 1;
  if (channels != 1 && channels != 3) {
    const bool first = shape[1] == 1 || shape[1] == 3;
    return Error{where + " has images of " + std::to_string(channels) +
                 " channels; 1 (grey) or 3 (colour) are read" +
                 (first ? ", last of all: N×H×W×C, not N×C×H×W" : "")};
  }
  if (values.empty()) return Error{where + " holds no images: its shape is " + shape_text(shape)};
  if (shape[1] > kMaxPictureSide || shape[2] > kMaxPictureSide) {
    return Error{where + " has images that are too large: " + shape_text(shape)};
  }
  dataset.image = {static_cast<int>(shape[1]), static_cast<int>(shape[2]),
                   static_cast<int>(channels)};
  dataset.pixels = std::move(values);
  return {};
}

Status take_images(const NpyArray& array, const std::string& where, Dataset& dataset) {
  if (array.type != "|u1") {
    return Error{where + " holds images of type " + array.type +
                 "; a dataset's pixels are unsigned bytes, |u1"};
  }
  return take_images(array.shape, {array.values.begin(), array.values.end()}, where, dataset);
}

Status take_labels(std::vector<int> labels, const std::string& where, Dataset& dataset) {
  const std::size_t images = dataset.pixels.size() / dataset.image.size();
  if (labels.size() != images) {
    return Error{where + " has " + std::to_string(labels.size()) + " labels for " +
                 std::to_string(images) + " images"};
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    constexpr int kMaxLabel = 99999;
    if (labels[i] >= 0 && labels[i] <= kMaxLabel) continue;
    return Error{where + " has the label " + std::to_string(labels[i]) + " for image " +
                 std::to_string(i) + ", expected 0 to " + std::to_string(kMaxLabel)};
  }
  dataset.labels = std::move(labels);
  return {};
}

Status name_classes(std::vector<std::string> names, std::span<const int> others,
                    const std::string& where, Dataset& dataset) {
  const auto top = std::max_element(dataset.labels.begin(), dataset.labels.end());
  dataset.classes =
      names.empty() ? known_class_count(dataset.name) : static_cast<int>(names.size());
  if (dataset.classes == 0) {
    dataset.classes = *top + 1;
    for (const int label : others) dataset.classes = std::max(dataset.classes, label + 1);
  } else if (*top >= dataset.classes) {
    return Error{where + " has the label " + std::to_string(*top) + " for image " +
                 std::to_string(top - dataset.labels.begin()) + ", but " + dataset.name + " has " +
                 std::to_string(dataset.classes) + " classes"};
  }
  dataset.class_names =
      names.empty() ? known_class_names(dataset.name, dataset.classes) : std::move(names);
  return {};
}

std::optional<ImageShape> known_shape(const std::string& name) {
  const std::string plain = plain_name(name);
  if (plain == "mnist" || plain == "fashionmnist" || plain == "kmnist" ||
      plain.starts_with("emnist")) {
    return ImageShape{28, 28, 1};
  }
  if (plain == "gtsrb" || plain == "cifar10" || plain == "cifar100") return ImageShape{32, 32, 3};
  return std::nullopt;
}

}  // namespace signflip::layouts
