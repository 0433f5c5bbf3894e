// Fuzzes gunzip(): what it accepts stays within the limit, and packing again gives it back.
#include <cstdlib>

#include "data/gzip.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 1 << 20;
  const auto plain = signflip::gunzip({data, size}, "input", kLimit);
  if (plain) {
    if (plain->size() > kLimit) std::abort();
    const auto again = signflip::gunzip(signflip::gzip(*plain), "input", kLimit);
    if (!again || *again != *plain) std::abort();
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::uint8_t> plain;
  for (int i = 0; i < 600; ++i) plain.push_back(static_cast<std::uint8_t>(i * i / 7));
  std::vector<std::uint8_t> twice = signflip::gzip(plain);
  const std::vector<std::uint8_t> empty = signflip::gzip({});
  std::vector<std::vector<std::uint8_t>> seeds{twice, empty};
  twice.insert(twice.end(), empty.begin(), empty.end());
  twice.push_back(0);
  seeds.push_back(twice);
  return seeds;
}
