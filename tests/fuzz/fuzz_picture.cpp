// Fuzzes decode_picture(), and resizing of what it accepts.
#include <cstdlib>

#include "data/image.h"
#include "fuzz/fuzz.h"
#include "support/small_pictures.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto picture = signflip::decode_picture({data, size}, "input", 1 << 16);
  if (picture) {
    const auto expected = static_cast<std::size_t>(picture->width) *
                          static_cast<std::size_t>(picture->height) *
                          static_cast<std::size_t>(picture->channels);
    if (picture->pixels.size() != expected) std::abort();
    const signflip::Picture grey = signflip::convert_channels(*picture, 1);
    if (signflip::resize(grey, 5, 3).pixels.size() != 15) std::abort();
    if (signflip::resize_bilinear(grey, 5, 3).pixels.size() != 15) std::abort();
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  namespace small = signflip::small;
  signflip::Picture colour{4, 3, 3, {}};
  for (int i = 0; i < 36; ++i) colour.pixels.push_back(static_cast<std::uint8_t>(i * 7));
  return {signflip::encode_png(colour),
          signflip::encode_png(signflip::convert_channels(colour, 1)),
          small::grey_jpeg(),
          small::progressive_jpeg(),
          small::colour_jpeg(),
          small::bmp(),
          small::text("P6\r\n2 1\r\n255\r\nabcdef"),
          small::text("P5 # grey\n3 2\n255\nabcdef"),
          small::text("P5 1 2 65535\nabcd")};
}
