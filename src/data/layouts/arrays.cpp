// NumPy's arrays: one .npz with the arrays of both splits, under MedMNIST's names (train_images,
// train_labels) or Keras' (x_train, y_train), or a folder with the same as .npy files.
#include <algorithm>
#include <map>

#include "data/array_images.h"
#include "data/file.h"
#include "data/layouts/layout.h"
#include "data/layouts/zip.h"
#include "data/npy.h"
#include "data/shape_text.h"

namespace signflip::layouts {
namespace {

namespace fs = std::filesystem;

/// Names of images and labels; "*" stands for the split's word.
constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"*_images", "*_labels"}, {"x_*", "y_*"},           {"X_*", "y_*"}, {"X_*", "Y_*"},
    {"*_data", "*_labels"},   {"images_*", "labels_*"}, {"*_x", "*_y"}, {"*_X", "*_y"}};

std::string filled(std::string_view pattern, std::string_view word) {
  std::string name(pattern);
  return name.replace(name.find('*'), 1, word);
}

/// Where arrays come from: an archive, or a folder. By name, with _ for -.
struct Source {
  fs::path place;                     // of the .npz, or the folder
  std::vector<std::uint8_t> archive;  // where it is one
  std::map<std::string, ZipEntry> entries;
  std::map<std::string, fs::path> files;

  bool has(const std::string& name) const { return entries.contains(name) || files.contains(name); }
  std::string title(const std::string& name) const {
    return entries.empty() ? files.at(name).string() : place.string() + ", " + name;
  }
  Result<std::vector<std::uint8_t>> read(const std::string& name) const {
    if (!entries.empty()) return unzip(archive, entries.at(name), place.string());
    const std::string file = files.at(name).string();
    return read_file(file,
                     [&](std::span<const std::uint8_t> start) { return npy_size(start, file); });
  }
};

std::string array_name(const std::string& file) {
  std::string name = file.substr(0, file.size() - 4);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// The archive that a place is or holds: the one named like the dataset, or the only one.
std::optional<fs::path> find_archive(const std::string& name, const fs::path& place) {
  std::error_code error;
  if (fs::is_regular_file(place, error)) {
    return place.extension() == ".npz" ? std::optional(place) : std::nullopt;
  }
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(place, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".npz") continue;
    if (plain_name(entry->path().stem().string()) == plain_name(name)) return entry->path();
    found.push_back(entry->path());
  }
  if (found.size() == 1) return found[0];
  return std::nullopt;
}

Result<std::vector<std::uint8_t>> read_archive(const fs::path& path) {
  return read_file(path, [&](std::span<const std::uint8_t> start) -> Result<std::size_t> {
    if (looks_like_zip(start)) return kMaxFileBytes;
    return Error{path.string() + " is not an .npz file: it does not begin as a ZIP archive"};
  });
}

Result<Source> open_archive(const fs::path& path, std::vector<std::uint8_t> bytes) {
  Source source;
  source.place = path;
  source.archive = std::move(bytes);
  auto entries = zip_entries(source.archive, path.string());
  if (!entries) return entries.error();
  for (ZipEntry& entry : *entries) {
    if (entry.name.ends_with(".npy")) {
      const std::string name = array_name(entry.name);
      source.entries.emplace(name, std::move(entry));
    }
  }
  if (source.entries.empty()) return Error{path.string() + " holds no .npy arrays"};
  return source;
}

Source open_folder(const fs::path& folder) {
  Source source;
  source.place = folder;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".npy") {
      source.files.emplace(array_name(entry->path().filename().string()), entry->path());
    }
  }
  return source;
}

/// The names of the split's images and labels.
std::optional<std::pair<std::string, std::string>> find_pair(const Source& source, Split split) {
  for (const std::string_view word : split_words(split)) {
    for (const auto& [images, labels] : kNames) {
      std::pair pair(filled(images, word), filled(labels, word));
      if (source.has(pair.first) && source.has(pair.second)) return pair;
    }
  }
  return std::nullopt;
}

bool holds(const std::string& name, const fs::path& place, Split split) {
  if (find_archive(name, place)) return true;  // what it holds is told on loading
  return find_pair(open_folder(place), split).has_value();
}

Result<Dataset> dataset_of(const Source& source, const std::string& name, Split split) {
  const auto pair = find_pair(source, split);
  if (!pair) {
    std::string found;
    for (const auto& [key, entry] : source.entries) found += (found.empty() ? "" : ", ") + key;
    const std::string word(split_words(split)[0]);
    return Error{source.place.string() + " has no " + word + "_images and " + word +
                 "_labels, nor x_" + word + " and y_" + word + "; it holds " + found};
  }
  const auto images = source.read(pair->first);
  if (!images) return images.error();
  const auto label_bytes = source.read(pair->second);
  if (!label_bytes) return label_bytes.error();
  auto read = read_array_images({source.title(pair->first), *images},
                                {source.title(pair->second), *label_bytes});
  if (!read) return read.error();
  Dataset dataset = std::move(*read);
  dataset.name = name;
  dataset.split = split;
  dataset.files = {{pair->first, md5_hex(*images)}, {pair->second, md5_hex(*label_bytes)}};

  std::vector<int> others;
  if (const auto other = find_pair(source, split == Split::train ? Split::test : Split::train)) {
    const auto bytes = source.read(other->second);
    if (!bytes) return bytes.error();
    auto more = read_labels(*bytes, source.title(other->second));
    if (!more) return more.error();
    others = std::move(*more);
  }
  const Status status = name_classes({}, others, source.title(pair->second), dataset);
  if (!status) return status.error();
  return dataset;
}

Result<Dataset> load(const std::string& name, const fs::path& place, Split split,
                     const std::optional<PictureSize>&) {
  const auto archive = find_archive(name, place);
  if (!archive) return dataset_of(open_folder(place), name, split);
  auto bytes = read_archive(*archive);
  if (!bytes) return bytes.error();
  return parse_npz(std::move(*bytes), *archive, name, split);
}

}  // namespace

Result<Dataset> parse_npz(std::vector<std::uint8_t> bytes, const fs::path& path,
                          const std::string& name, Split split) {
  const auto source = open_archive(path, std::move(bytes));
  if (!source) return source.error();
  return dataset_of(*source, name, split);
}

const Layout kArrays = {"an .npz, or x_train.npy and y_train.npy", holds, load};

}  // namespace signflip::layouts
