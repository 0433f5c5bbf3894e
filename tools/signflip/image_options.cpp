#include "image_options.h"

#include "data/picture_files.h"

namespace signflip::cli {
namespace {

/// Several pictures of one kind need no line each.
constexpr std::size_t kMostRemarks = 4;

void say_all(const std::vector<std::string>& remarks) {
  for (std::size_t i = 0; i < remarks.size(); ++i) {
    if (i == kMostRemarks && remarks.size() > kMostRemarks + 1) {
      say("… and " + std::to_string(remarks.size() - i) + " more pictures likewise");
      return;
    }
    say(remarks[i]);
  }
}

}  // namespace

void ImageOptions::add_to(const Command& command) {
  command
      .add_option("--images", paths_,
                  "pictures, one or several, or a folder of them; .npy or IDX (.gz) arrays")
      .required();
  command
      .add_option("--picture", picture_,
                  "how a picture becomes an image: digit (dark ink on light paper or light on "
                  "dark, its ink cut out and centred as MNIST's), middle (the middle, resized), "
                  "whole (all of it, resized as GTSRB's); auto: digit for models of digits and "
                  "letters, whole for those of GTSRB, else middle")
      .one_of({"auto", "digit", "middle", "whole"})
      .shows_default();
}

std::vector<Input> ImageOptions::inputs(std::vector<Input> others) const {
  for (const std::string& path : paths_) {
    others.push_back({"--images", path});
    for (const auto& picture : picture_files(path))
      others.push_back({"--images", picture.string()});
  }
  return others;
}

std::string ImageOptions::title() const {
  if (paths_.size() == 1) return std::filesystem::path(paths_[0]).filename().string();
  return std::to_string(paths_.size()) + " files";
}

Result<LoadedImages> ImageOptions::load(const Sequential& network) const {
  const auto framing =
      framing_from_name(picture_, network.input_shape(), network.architecture().classes);
  if (!framing) return framing.error();
  auto loaded = load_images(paths_, network.input_shape(), *framing);
  if (!loaded) return loaded;
  if (picture_ != "auto" && loaded->pictures == 0) {
    return Error{"--picture was given, but there are no pictures among --images, only arrays"};
  }
  say_all(loaded->remarks);
  return loaded;
}

}  // namespace signflip::cli
