// Which framing a model's pictures get.
#include <algorithm>
#include <cctype>

#include "data/dataset.h"
#include "data/framing.h"
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

}  // namespace signflip
