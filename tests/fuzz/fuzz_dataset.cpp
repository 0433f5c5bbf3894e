// Fuzzes datasets that are a file of records: tables of pixels, EMNIST's too, and CIFAR's. What is
// accepted has as many pixels and labels as it says, and each label is a class.
#include <cstdlib>
#include <string_view>
#include <utility>

#include "data/layouts/layout.h"
#include "fuzz/fuzz.h"

using namespace signflip;

namespace {

void check(const Result<Dataset>& read) {
  if (!read) {
    if (read.error().message.empty()) std::abort();
    return;
  }
  const Dataset& dataset = *read;
  if (dataset.count() == 0 || dataset.labels.size() != dataset.count() ||
      dataset.pixels.size() != dataset.count() * dataset.image.size() ||
      dataset.class_names.size() != static_cast<std::size_t>(dataset.classes)) {
    std::abort();
  }
  for (const int label : dataset.labels) {
    if (label < 0 || label >= dataset.classes) std::abort();
  }
}

/// As CIFAR's files are read.
Result<Dataset> records(std::span<const std::uint8_t> bytes, int labels, int classes) {
  Dataset dataset;
  Status status = layouts::take_cifar(bytes, static_cast<std::size_t>(labels), "data", dataset);
  if (status) {
    status = layouts::name_classes(known_class_names("data", classes), {}, "data", dataset);
  }
  if (!status) return status.error();
  return dataset;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const char* const file : {"train.csv", "emnist-letters-train.csv"}) {
    check(layouts::parse_pixel_csv({data, size}, file, "data", Split::train));
  }
  for (const auto& [labels, classes] : {std::pair{1, 10}, std::pair{2, 100}}) {
    check(records({data, size}, labels, classes));
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  constexpr std::string_view kTexts[] = {
      "label,pixel0,pixel1,pixel2,pixel3\n5,0,1,2,255\n3,9,8,7,6\n",
      "\xef\xbb\xbf\"class\",a,b,c\r\n1,2,3,4\r\n\r\n", "26,0,1,2,255\n1,9,8,7,6\n"};
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const std::string_view text : kTexts) seeds.emplace_back(text.begin(), text.end());
  seeds.emplace_back(3073, std::uint8_t{9});
  seeds.emplace_back(3074, std::uint8_t{9});
  seeds.emplace_back(2 * 3074, std::uint8_t{99});
  return seeds;
}
