// Finding and loading datasets, in whatever layout they lie there (layouts/).
#include "data/dataset.h"

#include <algorithm>
#include <cstdlib>

#include "core/concat.h"
#include "core/names.h"
#include "data/image.h"
#include "data/layouts/layout.h"

namespace signflip {
namespace {

namespace fs = std::filesystem;

/// In the order in which they are asked: the surer ones first.
const layouts::Layout* const kLayouts[] = {&layouts::kIdx,      &layouts::kArrays,
                                           &layouts::kCifar,    &layouts::kGtsrb,
                                           &layouts::kPixelCsv, &layouts::kImageFolder};

const layouts::Layout* layout_of(const std::string& name, const fs::path& place, Split split) {
  for (const layouts::Layout* layout : kLayouts) {
    if (layout->holds(name, place, split)) return layout;
  }
  return nullptr;
}

bool holds_dataset(const std::string& name, const fs::path& place) {
  return layout_of(name, place, Split::train) != nullptr ||
         layout_of(name, place, Split::test) != nullptr;
}

std::string known_layouts() {
  std::string text;
  for (const layouts::Layout* layout : kLayouts) {
    text += (text.empty() ? "" : "; ") + std::string(layout->looks_like);
  }
  return text;
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
    if (holds_dataset(name, candidate)) return candidate;
  }
  return Error{"no dataset " + name + " (" + known_layouts() + ") in " + looked +
               "; set data to its folder, or run tools/fetch-data"};
}

namespace {

/// An error where a size was demanded that images, which are no pictures, do not have.
Status check_size(const Dataset& dataset, const std::optional<PictureSize>& pictures) {
  if (!pictures || !pictures->demanded) return {};
  const ImageShape image = dataset.image;
  if (image.height == pictures->height && image.width == pictures->width &&
      (pictures->channels == 0 || image.channels == pictures->channels)) {
    return {};
  }
  return Error{"size is " + std::to_string(pictures->height) + "×" +
               std::to_string(pictures->width) + ", but " + dataset.name + " has images of " +
               to_string(image) + ": only pictures are resized"};
}

/// Pixels of another range than 0 to 255 are all but black; white ink on transparency becomes white
/// on white. Of other datasets only the first pixels are looked at.
std::string odd_pixels(const Dataset& dataset) {
  constexpr int kAllButWhite = 240;
  const auto& pixels = dataset.pixels;
  if (std::ranges::none_of(pixels, [](int pixel) { return pixel > kAllButBlack; })) {
    return concat("the brightest pixel of all images is ", int{std::ranges::max(pixels)},
                  " of 255: they are all but black");
  }
  if (std::ranges::none_of(pixels, [](int pixel) { return pixel < kAllButWhite; })) {
    return concat("the darkest pixel of all images is ", int{std::ranges::min(pixels)},
                  " of 255: they are all but white");
  }
  return {};
}

/// Classes between others that no training image has: labels that begin at 1, or have gaps.
std::string odd_labels(const Dataset& dataset) {
  constexpr std::size_t kShown = 5;
  if (dataset.split != Split::train) return {};
  std::vector<bool> seen(static_cast<std::size_t>(dataset.classes));
  for (const int label : dataset.labels) seen[static_cast<std::size_t>(label)] = true;
  std::vector<std::string> missing;
  for (std::size_t k = 0; k < seen.size(); ++k) {
    if (!seen[k]) missing.push_back(std::to_string(k));
  }
  if (missing.empty()) return {};
  const std::size_t others = missing.size() - std::min(missing.size(), kShown);
  missing.resize(missing.size() - others);
  return concat("no training image is of class ",
                listed(missing, [](const std::string& k) { return k; }),
                others > 0 ? concat(" or of ", others, " more") : "", ", of ", dataset.classes,
                missing[0] == "0" ? ": do the labels begin at 1?" : "");
}

void add_oddities(Dataset& dataset) {
  if (dataset.count() == 0) return;
  dataset.add_remark(odd_pixels(dataset));
  dataset.add_remark(odd_labels(dataset));
}

}  // namespace

void Dataset::add_remark(const std::string& sentence) {
  if (!sentence.empty()) remark += (remark.empty() ? "" : "; ") + sentence;
}

Result<Dataset> load_dataset(const std::string& name, const fs::path& place, Split split,
                             const std::optional<PictureSize>& pictures) {
  std::error_code error;
  if (!fs::exists(place, error)) return Error{place.string() + " does not exist"};
  if (const layouts::Layout* const layout = layout_of(name, place, split)) {
    auto dataset = layout->load(name, place, split, pictures);
    if (!dataset) return dataset;
    const Status sized = check_size(*dataset, pictures);
    if (!sized) return sized.error();
    add_oddities(*dataset);
    return dataset;
  }
  // What is there of the other split says what is missing.
  const Split other = split == Split::train ? Split::test : Split::train;
  const layouts::Layout* const half = layout_of(name, place, other);
  if (half == &layouts::kIdx) return half->load(name, place, split, {});
  const std::string wanted = split == Split::train ? "training" : "test";
  if (half != nullptr) {
    return Error{place.string() + " (" + half->looks_like + ") has no " + wanted + " images"};
  }
  return Error{place.string() + " holds no dataset: expected " + known_layouts()};
}

}  // namespace signflip
