#include "data/layouts/layout.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>

#include "core/number.h"
#include "data/image.h"
#include "data/shape_text.h"

namespace signflip::layouts {
namespace {

/// EMNIST's official files hold each picture with rows and columns exchanged.
void turn_upright(Dataset& dataset) {
  const auto height = static_cast<std::size_t>(dataset.image.height);
  const auto width = static_cast<std::size_t>(dataset.image.width);
  std::vector<std::uint8_t> image(height * width);
  for (std::size_t at = 0; at < dataset.pixels.size(); at += image.size()) {
    for (std::size_t y = 0; y < height; ++y) {
      for (std::size_t x = 0; x < width; ++x) {
        image[x * height + y] = dataset.pixels[at + y * width + x];
      }
    }
    std::copy(image.begin(), image.end(), dataset.pixels.begin() + static_cast<std::ptrdiff_t>(at));
  }
  std::swap(dataset.image.height, dataset.image.width);
}

}  // namespace

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

namespace {

/// Pixels in [0,1] as bytes.
Result<std::vector<std::uint8_t>> bytes_of_floats(const NpyArray& array, const std::string& where,
                                                  Dataset& dataset) {
  constexpr float kLevels = 255.0F, kSame = 1e-3F;  // of a level: what float32 rounding makes of it
  std::vector<std::uint8_t> bytes(array.values.size() / sizeof(float));
  std::size_t rounded = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    float value = 0.0F;
    std::memcpy(&value, array.values.data() + i * sizeof(float), sizeof(float));
    if (!(value >= 0.0F && value <= 1.0F)) {
      return Error{where + " has the pixel " +
                   (std::isnan(value) ? "NaN" : number_text(static_cast<double>(value))) +
                   ", expected values in [0,1] (divide by 255, or save unsigned bytes)"};
    }
    const float level = std::round(value * kLevels);
    rounded += std::fabs(value * kLevels - level) > kSame ? 1 : 0;
    bytes[i] = static_cast<std::uint8_t>(level);
  }
  if (rounded > 0) {
    dataset.remark = where + ": " + std::to_string(rounded) + " of " +
                     std::to_string(bytes.size()) + " pixels were rounded to a multiple of 1/255";
  }
  return bytes;
}

}  // namespace

Status take_images(const NpyArray& array, const std::string& where, Dataset& dataset) {
  if (array.type == "|u1") {
    return take_images(array.shape, {array.values.begin(), array.values.end()}, where, dataset);
  }
  if (array.type != "<f4") {
    return Error{where + " holds images of type " + array.type +
                 "; pixels are unsigned bytes, |u1, or <f4 in [0,1]"};
  }
  auto bytes = bytes_of_floats(array, where, dataset);
  if (!bytes) return bytes.error();
  return take_images(array.shape, std::move(*bytes), where, dataset);
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
                    const std::string& where, Dataset& dataset, const std::string& known) {
  const std::string& name = known.empty() ? dataset.name : known;
  const auto top = std::max_element(dataset.labels.begin(), dataset.labels.end());
  dataset.classes = names.empty() ? known_class_count(name) : static_cast<int>(names.size());
  if (dataset.classes == 0) {
    dataset.classes = *top + 1;
    for (const int label : others) dataset.classes = std::max(dataset.classes, label + 1);
  } else if (*top >= dataset.classes) {
    return Error{where + " has the label " + std::to_string(*top) + " for image " +
                 std::to_string(top - dataset.labels.begin()) + ", but " + dataset.name + " has " +
                 std::to_string(dataset.classes) + " classes"};
  }
  dataset.class_names = names.empty() ? known_class_names(name, dataset.classes) : std::move(names);
  return {};
}

bool is_emnist(std::string_view family) { return plain_name(family).starts_with("emnist"); }

void take_emnist(const std::string& family, std::vector<int>& labels, Dataset& dataset) {
  if (dataset.image.channels != 1) return;
  turn_upright(dataset);
  dataset.remark = family + ": pictures turned upright, which EMNIST's files hold transposed";
  if (plain_name(family) != "emnistletters" ||
      std::find(labels.begin(), labels.end(), 0) != labels.end()) {
    return;
  }
  for (int& label : labels) --label;
  dataset.remark += "; its labels 1 to 26 are the classes 0 to 25, A to Z";
}

std::optional<ImageShape> known_shape(const std::string& name) {
  const std::string plain = plain_name(name);
  if (plain == "mnist" || plain == "fashionmnist" || plain == "kmnist" || is_emnist(plain)) {
    return ImageShape{28, 28, 1};
  }
  if (plain == "gtsrb" || plain == "cifar10" || plain == "cifar100") return ImageShape{32, 32, 3};
  return std::nullopt;
}

}  // namespace signflip::layouts
