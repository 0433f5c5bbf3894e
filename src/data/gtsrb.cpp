// Decoding and resizing GTSRB's pictures, and importing them into IDX files.
#include "data/gtsrb.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include "data/file.h"
#include "data/gtsrb_index.h"
#include "data/idx.h"
#include "data/image.h"
#include "data/temporary.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxSize = 256;

Result<Picture> load_picture(const GtsrbRow& row, const GtsrbOptions& options) {
  const auto bytes = read_file(row.picture, kMaxPictureBytes);
  if (!bytes) return Error{row.place + ": " + bytes.error().message};
  auto picture = decode_picture(*bytes, row.picture.string());
  if (!picture) return Error{row.place + ": " + picture.error().message};
  if (picture->width != row.width || picture->height != row.height) {
    return Error{row.place + ": " + std::to_string(row.width) + "×" + std::to_string(row.height) +
                 " pixels, but the picture has " + std::to_string(picture->width) + "×" +
                 std::to_string(picture->height)};
  }
  Picture colour = convert_channels(*picture, 3);
  if (options.crop == GtsrbCrop::roi) {
    colour = crop(colour, row.left, row.top, row.right - row.left, row.bottom - row.top);
  }
  return resize_bilinear(colour, options.size, options.size);
}

/// Loads the pictures of an index. `before` and `total` place them in a longer piece of work.
Result<Dataset> load_rows(const GtsrbIndex& index, Split split, const GtsrbOptions& options,
                          std::size_t before, std::size_t total) {
  Dataset dataset;
  dataset.name = "gtsrb";
  dataset.split = split;
  dataset.image = {options.size, options.size, 3};
  dataset.classes = kGtsrbClasses;
  dataset.class_names = known_class_names("gtsrb", kGtsrbClasses);
  dataset.pixels.reserve(index.rows.size() * dataset.image.size());

  std::map<std::pair<int, int>, int> tracks;
  for (const GtsrbRow& row : index.rows) {
    const auto picture = load_picture(row, options);
    if (!picture) return picture.error();
    dataset.pixels.insert(dataset.pixels.end(), picture->pixels.begin(), picture->pixels.end());
    dataset.labels.push_back(row.label);
    if (split == Split::train) {
      const auto next = static_cast<int>(tracks.size());
      dataset.groups.push_back(tracks.try_emplace({row.label, row.track}, next).first->second);
    }
    if (options.progress && !options.progress(before + dataset.count(), total)) {
      return Error{"stopped before all GTSRB pictures were read"};
    }
  }
  for (const fs::path& table : index.tables) {
    const auto bytes = read_file(table, kMaxTableBytes);
    if (!bytes) return bytes.error();
    dataset.files.push_back({table.filename().string(), md5_hex(*bytes)});
  }
  return dataset;
}

Status check_size(int size) {
  if (size >= 1 && size <= kMaxSize) return {};
  return Error{"the size " + std::to_string(size) + " is out of range: 1 to " +
               std::to_string(kMaxSize) + " pixels"};
}

Error no_gtsrb(const fs::path& folder) {
  return Error{
      folder.string() + " is not GTSRB's official folder: it has neither " +
      "Final_Training/Images nor Final_Test/Images (nor Training, as torchvision has it, " +
      "nor Kaggle's Train.csv and Test.csv)"};
}

std::string index_csv(const GtsrbIndex& index, Split split) {
  std::string text = split == Split::train ? "class,track,frame" : "class,file";
  text += ",width,height,roi_x1,roi_y1,roi_x2,roi_y2\n";
  for (const GtsrbRow& row : index.rows) {
    text += std::to_string(row.label) + ",";
    text += split == Split::train ? std::to_string(row.track) + "," + std::to_string(row.frame)
                                  : row.picture.filename().string();
    for (const int value : {row.width, row.height, row.left, row.top, row.right, row.bottom}) {
      text += ',';
      text += std::to_string(value);
    }
    text += "\n";
  }
  return text;
}

Status write_split(const fs::path& folder, Dataset dataset, const GtsrbIndex& index) {
  const std::string prefix = dataset.split == Split::train ? "train-" : "test-";
  const auto side = static_cast<std::size_t>(dataset.image.height);
  IdxArray labels{{dataset.count()}, {}};
  for (const int label : dataset.labels) labels.values.push_back(static_cast<std::uint8_t>(label));
  const IdxArray images{{dataset.count(), side, side, 3}, std::move(dataset.pixels)};
  const std::string csv = index_csv(index, dataset.split);

  if (Status s = write_idx(folder / (prefix + "images-idx4-ubyte.gz"), images); !s) return s;
  if (Status s = write_idx(folder / (prefix + "labels-idx1-ubyte.gz"), labels); !s) return s;
  return write_file_atomically(folder / (prefix + "index.csv"), text_bytes(csv));
}

}  // namespace

Result<Dataset> load_gtsrb(const fs::path& folder, Split split, const GtsrbOptions& options) {
  if (Status s = check_size(options.size); !s) return s.error();
  const auto root = find_gtsrb_root(folder);
  if (!root) return no_gtsrb(folder);
  if (!has_gtsrb_split(*root, split)) {
    return Error{root->string() + " has no " +
                 (split == Split::train ? "Final_Training/Images" : "Final_Test/Images")};
  }
  const auto index = read_gtsrb_index(*root, split);
  if (!index) return index.error();
  return load_rows(*index, split, options, 0, index->rows.size());
}

Result<GtsrbCounts> import_gtsrb(const fs::path& source, const fs::path& destination, int size,
                                 GtsrbCrop crop, const Progress& progress) {
  if (Status s = check_size(size); !s) return s.error();
  const auto root = find_gtsrb_root(source);
  if (!root) return no_gtsrb(source);
  std::error_code error;
  const fs::path target = fs::weakly_canonical(fs::absolute(destination, error), error);
  if (error) return Error{"cannot write " + destination.string() + ": " + error.message()};
  if (fs::exists(target, error) && !fs::is_empty(target, error)) {
    return Error{destination.string() + " is not empty; name a new folder for the imported files"};
  }

  // All tables first, so that an error in one is found before 40,000 pictures are read.
  std::vector<std::pair<Split, GtsrbIndex>> splits;
  std::size_t total = 0;
  for (const Split split : {Split::train, Split::test}) {
    if (!has_gtsrb_split(*root, split)) continue;
    auto index = read_gtsrb_index(*root, split);
    if (!index) return index.error();
    total += index->rows.size();
    splits.emplace_back(split, *std::move(index));
  }

  fs::create_directories(target.parent_path(), error);
  if (error) return Error{"cannot write " + destination.string() + ": " + error.message()};
  auto folder = Temporary::create(target, Temporary::Kind::folder, 0777);
  if (!folder) return folder.error();
  GtsrbCounts counts;
  std::size_t done = 0;
  for (const auto& [split, index] : splits) {
    auto dataset = load_rows(index, split, {size, crop, progress}, done, total);
    if (!dataset) return dataset.error();
    if (Status s = write_split(folder->path(), *std::move(dataset), index); !s) return s.error();
    (split == Split::train ? counts.train : counts.test) = index.rows.size();
    done += index.rows.size();
  }
  if (!folder->move_to(target)) {
    return Error{"cannot write " + destination.string() + ": " + std::strerror(errno)};
  }
  return counts;
}

}  // namespace signflip
