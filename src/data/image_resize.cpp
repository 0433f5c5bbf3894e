// Resizing, cropping, grey and colour. Not decoding, and not augmentation.
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "data/image.h"

namespace signflip {
namespace {

std::size_t area(int width, int height) {
  return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// The source pixels first, first+1, … that one target pixel is the weighted mean of.
struct Window {
  int first = 0;
  std::vector<float> weights;
};

/// A triangle of half-width max(1, from/to) around each target pixel's centre, cut at the edges.
std::vector<Window> triangle_windows(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double reach = std::max(scale, 1.0);
  std::vector<Window> windows(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(std::floor(centre - reach)));
    const int last = std::min(from - 1, static_cast<int>(std::ceil(centre + reach)) - 1);
    std::vector<double> weights;
    double sum = 0;
    for (int j = first; j <= last; ++j) {
      weights.push_back(std::max(0.0, 1.0 - std::abs(j + 0.5 - centre) / reach));
      sum += weights.back();
    }
    Window& window = windows[static_cast<std::size_t>(i)];
    window.first = first;
    for (const double weight : weights) window.weights.push_back(static_cast<float>(weight / sum));
  }
  return windows;
}

/// The two source pixels, clamped to the picture, that a target pixel lies between, and their
/// weights in 1/2048. OpenCV zeroes a clamped neighbour's weight along rows but not along columns,
/// which changes how the sum rounds.
struct Between {
  int low = 0;
  int high = 0;
  int low_weight = 0;
  int high_weight = 0;
};

std::vector<Between> between(int from, int to, bool along_row) {
  const double scale = 1.0 / (static_cast<double>(to) / from);
  std::vector<Between> result(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const float position = static_cast<float>((i + 0.5) * scale - 0.5);
    int low = static_cast<int>(std::floor(position));
    float fraction = position - static_cast<float>(low);
    if (along_row && (low < 0 || low >= from - 1)) {
      low = std::clamp(low, 0, from - 1);
      fraction = 0.0F;
    }
    result[static_cast<std::size_t>(i)] = {
        std::clamp(low, 0, from - 1), std::clamp(low + 1, 0, from - 1),
        static_cast<int>(std::lrint((1.0F - fraction) * 2048.0F)),
        static_cast<int>(std::lrint(fraction * 2048.0F))};
  }
  return result;
}

/// Half the size in both directions: the rounded mean of four, which is what OpenCV does then.
Picture halve(const Picture& picture) {
  Picture half{picture.width / 2, picture.height / 2, picture.channels, {}};
  const std::size_t channels = static_cast<std::size_t>(picture.channels);
  const std::size_t row = static_cast<std::size_t>(picture.width) * channels;
  half.pixels.reserve(area(half.width, half.height) * channels);
  for (int y = 0; y < half.height; ++y) {
    for (int x = 0; x < half.width; ++x) {
      const std::uint8_t* at = picture.pixels.data() + static_cast<std::size_t>(y) * 2 * row +
                               static_cast<std::size_t>(x) * 2 * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        const int sum = at[c] + at[c + channels] + at[c + row] + at[c + row + channels];
        half.pixels.push_back(static_cast<std::uint8_t>((sum + 2) >> 2));
      }
    }
  }
  return half;
}

}  // namespace

Picture resize(const Picture& picture, int width, int height) {
  if (picture.width == width && picture.height == height) return picture;
  const std::size_t channels = static_cast<std::size_t>(picture.channels);
  const std::size_t row = static_cast<std::size_t>(width) * channels;

  // Along the rows first: H×W of the source becomes H×width.
  std::vector<float> narrow(static_cast<std::size_t>(picture.height) * row);
  const auto columns = triangle_windows(picture.width, width);
  for (int y = 0; y < picture.height; ++y) {
    const std::uint8_t* source = picture.pixels.data() + area(picture.width, y) * channels;
    float* out = narrow.data() + static_cast<std::size_t>(y) * row;
    for (const Window& window : columns) {
      const std::uint8_t* at = source + static_cast<std::size_t>(window.first) * channels;
      for (const float weight : window.weights) {
        for (std::size_t c = 0; c < channels; ++c) out[c] += weight * static_cast<float>(*at++);
      }
      out += channels;
    }
  }

  Picture result{width, height, picture.channels, {}};
  result.pixels.reserve(area(width, height) * channels);
  std::vector<float> sums(row);
  for (const Window& window : triangle_windows(picture.height, height)) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    const float* at = narrow.data() + static_cast<std::size_t>(window.first) * row;
    for (const float weight : window.weights) {
      for (float& sum : sums) sum += weight * *at++;
    }
    for (const float sum : sums) result.pixels.push_back(to_byte(sum));
  }
  return result;
}

Picture resize_bilinear(const Picture& picture, int width, int height) {
  if (picture.width == width && picture.height == height) return picture;
  if (picture.width == 2 * width && picture.height == 2 * height) return halve(picture);
  const std::size_t channels = static_cast<std::size_t>(picture.channels);
  const auto columns = between(picture.width, width, true);

  const auto interpolate_row = [&](int y, std::vector<int>& out) {
    const std::uint8_t* source = picture.pixels.data() + area(picture.width, y) * channels;
    out.clear();
    for (const Between& x : columns) {
      const std::uint8_t* low = source + static_cast<std::size_t>(x.low) * channels;
      const std::uint8_t* high = source + static_cast<std::size_t>(x.high) * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        out.push_back(low[c] * x.low_weight + high[c] * x.high_weight);
      }
    }
  };

  Picture result{width, height, picture.channels, {}};
  result.pixels.reserve(area(width, height) * channels);
  std::vector<int> low;
  std::vector<int> high;
  for (const Between& y : between(picture.height, height, false)) {
    interpolate_row(y.low, low);
    interpolate_row(y.high, high);
    for (std::size_t i = 0; i < low.size(); ++i) {
      const int sum =
          ((y.low_weight * (low[i] >> 4)) >> 16) + ((y.high_weight * (high[i] >> 4)) >> 16);
      result.pixels.push_back(static_cast<std::uint8_t>((sum + 2) >> 2));
    }
  }
  return result;
}

Picture convert_channels(const Picture& picture, int channels) {
  if (picture.channels == channels) return picture;
  Picture result{picture.width, picture.height, channels, {}};
  const std::size_t count = area(picture.width, picture.height);
  result.pixels.reserve(count * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < count; ++i) {
    if (channels == 3) {
      result.pixels.insert(result.pixels.end(), 3, picture.pixels[i]);
    } else {
      const std::uint8_t* rgb = picture.pixels.data() + 3 * i;
      const int luma = 299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2];
      result.pixels.push_back(static_cast<std::uint8_t>((luma + 500) / 1000));
    }
  }
  return result;
}

Picture crop(const Picture& picture, int x, int y, int width, int height) {
  Picture result{width, height, picture.channels, {}};
  const std::size_t channels = static_cast<std::size_t>(picture.channels);
  result.pixels.reserve(area(width, height) * channels);
  for (int row = y; row < y + height; ++row) {
    const auto begin = picture.pixels.begin() +
                       static_cast<std::ptrdiff_t>(
                           (area(picture.width, row) + static_cast<std::size_t>(x)) * channels);
    result.pixels.insert(
        result.pixels.end(), begin,
        begin + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(width) * channels));
  }
  return result;
}

}  // namespace signflip
