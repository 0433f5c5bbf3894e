// Fuzzes the .npy readers: images that are accepted must lie in [0,1].
#include <cstdlib>
#include <string>
#include <string_view>

#include "data/npy.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto images = signflip::read_npy_images({data, size}, "input");
  if (images) {
    if (images->size() != images->count() * images->image_shape().size()) std::abort();
    for (const float value : images->values()) {
      if (!(value >= 0.0F && value <= 1.0F)) std::abort();
    }
  }
  (void)signflip::parse_npy_labels({data, size}, "input");
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  const std::vector<float> pixels(12, 0.5F);
  const std::vector<std::int32_t> labels{1, 2, 3};
  std::vector<std::vector<std::uint8_t>> seeds{signflip::format_npy(pixels, {1, 2, 2, 3}),
                                               signflip::format_npy(pixels, {3, 2, 2}),
                                               signflip::format_npy(labels, {3})};
  // Version 2, keys in another order, unsigned bytes.
  constexpr std::string_view kOther =
      "{\"shape\": (1, 2, 2), \"fortran_order\": False, \"descr\": \"|u1\"}\n";
  std::string other{'\x93', 'N', 'U', 'M', 'P', 'Y', 2, 0, static_cast<char>(kOther.size()),
                    0,      0,   0};
  other.append(kOther).append(4, 'x');
  seeds.emplace_back(other.begin(), other.end());
  return seeds;
}
