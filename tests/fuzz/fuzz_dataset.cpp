// Fuzzes datasets that are a file of records: tables of pixels, EMNIST's too, and CIFAR's. What is
// accepted has as many pixels and labels as it says, and each label is a class.
#include <cstdlib>
#include <string_view>

#include "data/dataset.h"
#include "fuzz/fuzz.h"
#include "fuzz/scratch.h"

using namespace signflip;

namespace {

constexpr const char* kFiles[] = {"table/train.csv", "emnist/emnist-letters-train.csv",
                                  "hundred/train.bin"};

void check(const Dataset& dataset) {
  if (dataset.count() == 0 || dataset.labels.size() != dataset.count() ||
      dataset.pixels.size() != dataset.count() * dataset.image.size() ||
      dataset.class_names.size() != static_cast<std::size_t>(dataset.classes)) {
    std::abort();
  }
  for (const int label : dataset.labels) {
    if (label < 0 || label >= dataset.classes) std::abort();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scratch scratch;
  for (const char* const file : kFiles) {
    const auto path = scratch.write(file, {data, size});
    const auto dataset = load_dataset("data", path.parent_path(), Split::train);
    if (dataset) {
      check(*dataset);
    } else if (dataset.error().message.empty()) {
      std::abort();
    }
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  constexpr std::string_view kTexts[] = {
      "label,pixel0,pixel1,pixel2,pixel3\n5,0,1,2,255\n3,9,8,7,6\n",
      "\xef\xbb\xbf\"class\",a,b,c\r\n1,2,3,4\r\n\r\n", "26,0,1,2,255\n1,9,8,7,6\n"};
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const std::string_view text : kTexts) seeds.emplace_back(text.begin(), text.end());
  seeds.emplace_back(3074, std::uint8_t{9});
  seeds.emplace_back(2 * 3074, std::uint8_t{99});
  return seeds;
}
