#include "data/inputs.h"

#include <algorithm>
#include <string>

#include "core/concat.h"
#include "data/file.h"
#include "data/idx.h"
#include "data/image.h"
#include "data/npy.h"
#include "data/picture_files.h"
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

Result<std::vector<int>> labels_from_idx(const Bytes& bytes, const std::string& name) {
  const auto array = parse_idx(bytes, name);
  if (!array) return array.error();
  if (array->shape.size() != 1) {
    return Error{name + " has shape " + shape_text(array->shape) + "; labels have one dimension"};
  }
  return std::vector<int>(array->values.begin(), array->values.end());
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

Status add_picture(const Bytes& bytes, const std::string& name, ImageShape expected,
                   Framing framing, LoadedImages& loaded, std::vector<float>& values) {
  const auto picture = decode_picture(bytes, name);
  if (!picture) return picture.error();
  const auto framed = frame(*picture, expected, framing, name);
  if (!framed) return framed.error();
  const int brightest = *std::ranges::max_element(framed->picture.pixels);
  if (brightest > 0 && brightest <= kAllButBlack) {
    loaded.remarks.push_back(
        concat(name, ": all but black, its brightest pixel is ", brightest, " of 255"));
  }
  for (const std::uint8_t byte : framed->picture.pixels) values.push_back(unit_pixel(byte));
  loaded.names.push_back(name);
  ++loaded.pictures;
  if (!framed->remark.empty()) loaded.remarks.push_back(name + ": " + framed->remark);
  return {};
}

Status add_array(const Bytes& bytes, const std::string& name, ImageShape expected,
                 LoadedImages& loaded, std::vector<float>& values) {
  const auto images =
      looks_like_npy(bytes) ? read_npy_images(bytes, name) : images_from_idx(bytes, name);
  if (!images) return images.error();
  if (images->image_shape() != expected) {
    return Error{name + " has images of " + to_string(images->image_shape()) +
                 " (height×width×channels) where " + to_string(expected) + " is expected"};
  }
  values.insert(values.end(), images->values().begin(), images->values().end());
  for (std::size_t n = 0; n < images->count(); ++n) {
    loaded.names.push_back(name + " " + std::to_string(n));
  }
  return {};
}

Status add_file(const std::string& name, ImageShape expected, Framing framing, LoadedImages& loaded,
                std::vector<float>& values) {
  const auto bytes =
      read_maybe_gzip(name, [&](std::span<const std::uint8_t> start) -> Result<std::size_t> {
        if (looks_like_npy(start)) return npy_size(start, name);
        if (looks_like_idx(start)) return idx_size(start, name);
        if (looks_like_picture(start)) return kMaxPictureBytes;
        return Error{name + " is neither .npy nor IDX nor a PNG, JPEG, BMP or PPM picture"};
      });
  if (!bytes) return bytes.error();
  if (looks_like_npy(*bytes) || looks_like_idx(*bytes)) {
    return add_array(*bytes, name, expected, loaded, values);
  }
  return add_picture(*bytes, name, expected, framing, loaded, values);
}

Status add_folder(const std::string& folder, ImageShape expected, Framing framing,
                  LoadedImages& loaded, std::vector<float>& values) {
  const auto files = picture_files(folder);
  if (files.empty()) {
    return Error{folder + " is a folder without pictures: expected PNG, JPEG, BMP or PPM files"};
  }
  const std::filesystem::path place = folder;
  const std::string unread = unread_remark(std::span(&place, 1));
  if (!unread.empty()) loaded.remarks.push_back(unread);
  for (const auto& file : files) {
    const Status read = add_file(file.string(), expected, framing, loaded, values);
    if (!read) return read;
  }
  return {};
}

}  // namespace

Result<LoadedImages> load_images(std::span<const std::string> paths, ImageShape expected,
                                 Framing framing) {
  LoadedImages loaded;
  std::vector<float> values;
  for (const std::string& path : paths) {
    const Status read = is_folder(path) ? add_folder(path, expected, framing, loaded, values)
                                        : add_file(path, expected, framing, loaded, values);
    if (!read) return read.error();
  }
  loaded.images = Tensor(loaded.names.size(), expected, std::move(values));
  return loaded;
}

Result<Tensor> load_images(const std::filesystem::path& path, ImageShape expected) {
  const std::string name = path.string();
  auto loaded = load_images(std::span(&name, 1), expected, Framing::middle);
  if (!loaded) return loaded.error();
  return std::move(loaded->images);
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
