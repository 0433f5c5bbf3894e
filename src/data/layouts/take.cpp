// Arrays as images and labels of a dataset, in memory: the page reads them, too.
#include <cmath>
#include <cstring>

#include "core/number.h"
#include "data/array_images.h"
#include "data/image.h"
#include "data/layouts/layout.h"
#include "data/shape_text.h"

namespace signflip::layouts {

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

Result<std::vector<int>> read_labels(std::span<const std::uint8_t> bytes,
                                     const std::string& where) {
  auto array = parse_npy(bytes, where);
  if (!array) return array.error();
  if (array->shape.size() == 2 && array->shape[1] == 1) array->shape.pop_back();
  if (array->shape.size() == 2) {
    return Error{where + " has shape " + shape_text(array->shape) +
                 ": several labels for each image; one is expected"};
  }
  return npy_labels(*array, where);
}

}  // namespace signflip::layouts

namespace signflip {

Result<Dataset> read_array_images(const NamedArray& images, const NamedArray& labels) {
  const auto array = parse_npy(images.bytes, images.name);
  if (!array) return array.error();
  Dataset dataset;
  Status taken = layouts::take_images(*array, images.name, dataset);
  if (!taken) return taken.error();
  auto numbers = layouts::read_labels(labels.bytes, labels.name);
  if (!numbers) return numbers.error();
  taken = layouts::take_labels(std::move(*numbers), labels.name, dataset);
  if (!taken) return taken.error();
  return dataset;
}

}  // namespace signflip
