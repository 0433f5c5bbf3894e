#include "data/layouts/layout.h"

#include <algorithm>
#include <array>
#include <cctype>

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
