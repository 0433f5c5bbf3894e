// Images of a dataset as tensors; apart from its loading, as the page's training needs no files.
#include <algorithm>

#include "data/dataset.h"
#include "data/image.h"

namespace signflip {

void Dataset::copy_images(std::span<const std::uint32_t> indices, std::span<float> out) const {
  const std::size_t size = image.size();
  float* to = out.data();
  for (const std::uint32_t index : indices) {
    const std::uint8_t* from = pixels.data() + index * size;
    for (std::size_t i = 0; i < size; ++i) *to++ = unit_pixel(from[i]);
  }
}

Tensor Dataset::tensor(std::size_t first, std::size_t wanted) const {
  first = std::min(first, count());
  Tensor images(std::min(wanted, count() - first), image);
  const std::uint8_t* from = pixels.data() + first * image.size();
  for (float& value : images.values()) value = unit_pixel(*from++);
  return images;
}

}  // namespace signflip
