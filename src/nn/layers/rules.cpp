#include "nn/layers/rules.h"

#include <cmath>
#include <limits>
#include <string>

#include "core/concat.h"

namespace signflip {

std::string to_string(Size2 size) { return concat(size.height, "×", size.width); }

bool is_positive(Size2 size) {
  return size.height >= 1 && size.width >= 1 && size.height <= kMaximumSide &&
         size.width <= kMaximumSide;
}

Result<ImageShape> windows(std::string_view what, ImageShape in, Size2 kernel, Size2 stride,
                           Size2 padding, int channels) {
  if (!is_positive(kernel) || !is_positive(stride)) {
    return Error{concat(what, " needs a kernel and a stride between 1 and ", kMaximumSide, ", not ",
                        to_string(kernel), " and ", to_string(stride))};
  }
  if (padding.height < 0 || padding.width < 0 || padding.height >= kernel.height ||
      padding.width >= kernel.width) {
    return Error{concat(what, " needs a padding from 0 to less than its kernel ", to_string(kernel),
                        ", not ", to_string(padding))};
  }
  const int height = in.height + 2 * padding.height - kernel.height;
  const int width = in.width + 2 * padding.width - kernel.width;
  if (height < 0 || width < 0) {
    return Error{concat(what, " with kernel ", to_string(kernel), " does not fit its input ",
                        to_string(in))};
  }
  return ImageShape{height / stride.height + 1, width / stride.width + 1, channels};
}

Status check_epsilon(std::string_view what, float epsilon) {
  if (epsilon >= std::numeric_limits<float>::min() && std::isfinite(epsilon)) return {};
  return Error{concat(what, "'s eps must be a finite number above 0, not ", epsilon)};
}

Status check_count(std::string_view what, int count) {
  if (count >= 1 && count <= kMaximumChannels) return {};
  return Error{concat(what, " must be between 1 and ", kMaximumChannels, ", not ", count)};
}

Error unaffordable(std::string_view what, ImageShape in) {
  return Error{
      concat(what, " on an input of ", to_string(in), " needs more memory than this build allows")};
}

}  // namespace signflip
