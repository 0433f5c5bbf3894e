// Fuzzes parse_idx(): whatever is accepted must have the size it claims and survive a round trip.
#include <algorithm>
#include <cstdlib>

#include "data/idx.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto array = signflip::parse_idx({data, size}, "input");
  if (array) {
    const auto again = signflip::format_idx(*array);
    if (!std::equal(again.begin(), again.end(), data, data + size)) std::abort();
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  return {signflip::format_idx({{3}, {0, 1, 2}}),
          signflip::format_idx({{2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7}}),
          signflip::format_idx({{1, 2, 2, 3}, std::vector<std::uint8_t>(12, 200)}),
          signflip::format_idx({{0, 28, 28}, {}})};
}
