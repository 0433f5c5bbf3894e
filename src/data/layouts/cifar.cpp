// CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky 2009): records of one or two labels
// and 32×32 pixels, red, then green, then blue.
#include <algorithm>

#include "data/file.h"
#include "data/layouts/layout.h"

namespace signflip::layouts {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPlane = 32 * 32;

struct Version {
  const char* folder;
  std::vector<std::string> train, test;
  std::size_t labels;  ///< of a record; the last one counts
  const char* names;
};

const std::vector<Version>& versions() {
  static const std::vector<Version> all = {
      {"cifar-10-batches-bin",
       {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
        "data_batch_5.bin"},
       {"test_batch.bin"},
       1,
       "batches.meta.txt"},
      {"cifar-100-binary", {"train.bin"}, {"test.bin"}, 2, "fine_label_names.txt"}};
  return all;
}

struct Found {
  const Version& version;
  fs::path folder;
};

std::optional<Found> find(const fs::path& place, Split split) {
  std::error_code error;
  for (const Version& version : versions()) {
    for (const fs::path& folder : {place, place / version.folder}) {
      const auto& files = split == Split::train ? version.train : version.test;
      if (fs::is_regular_file(folder / files[0], error)) return Found{version, folder};
    }
  }
  return std::nullopt;
}

/// One name a line; empty lines count for nothing.
Result<std::vector<std::string>> read_names(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::vector<std::string>();
  const auto bytes = read_file(path, kMaxTextBytes);
  if (!bytes) return bytes.error();
  std::vector<std::string> names(1);
  for (const std::uint8_t byte : *bytes) {
    if (byte == '\n') {
      if (!names.back().empty()) names.emplace_back();
    } else if (byte != '\r') {
      names.back() += static_cast<char>(byte);
    }
  }
  if (names.back().empty()) names.pop_back();
  return names;
}

bool holds(const std::string&, const fs::path& place, Split split) {
  return find(place, split).has_value();
}

Result<Dataset> load(const std::string& name, const fs::path& place, Split split,
                     const std::optional<PictureSize>&) {
  const Found found = *find(place, split);
  Dataset dataset;
  dataset.name = name;
  dataset.split = split;
  std::string last;
  for (const std::string& file : split == Split::train ? found.version.train : found.version.test) {
    const fs::path path = found.folder / file;
    constexpr std::size_t kMost = std::size_t{1} << 30;
    const auto bytes = read_file(path, kMost);
    if (!bytes) return bytes.error();
    last = path.string();
    const Status taken = take_cifar(*bytes, found.version.labels, last, dataset);
    if (!taken) return taken.error();
    dataset.files.push_back({file, md5_hex(*bytes)});
  }
  auto names = read_names(found.folder / found.version.names);
  if (!names) return names.error();
  const std::size_t classes = found.version.labels == 1 ? 10 : 100;
  if (names->empty()) *names = known_class_names(name, static_cast<int>(classes));
  const Status named = name_classes(std::move(*names), {}, last, dataset);
  if (!named) return named.error();
  return dataset;
}

}  // namespace

Status take_cifar(std::span<const std::uint8_t> bytes, std::size_t labels, const std::string& where,
                  Dataset& dataset) {
  const std::size_t record = labels + 3 * kPlane;
  if (bytes.empty() || bytes.size() % record != 0) {
    return Error{where + " has " + std::to_string(bytes.size()) +
                 " bytes, which is not a number of records of " + std::to_string(record)};
  }
  dataset.image = {32, 32, 3};
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    dataset.labels.push_back(bytes[at + labels - 1]);
    const std::uint8_t* const planes = bytes.data() + at + labels;
    for (std::size_t i = 0; i < kPlane; ++i) {
      for (std::size_t c = 0; c < 3; ++c) dataset.pixels.push_back(planes[c * kPlane + i]);
    }
  }
  return {};
}

const Layout kCifar = {"CIFAR's data_batch_1.bin or train.bin", holds, load};

}  // namespace signflip::layouts
