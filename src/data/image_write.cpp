// Writing PNG through stb_image_write, in the page too: a browser's canvas writes four channels,
// and may add noise to what it is asked for.
#include "data/image.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

namespace signflip {

std::vector<std::uint8_t> encode_png(const Picture& picture) {
  std::vector<std::uint8_t> bytes;
  const auto append = [](void* context, void* data, int size) {
    auto& out = *static_cast<std::vector<std::uint8_t>*>(context);
    const auto* first = static_cast<const std::uint8_t*>(data);
    out.insert(out.end(), first, first + size);
  };
  stbi_write_png_to_func(append, &bytes, picture.width, picture.height, picture.channels,
                         picture.pixels.data(), picture.width * picture.channels);
  return bytes;
}

}  // namespace signflip
