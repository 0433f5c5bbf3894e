#include "data/framing.h"

#include "core/concat.h"
#include "data/prepare.h"

namespace signflip {
namespace {

std::string size_text(int width, int height) { return concat(width, "×", height); }

Result<FramedPicture> frame_digit(const Picture& picture, const std::string& name) {
  bool inverted = false;
  const bool finished = picture.width == kDigitSide && picture.height == kDigitSide;
  auto digit = prepare_digit(picture, name, &inverted);
  // Nothing to tell ink from paper by, and nothing to be cut: the image of a model as it is.
  if (!digit && finished) return FramedPicture{convert_channels(picture, 1), ""};
  if (!digit) return digit.error();
  std::string remark;
  if (!finished) {
    remark = size_text(picture.width, picture.height) + ", " + (inverted ? "inverted, " : "") +
             "its ink cut out, resized to 20 pixels and centred";
  } else if (inverted) {
    remark = "inverted: its ink is darker than its paper";
  }
  return FramedPicture{std::move(*digit), remark};
}

}  // namespace

Result<FramedPicture> frame(const Picture& picture, ImageShape shape, Framing framing,
                            const std::string& name) {
  if (shape.channels != 1 && shape.channels != 3) {
    return Error{name + " is a picture, but the model expects images of " +
                 std::to_string(shape.channels) + " channels"};
  }
  if (framing == Framing::digit) return frame_digit(picture, name);
  const bool fits = picture.width == shape.width && picture.height == shape.height;
  const bool middle = framing == Framing::middle;
  FramedPicture framed;
  framed.picture = middle ? prepare_middle(picture, shape.width, shape.height, shape.channels)
                          : resize_bilinear(convert_channels(picture, shape.channels), shape.width,
                                            shape.height);
  if (!fits) {
    framed.remark = size_text(picture.width, picture.height) +
                    (middle ? ", its middle resized to " : ", all of it resized to ") +
                    size_text(shape.width, shape.height);
  }
  return framed;
}

}  // namespace signflip
