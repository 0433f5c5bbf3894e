// .npy files onto the disk; apart, as the page reads arrays and has no files.
#include "data/file.h"
#include "data/npy.h"

namespace signflip {

Status write_npy(const std::filesystem::path& path, std::span<const float> values,
                 const std::vector<std::size_t>& shape) {
  return write_file_atomically(path, format_npy(values, shape));
}

Status write_npy(const std::filesystem::path& path, const Tensor& images) {
  const ImageShape image = images.image_shape();
  return write_npy(
      path, images.values(),
      {images.count(), static_cast<std::size_t>(image.height),
       static_cast<std::size_t>(image.width), static_cast<std::size_t>(image.channels)});
}

Status write_npy(const std::filesystem::path& path, std::span<const int> labels) {
  return write_file_atomically(path, format_npy(labels, {labels.size()}));
}

}  // namespace signflip
