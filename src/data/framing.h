// From a picture file of any size to an image of a model or dataset: the one way that it goes, for
// a single picture, several of them and the class folders of a dataset; in the page, too.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/tensor.h"
#include "data/image.h"

namespace signflip {

enum class Framing {
  digit,   ///< ink on paper as MNIST's: prepare_digit()
  middle,  ///< the middle with the image's ratio of sides, resized: prepare_middle()
  whole,   ///< all of it, resized as GTSRB's published arrays are: resize_bilinear()
};

/// digit for 28×28 grey images whose classes are digits or letters, whole for GTSRB's classes, else
/// middle.
Framing framing_for(ImageShape shape, const std::vector<std::string>& classes);

/// "auto" is framing_for(); "digit", "middle" and "whole" are themselves, refused where the images
/// cannot have that framing.
Result<Framing> framing_from_name(const std::string& name, ImageShape shape,
                                  const std::vector<std::string>& classes);
// Both in framing_choice.cpp, in native builds only.

struct FramedPicture {
  Picture picture;
  std::string
      remark;  ///< what was done, where anything was: "640×480, its middle resized to 32×32"
};

/// The picture as an image of this shape, 1 or 3 channels. `name` is what errors call it.
Result<FramedPicture> frame(const Picture& picture, ImageShape shape, Framing framing,
                            const std::string& name);

}  // namespace signflip
