// A folder of class folders with pictures (torchvision's ImageFolder): train/CLASS/*.png and
// test/CLASS/*.png, or CLASS/*.png alone, which is then whatever split is asked for. Classes are in
// the order of their folders' names; where all of these are numbers, in that of the numbers.
// Pictures of any size go the way of single pictures (data/framing.h).
#include <algorithm>

#include "core/concat.h"
#include "core/number.h"
#include "data/file.h"
#include "data/framing.h"
#include "data/layouts/layout.h"
#include "data/picture_files.h"

namespace signflip::layouts {
namespace {

namespace fs = std::filesystem;

/// Class folders in the order of their classes; empty where there are none with pictures.
std::vector<fs::path> class_folders(const fs::path& folder) {
  std::vector<fs::path> folders = folders_in(folder);
  std::erase_if(folders, [](const fs::path& path) { return picture_files(path).empty(); });
  const auto number = [](const fs::path& path) { return parse_whole(path.filename().string()); };
  if (std::all_of(folders.begin(), folders.end(),
                  [&](const auto& p) { return number(p).has_value(); })) {
    std::stable_sort(folders.begin(), folders.end(),
                     [&](const auto& a, const auto& b) { return *number(a) < *number(b); });
  }
  return folders;
}

/// The folder of the split's class folders.
std::optional<fs::path> find(const fs::path& place, Split split) {
  std::error_code error;
  static constexpr std::string_view kTrain[] = {"train", "training", "Train", "Training"};
  static constexpr std::string_view kTest[] = {"test", "testing", "Test",      "Testing",
                                               "val",  "valid",   "validation"};
  bool divided = false;
  for (const bool wanted : {true, false}) {
    const bool train = (split == Split::train) == wanted;
    const std::span<const std::string_view> names = train
                                                        ? std::span<const std::string_view>(kTrain)
                                                        : std::span<const std::string_view>(kTest);
    for (const std::string_view name : names) {
      if (class_folders(place / name).empty()) continue;
      if (wanted) return place / name;
      divided = true;
    }
  }
  if (divided || class_folders(place).empty()) return std::nullopt;
  return place;
}

bool holds(const std::string&, const fs::path& place, Split split) {
  return find(place, split).has_value();
}

/// The pictures as they are in the files.
struct Pictures {
  std::vector<Picture> all;
  std::vector<int> labels;
  std::vector<std::string> names;  ///< of files
};

Result<Pictures> read_all(const std::vector<fs::path>& folders) {
  Pictures pictures;
  for (std::size_t k = 0; k < folders.size(); ++k) {
    for (const fs::path& file : picture_files(folders[k])) {
      const auto bytes = read_file(file, kMaxPictureBytes);
      if (!bytes) return bytes.error();
      auto picture = decode_picture(*bytes, file.string());
      if (!picture) return picture.error();
      pictures.all.push_back(std::move(*picture));
      pictures.labels.push_back(static_cast<int>(k));
      pictures.names.push_back(file.string());
    }
  }
  return pictures;
}

/// What all of them become: what is wished for, else what is known of the dataset, else as they are
/// where they are alike.
Result<ImageShape> common_shape(const Pictures& pictures, const std::string& name,
                                const std::optional<PictureSize>& wish) {
  int channels = 1;
  for (const Picture& picture : pictures.all) channels = std::max(channels, picture.channels);
  if (wish) {
    return ImageShape{wish->height, wish->width, wish->channels > 0 ? wish->channels : channels};
  }
  if (const auto known = known_shape(name)) return *known;
  const Picture& first = pictures.all[0];
  for (std::size_t i = 0; i < pictures.all.size(); ++i) {
    const Picture& picture = pictures.all[i];
    if (picture.width == first.width && picture.height == first.height) continue;
    return Error{pictures.names[i] + " is " + std::to_string(picture.width) + "×" +
                 std::to_string(picture.height) + " pixels, but " + pictures.names[0] + " is " +
                 std::to_string(first.width) + "×" + std::to_string(first.height) +
                 ": say to what size pictures are resized, --size 32"};
  }
  return ImageShape{first.height, first.width, channels};
}

/// "500 of 1200 pictures changed, as first.png: 30×40, its middle resized to 32×32".
std::string summary(const std::vector<std::string>& remarks, std::size_t pictures) {
  if (remarks.empty()) return "";
  return std::to_string(remarks.size()) + " of " + std::to_string(pictures) +
         " pictures were changed, such as " + remarks[0];
}

Result<Dataset> load(const std::string& name, const fs::path& place, Split split,
                     const std::optional<PictureSize>& wish) {
  const fs::path folder = *find(place, split);
  const std::vector<fs::path> folders = class_folders(folder);
  for (const fs::path& other : folders_in(folder)) {
    if (!picture_files(other).empty() || unread_pictures(other).empty()) continue;
    return Error{concat("of ", other.string(), " no picture is read (",
                        unread_pictures(other)[0].filename().string(),
                        "): expected PNG, JPEG, BMP or PPM")};
  }
  auto pictures = read_all(folders);
  if (!pictures) return pictures.error();
  const auto shape = common_shape(*pictures, name, wish);
  if (!shape) return shape.error();
  std::vector<std::string> names;
  for (const fs::path& one : folders) names.push_back(one.filename().string());
  // Folders of a known dataset are often called by their numbers: then its names are better.
  const bool numbered = parse_whole(names.front()) == 0 &&
                        parse_whole(names.back()) == static_cast<int>(names.size()) - 1;
  if (numbered) names = known_class_names(name, static_cast<int>(names.size()));
  const Framing framing = framing_for(*shape, names);
  Dataset dataset;
  dataset.name = name;
  dataset.split = split;
  dataset.undivided = folder == place;
  dataset.image = *shape;
  dataset.pixels.reserve(pictures->all.size() * shape->size());
  std::vector<std::string> remarks;
  for (std::size_t i = 0; i < pictures->all.size(); ++i) {
    const auto framed = frame(pictures->all[i], *shape, framing, pictures->names[i]);
    if (!framed) return framed.error();
    const auto& pixels = framed->picture.pixels;
    dataset.pixels.insert(dataset.pixels.end(), pixels.begin(), pixels.end());
    if (!framed->remark.empty()) remarks.push_back(pictures->names[i] + ": " + framed->remark);
  }
  dataset.remark = summary(remarks, pictures->all.size());
  dataset.add_remark(unread_remark(folders));
  Status status = take_labels(std::move(pictures->labels), folder.string(), dataset);
  if (!status) return status.error();
  status = name_classes(std::move(names), {}, folder.string(), dataset);
  if (!status) return status.error();
  dataset.files.push_back({"pictures", md5_hex(dataset.pixels)});
  return dataset;
}

}  // namespace

const Layout kImageFolder = {"a folder of class folders with pictures", holds, load};

}  // namespace signflip::layouts
