// GTSRB in the folders that its makers, torchvision and Kaggle give it (data/gtsrb.h): whole
// pictures, resized to 32×32, or to the square that is wished for.
#include "data/gtsrb.h"

#include "data/gtsrb_index.h"
#include "data/layouts/layout.h"

namespace signflip::layouts {
namespace {

constexpr int kSide = 32;

bool holds(const std::string&, const std::filesystem::path& place, Split split) {
  const auto root = find_gtsrb_root(place);
  return root && has_gtsrb_split(*root, split);
}

Result<Dataset> load(const std::string& name, const std::filesystem::path& place, Split split,
                     const std::optional<PictureSize>& pictures) {
  auto dataset = load_gtsrb(place, split, {pictures ? pictures->height : kSide, GtsrbCrop::none});
  if (dataset) dataset->name = name;
  return dataset;
}

}  // namespace

const Layout kGtsrb = {"GTSRB's folders", holds, load};

}  // namespace signflip::layouts
