#include "data/framing.h"

#include <algorithm>
#include <cctype>

#include "core/concat.h"
#include "data/dataset.h"
#include "data/prepare.h"

namespace signflip {
namespace {

constexpr int kSigns = 43;

bool is_digit_shape(ImageShape shape) { return shape == ImageShape{kDigitSide, kDigitSide, 1}; }

/// Whether every class is one digit or letter.
bool are_characters(const std::vector<std::string>& classes) {
  return !classes.empty() && std::ranges::all_of(classes, [](const std::string& name) {
    return name.size() == 1 && std::isalnum(static_cast<unsigned char>(name[0])) != 0;
  });
}

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

Framing framing_for(ImageShape shape, const std::vector<std::string>& classes) {
  if (is_digit_shape(shape) && are_characters(classes)) return Framing::digit;
  if (classes.size() == kSigns && classes == known_class_names("gtsrb", kSigns)) {
    return Framing::whole;
  }
  return Framing::middle;
}

Result<Framing> framing_from_name(const std::string& name, ImageShape shape,
                                  const std::vector<std::string>& classes) {
  if (name == "auto") return framing_for(shape, classes);
  if (name == "middle") return Framing::middle;
  if (name == "whole") return Framing::whole;
  if (name != "digit") {
    return Error{"picture is " + name + ", expected auto, digit, middle or whole"};
  }
  if (is_digit_shape(shape)) return Framing::digit;
  return Error{"picture is digit, but the model takes images of " + to_string(shape) +
               "; digits are 28×28×1"};
}

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
