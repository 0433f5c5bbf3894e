// Finding and loading datasets; the IDX folder rule is here, GTSRB's own layout in gtsrb.cpp.
#include "data/dataset.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "data/csv.h"
#include "data/file.h"
#include "data/gtsrb.h"
#include "data/gtsrb_index.h"
#include "data/idx.h"
#include "data/image.h"
#include "data/shape_text.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;

constexpr int kOfficialSize = 32;  // what GTSRB's official pictures are resized to

std::vector<std::string> prefixes(Split split) {
  if (split == Split::train) return {"train-"};
  return {"t10k-", "test-"};
}

/// The first file, by name, that begins with one of the split's prefixes and `part` ("images-").
std::optional<fs::path> find_idx(const fs::path& folder, Split split, const std::string& part) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string file = entry->path().filename().string();
    for (const std::string& prefix : prefixes(split)) {
      if (file.starts_with(prefix + part)) found.push_back(entry->path());
    }
  }
  if (found.empty()) return std::nullopt;
  return *std::min_element(found.begin(), found.end());
}

bool holds_dataset(const fs::path& folder) {
  return find_idx(folder, Split::train, "images-") || find_idx(folder, Split::test, "images-") ||
         find_gtsrb_root(folder);
}

/// Reads one IDX file, and notes its checksum.
Result<IdxArray> load_part(const fs::path& folder, Split split, const std::string& part,
                           Dataset& dataset) {
  const auto path = find_idx(folder, split, part);
  if (!path) {
    std::string wanted;
    for (const std::string& prefix : prefixes(split)) {
      wanted += (wanted.empty() ? "" : " or ") + prefix + part + "*";
    }
    return Error{folder.string() + " has no file named " + wanted};
  }
  const auto bytes = read_maybe_gzip(*path, [&](std::span<const std::uint8_t> beginning) {
    return idx_size(beginning, path->string());
  });
  if (!bytes) return bytes.error();
  dataset.files.push_back({path->filename().string(), md5_hex(*bytes)});
  return parse_idx(*bytes, path->string());
}

/// Fills in the images, or says why the array does not hold any.
Status take_images(IdxArray array, const std::string& file, Dataset& dataset) {
  const auto& shape = array.shape;
  if (shape.size() != 3 && shape.size() != 4) {
    return Error{file + " has shape " + shape_text(shape) +
                 "; images are N×H×W, or N×H×W×C for colour"};
  }
  const std::size_t channels = shape.size() == 4 ? shape[3] : 1;
  if (channels != 1 && channels != 3) {
    return Error{file + " has images of " + std::to_string(channels) +
                 " channels; 1 (grey) or 3 (colour) are read"};
  }
  if (array.values.empty())
    return Error{file + " holds no images: its shape is " + shape_text(shape)};
  if (shape[1] > kMaxPictureSide || shape[2] > kMaxPictureSide) {
    return Error{file + " has images that are too large: " + shape_text(shape)};
  }
  dataset.image = {static_cast<int>(shape[1]), static_cast<int>(shape[2]),
                   static_cast<int>(channels)};
  dataset.pixels = std::move(array.values);
  return {};
}

Status take_labels(const IdxArray& array, const std::string& file, Dataset& dataset) {
  if (array.shape.size() != 1) {
    return Error{file + " has shape " + shape_text(array.shape) + "; labels have one dimension"};
  }
  const std::size_t images = dataset.pixels.size() / dataset.image.size();
  if (array.values.size() != images) {
    return Error{file + " has " + std::to_string(array.values.size()) + " labels for " +
                 std::to_string(images) + " images"};
  }
  dataset.labels.assign(array.values.begin(), array.values.end());
  return {};
}

/// Sets classes and names. `other_labels` are those of the folder's other split, which may know
/// more classes than this one shows.
Status name_classes(Dataset& dataset, const std::vector<std::uint8_t>& other_labels,
                    const std::string& file) {
  const auto top = std::max_element(dataset.labels.begin(), dataset.labels.end());
  dataset.classes = known_class_count(dataset.name);
  if (dataset.classes == 0) {
    dataset.classes = *top + 1;
    for (const std::uint8_t label : other_labels) {
      dataset.classes = std::max(dataset.classes, label + 1);
    }
  } else if (*top >= dataset.classes) {
    return Error{file + " has the label " + std::to_string(*top) + " for image " +
                 std::to_string(top - dataset.labels.begin()) + ", but " + dataset.name + " has " +
                 std::to_string(dataset.classes) + " classes"};
  }
  dataset.class_names = known_class_names(dataset.name, dataset.classes);
  return {};
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

Result<Dataset> load_idx_folder(const std::string& name, const fs::path& folder, Split split) {
  Dataset dataset;
  dataset.name = name;
  dataset.split = split;

  auto images = load_part(folder, split, "images-", dataset);
  if (!images) return images.error();
  const std::string image_file = (folder / dataset.files.back().name).string();
  if (Status s = take_images(*std::move(images), image_file, dataset); !s) return s.error();

  const auto labels = load_part(folder, split, "labels-", dataset);
  if (!labels) return labels.error();
  const std::string label_file = (folder / dataset.files.back().name).string();
  if (Status s = take_labels(*labels, label_file, dataset); !s) return s.error();

  std::vector<std::uint8_t> other_labels;
  const Split other = split == Split::train ? Split::test : Split::train;
  if (const auto path = find_idx(folder, other, "labels-"); path && known_class_count(name) == 0) {
    auto array = read_idx(*path);
    if (!array) return array.error();
    other_labels = std::move(array->values);
  }
  if (Status s = name_classes(dataset, other_labels, label_file); !s) return s.error();
  if (Status s = take_groups(folder, dataset); !s) return s.error();
  return dataset;
}

}  // namespace

Result<fs::path> find_dataset_folder(const std::string& name, const std::string& data_option) {
  std::vector<fs::path> candidates;
  std::string looked;
  if (!data_option.empty()) {
    candidates = {data_option, fs::path(data_option) / name};
    looked = candidates[0].string() + " and " + candidates[1].string();
  } else {
    const char* root = std::getenv("SIGNFLIP_DATA");
    if (root != nullptr && *root != '\0') {
      candidates.push_back(fs::path(root) / name);
      looked = "$SIGNFLIP_DATA/" + name + " (" + candidates[0].string() + ") and ";
    }
    candidates.push_back(fs::path("data") / name);
    looked += "./data/" + name;
  }
  for (const fs::path& candidate : candidates) {
    if (holds_dataset(candidate)) return candidate;
  }
  return Error{"no dataset " + name + " (train-images-*, t10k-images-* or GTSRB's folders) in " +
               looked + "; set data to its folder, or run tools/fetch-data"};
}

Result<Dataset> load_dataset(const std::string& name, const fs::path& folder, Split split) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return Error{folder.string() + " is not a folder"};
  if (!find_idx(folder, split, "images-") && find_gtsrb_root(folder)) {
    auto dataset = load_gtsrb(folder, split, {kOfficialSize, GtsrbCrop::none});
    if (dataset) dataset->name = name;
    return dataset;
  }
  return load_idx_folder(name, folder, split);
}

}  // namespace signflip
