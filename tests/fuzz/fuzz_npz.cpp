// Fuzzes .npz archives: the ZIP directory, what it points at, and the arrays as a dataset.
#include <cstdlib>

#include "data/layouts/layout.h"
#include "data/layouts/zip.h"
#include "fuzz/fuzz.h"
#include "support/arrays.h"

using namespace signflip;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entries = zip_entries({data, size}, "input");
  if (!entries && entries.error().message.empty()) std::abort();
  for (std::size_t i = 0; entries && i < entries->size(); ++i) {
    const auto bytes = unzip({data, size}, (*entries)[i], "input");
    if (bytes && bytes->size() != (*entries)[i].size) std::abort();
  }
  const auto dataset = layouts::parse_npz({data, data + size}, "input.npz", "input", Split::train);
  if (!dataset) {
    if (dataset.error().message.empty()) std::abort();
    return 0;
  }
  if (dataset->pixels.size() != dataset->count() * dataset->image.size()) std::abort();
  for (const int label : dataset->labels) {
    if (label < 0 || label >= dataset->classes) std::abort();
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  using test::npy;
  const std::vector<std::pair<std::string, test::Bytes>> files = {
      {"train_images.npy", npy({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})},
      {"train_labels.npy", npy({2, 1}, {1, 0})}};
  return {test::zip(files, false), test::zip(files, true)};
}
