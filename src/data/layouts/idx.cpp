// MNIST's format under all the names that its mirrors and relatives use: train-images-idx3-ubyte,
// train-images.idx3-ubyte, emnist-letters-train-images-idx3-ubyte, each .gz or not, each perhaps in
// a folder that is named like it (Kaggle), in the folder itself or in raw/ or MNIST/raw/
// (torchvision).
#include <algorithm>
#include <map>

#include "data/csv.h"
#include "data/file.h"
#include "data/idx.h"
#include "data/layouts/layout.h"
#include "data/shape_text.h"

namespace signflip::layouts {
namespace {

namespace fs = std::filesystem;

/// What is before the split's word in a file's name, "emnist-letters" say; nothing where the name
/// is not that of such a file.
std::optional<std::string> family_of(std::string_view file, Split split, std::string_view part) {
  for (const char* other : {".npy", ".npz", ".csv", ".txt", ".md5", ".sha256", ".tmp"}) {
    if (file.ends_with(other)) return std::nullopt;
  }
  for (const std::string_view word : split_words(split)) {
    const std::string wanted = std::string(word) + "-" + std::string(part);
    const std::size_t at = file.find(wanted);
    if (at == std::string_view::npos || (at > 0 && file[at - 1] != '-')) continue;
    const std::string_view rest = file.substr(at + wanted.size());
    if (!rest.starts_with('-') && !rest.starts_with('.') && !rest.starts_with('_')) continue;
    return std::string(file.substr(0, at > 0 ? at - 1 : 0));
  }
  return std::nullopt;
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The file itself, or the one like it in the folder of its name.
std::optional<fs::path> as_file(const fs::path& path, Split split, std::string_view part) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return path;
  for (const fs::path& inner : entries(path)) {
    if (fs::is_regular_file(inner, error) && family_of(inner.filename().string(), split, part)) {
      return inner;
    }
  }
  return std::nullopt;
}

/// Files by family; of several in one family the first by name, so a plain file precedes its .gz.
std::map<std::string, fs::path> files_in(const fs::path& folder, Split split,
                                         std::string_view part) {
  std::map<std::string, fs::path> files;
  std::error_code error;
  for (const bool folders : {false, true}) {
    for (const fs::path& entry : entries(folder)) {
      if (fs::is_directory(entry, error) != folders) continue;
      const auto family = family_of(entry.filename().string(), split, part);
      if (!family) continue;
      if (const auto file = as_file(entry, split, part)) files.try_emplace(*family, *file);
    }
  }
  return files;
}

/// The folders in which they may lie: this one, raw/, and raw/ of a folder that is named like the
/// dataset, or of the only folder that has one.
std::vector<fs::path> places(const std::string& name, const fs::path& folder) {
  std::vector<fs::path> all = {folder, folder / "raw"}, inner;
  std::error_code error;
  for (const fs::path& entry : entries(folder)) {
    if (!fs::is_directory(entry / "raw", error)) continue;
    if (plain_name(entry.filename().string()) == plain_name(name)) {
      all.push_back(entry / "raw");
      return all;
    }
    inner.push_back(entry / "raw");
  }
  if (inner.size() == 1) all.push_back(inner[0]);
  return all;
}

/// The file of a part, or why there is none, or more than one.
Result<fs::path> find(const std::string& name, const fs::path& folder, Split split,
                      std::string_view part) {
  for (const fs::path& place : places(name, folder)) {
    const auto files = files_in(place, split, part);
    if (files.empty()) continue;
    if (files.size() == 1) return files.begin()->second;
    for (const auto& [family, file] : files) {
      if (plain_name(family) == plain_name(name) || (family.empty() && name == "mnist"))
        return file;
    }
    std::string found;
    for (const auto& [family, file] : files) {
      found += (found.empty() ? "" : ", ") + (family.empty() ? "without a name" : family);
    }
    return Error{place.string() + " holds several datasets (" + found +
                 "), and none of them is called " + name};
  }
  std::string wanted;
  for (const std::string_view word : split_words(split)) {
    wanted += (wanted.empty() ? "" : " or ") + std::string(word) + "-" + std::string(part) + "-*";
  }
  return Error{folder.string() + " has no file named " + wanted};
}

Result<IdxArray> load_part(const fs::path& path, Dataset& dataset) {
  const auto bytes = read_maybe_gzip(path, [&](std::span<const std::uint8_t> beginning) {
    return idx_size(beginning, path.string());
  });
  if (!bytes) return bytes.error();
  dataset.files.push_back({path.filename().string(), md5_hex(*bytes)});
  return parse_idx(*bytes, path.string());
}

Result<std::vector<int>> labels_from(const IdxArray& array, const std::string& file) {
  if (array.shape.size() != 1) {
    return Error{file + " has shape " + shape_text(array.shape) + "; labels have one dimension"};
  }
  return std::vector<int>(array.values.begin(), array.values.end());
}

/// Numbers the tracks of train-index.csv, where there is one.
Status take_groups(const fs::path& folder, Dataset& dataset) {
  const fs::path path = folder / "train-index.csv";
  std::error_code error;
  if (dataset.split != Split::train || !fs::exists(path, error)) return {};
  const auto table = read_csv(path, ',');
  if (!table) return table.error();
  const auto class_column = table->column("class");
  if (!class_column) return class_column.error();
  const auto track_column = table->column("track");
  if (!track_column) return track_column.error();
  if (table->rows.size() != dataset.count()) {
    return Error{path.string() + " has " + std::to_string(table->rows.size()) + " rows for " +
                 std::to_string(dataset.count()) + " images"};
  }

  std::map<std::pair<int, int>, int> tracks;
  for (std::size_t row = 0; row < table->rows.size(); ++row) {
    const auto label = table->number(row, *class_column);
    if (!label) return label.error();
    const auto track = table->number(row, *track_column);
    if (!track) return track.error();
    if (*label != dataset.labels[row]) {
      return Error{table->place(row) + ": class " + std::to_string(*label) +
                   " where the label file has " + std::to_string(dataset.labels[row])};
    }
    const auto next = static_cast<int>(tracks.size());
    dataset.groups.push_back(tracks.try_emplace({*label, *track}, next).first->second);
  }
  return {};
}

bool holds(const std::string& name, const fs::path& folder, Split split) {
  const auto places_of = places(name, folder);
  return std::any_of(places_of.begin(), places_of.end(), [&](const fs::path& place) {
    return !files_in(place, split, "images").empty();
  });
}

Result<Dataset> load(const std::string& name, const fs::path& folder, Split split,
                     const std::optional<PictureSize>&) {
  Dataset dataset;
  dataset.name = name;
  dataset.split = split;
  const auto image_file = find(name, folder, split, "images");
  if (!image_file) return image_file.error();
  auto images = load_part(*image_file, dataset);
  if (!images) return images.error();
  Status status =
      take_images(images->shape, std::move(images->values), image_file->string(), dataset);
  if (!status) return status.error();

  const auto label_file = find(name, folder, split, "labels");
  if (!label_file) return label_file.error();
  const auto array = load_part(*label_file, dataset);
  if (!array) return array.error();
  auto labels = labels_from(*array, label_file->string());
  if (!labels) return labels.error();
  const std::string family =
      family_of(image_file->filename().string(), split, "images").value_or("");
  if (is_emnist(family)) take_emnist(family, *labels, dataset);
  status = take_labels(std::move(*labels), label_file->string(), dataset);
  if (!status) return status.error();

  // The other split may know more classes than this one shows.
  std::vector<int> others;
  const Split other = split == Split::train ? Split::test : Split::train;
  const std::string& known = known_class_count(family) > 0 ? family : name;
  if (const auto path = find(name, folder, other, "labels");
      path && known_class_count(known) == 0) {
    const auto more = read_idx(*path);
    if (!more) return more.error();
    others.assign(more->values.begin(), more->values.end());
  }
  status = name_classes({}, others, label_file->string(), dataset, known);
  if (!status) return status.error();
  status = take_groups(folder, dataset);
  if (!status) return status.error();
  return dataset;
}

}  // namespace

const Layout kIdx = {"train-images-*, t10k-images-*", holds, load};

}  // namespace signflip::layouts
