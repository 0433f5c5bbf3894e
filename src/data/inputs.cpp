#include "data/inputs.h"

#include <string>

#include "data/file.h"
#include "data/idx.h"
#include "data/image.h"
#include "data/npy.h"
#include "data/shape_text.h"

namespace signflip {
namespace {

using Bytes = std::vector<std::uint8_t>;

Result<Tensor> images_from_idx(const Bytes& bytes, const std::string& name) {
  const auto array = parse_idx(bytes, name);
  if (!array) return array.error();
  const auto shape = image_shape_of(array->shape, name);
  if (!shape) return shape.error();
  Tensor images(array->shape[0], *shape);
  for (std::size_t i = 0; i < images.size(); ++i) images.data()[i] = unit_pixel(array->values[i]);
  return images;
}

Result<Tensor> image_from_picture(const Bytes& bytes, const std::string& name,
                                  ImageShape expected) {
  if (expected.channels != 1 && expected.channels != 3) {
    return Error{name + " is a picture, but the model expects images of " +
                 std::to_string(expected.channels) + " channels"};
  }
  auto picture = decode_picture(bytes, name);
  if (!picture) return picture.error();
  const Picture fitted =
      resize(convert_channels(*picture, expected.channels), expected.width, expected.height);
  Tensor image(1, expected);
  for (std::size_t i = 0; i < image.size(); ++i) image.data()[i] = unit_pixel(fitted.pixels[i]);
  return image;
}

Result<std::vector<int>> labels_from_idx(const Bytes& bytes, const std::string& name) {
  const auto array = parse_idx(bytes, name);
  if (!array) return array.error();
  if (array->shape.size() != 1) {
    return Error{name + " has shape " + shape_text(array->shape) + "; labels have one dimension"};
  }
  return std::vector<int>(array->values.begin(), array->values.end());
}

}  // namespace

Result<Tensor> load_images(const std::filesystem::path& path, ImageShape expected) {
  const std::string name = path.string();
  const auto bytes =
      read_maybe_gzip(path, [&](std::span<const std::uint8_t> start) -> Result<std::size_t> {
        if (looks_like_npy(start)) return npy_size(start, name);
        if (looks_like_idx(start)) return idx_size(start, name);
        if (looks_like_picture(start)) return kMaxPictureBytes;
        return Error{name + " is neither .npy nor IDX nor a PNG, JPEG, BMP or PPM picture"};
      });
  if (!bytes) return bytes.error();
  if (!looks_like_npy(*bytes) && !looks_like_idx(*bytes)) {
    return image_from_picture(*bytes, name, expected);
  }
  auto images =
      looks_like_npy(*bytes) ? read_npy_images(*bytes, name) : images_from_idx(*bytes, name);
  if (images && images->image_shape() != expected) {
    return Error{name + " has images of " + to_string(images->image_shape()) +
                 " (height×width×channels) where " + to_string(expected) + " is expected"};
  }
  return images;
}

Result<std::vector<int>> load_labels(const std::filesystem::path& path, int classes,
                                     std::size_t expected_count) {
  const std::string name = path.string();
  const auto bytes =
      read_maybe_gzip(path, [&](std::span<const std::uint8_t> start) -> Result<std::size_t> {
        if (looks_like_npy(start)) return npy_size(start, name);
        if (looks_like_idx(start)) return idx_size(start, name);
        return Error{name + " is neither .npy nor IDX, so no labels can be read from it"};
      });
  if (!bytes) return bytes.error();
  auto labels =
      looks_like_npy(*bytes) ? parse_npy_labels(*bytes, name) : labels_from_idx(*bytes, name);
  if (!labels) return labels;
  if (labels->size() != expected_count) {
    return Error{name + " has " + std::to_string(labels->size()) + " labels for " +
                 std::to_string(expected_count) + " images"};
  }
  for (std::size_t i = 0; i < labels->size(); ++i) {
    if ((*labels)[i] < 0 || (*labels)[i] >= classes) {
      return Error{name + " has the label " + std::to_string((*labels)[i]) + " at position " +
                   std::to_string(i) + "; labels are 0 to " + std::to_string(classes - 1)};
    }
  }
  return labels;
}

}  // namespace signflip
