#include "data/shape_text.h"

#include "core/concat.h"

namespace signflip {

std::string shape_text(std::span<const std::size_t> shape) {
  std::string text;
  for (const std::size_t dimension : shape) {
    text += (text.empty() ? "" : "×") + std::to_string(dimension);
  }
  return text.empty() ? "()" : text;
}

Result<ImageShape> image_shape_of(std::span<const std::size_t> shape, const std::string& who) {
  if (shape.size() != 3 && shape.size() != 4) {
    return Error{concat(who, " has shape ", shape_text(shape),
                        "; images are N×H×W×C, or N×H×W for one channel")};
  }
  constexpr std::size_t kMaxSide = 1 << 16;
  bool empty = shape[0] == 0, large = false;
  for (const std::size_t side : shape.subspan(1)) {
    empty = empty || side == 0;
    large = large || side > kMaxSide;
  }
  if (empty) return Error{concat(who, " holds no images: its shape is ", shape_text(shape))};
  if (large) return Error{concat(who, " has images that are too large: ", shape_text(shape))};
  return ImageShape{static_cast<int>(shape[1]), static_cast<int>(shape[2]),
                    shape.size() == 4 ? static_cast<int>(shape[3]) : 1};
}

Error size_error(const std::string& who, std::size_t found, std::string_view unit,
                 std::span<const std::size_t> shape, std::optional<std::size_t> expected) {
  return Error{concat(who, " has ", std::to_string(found), " ", unit, " where its shape ",
                      shape_text(shape), " calls for ",
                      expected ? std::to_string(*expected) : "more than memory can hold")};
}

}  // namespace signflip
