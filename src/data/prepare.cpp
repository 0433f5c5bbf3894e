#include "data/prepare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>

#include "data/paper.h"

namespace signflip {
namespace {

/// Ink and paper are looked at in a picture of at most this side: its averages hide the paper's
/// grain.
constexpr int kLookSide = 140;
/// Ink must differ from paper by this many of 255 grey levels.
constexpr int kLeastContrast = 24;
/// The part of the way from paper to ink that still counts as paper: grain, shadows.
constexpr float kPaperPart = 0.2F;

/// The largest part in the middle with the sides' ratio of width×height.
Picture middle_part(const Picture& picture, int width, int height) {
  const auto fitted = [](int length, int numerator, int denominator) {
    const auto exact = static_cast<long>(length) * numerator;
    return std::max(1, static_cast<int>((exact + denominator / 2) / denominator));
  };
  const int across = std::min(picture.width, fitted(picture.height, width, height));
  const int down = std::min(picture.height, fitted(picture.width, height, width));
  if (across == picture.width && down == picture.height) return picture;
  return crop(picture, (picture.width - across) / 2, (picture.height - down) / 2, across, down);
}

using Histogram = std::array<std::size_t, 256>;

Histogram histogram_of(const Picture& grey) {
  Histogram histogram{};
  for (const std::uint8_t value : grey.pixels) ++histogram[value];
  return histogram;
}

/// Otsu's threshold: values up to it are one class, those above the other.
int otsu(const Histogram& histogram) {
  double total = 0, sum = 0;
  for (std::size_t v = 0; v < histogram.size(); ++v) {
    total += static_cast<double>(histogram[v]);
    sum += static_cast<double>(v * histogram[v]);
  }
  double below = 0, below_sum = 0, best = -1;
  int threshold = 0;
  for (std::size_t v = 0; v + 1 < histogram.size(); ++v) {
    below += static_cast<double>(histogram[v]);
    below_sum += static_cast<double>(v * histogram[v]);
    if (below == 0 || below == total) continue;
    const double apart = below_sum / below - (sum - below_sum) / (total - below);
    const double between = below * (total - below) * apart * apart;
    if (between > best) {
      best = between;
      threshold = static_cast<int>(v);
    }
  }
  return threshold;
}

/// The middle value of those from `first` to `last`.
int median(const Histogram& histogram, int first, int last) {
  std::size_t total = 0;
  for (int v = first; v <= last; ++v) total += histogram[static_cast<std::size_t>(v)];
  std::size_t seen = 0;
  for (int v = first; v <= last; ++v) {
    seen += histogram[static_cast<std::size_t>(v)];
    if (2 * seen >= total) return v;
  }
  return last;
}

/// Whether most of a frame along the edge is brighter than the threshold.
bool edge_is_bright(const Picture& grey, int threshold) {
  const int frame = std::max(1, grey.width / 16);
  long bright = 0, all = 0;
  for (int y = 0; y < grey.height; ++y) {
    const bool outer_row = y < frame || y >= grey.height - frame;
    for (int x = 0; x < grey.width; ++x) {
      if (!outer_row && x >= frame && x < grey.width - frame) continue;
      ++all;
      const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(grey.width) +
                      static_cast<std::size_t>(x);
      if (grey.pixels[at] > threshold) ++bright;
    }
  }
  return 2 * bright > all;
}

void invert(Picture& picture) {
  for (std::uint8_t& value : picture.pixels) value = static_cast<std::uint8_t>(255 - value);
}

struct Box {
  int left, top, right, bottom;  ///< right and bottom are the first outside
};

Box ink_box(const Picture& ink) {
  Box box{ink.width, ink.height, 0, 0};
  for (int y = 0; y < ink.height; ++y) {
    for (int x = 0; x < ink.width; ++x) {
      const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(ink.width) +
                      static_cast<std::size_t>(x);
      if (ink.pixels[at] < 128) continue;
      box.left = std::min(box.left, x), box.right = std::max(box.right, x + 1);
      box.top = std::min(box.top, y), box.bottom = std::max(box.bottom, y + 1);
    }
  }
  return box;
}

/// Where to put `size` pixels so that their point `mass` lies in the middle, all of them inside.
int place(double mass, int size) {
  const int start = static_cast<int>(std::lround(kDigitSide / 2.0 + 0.5 - mass));
  return std::clamp(start, 0, kDigitSide - size);
}

Picture centred(const Picture& digit) {
  double total = 0, x_sum = 0, y_sum = 0;
  for (std::size_t i = 0; i < digit.pixels.size(); ++i) {
    const auto width = static_cast<std::size_t>(digit.width);
    const std::size_t row = i / width, column = i % width;
    total += digit.pixels[i];
    x_sum += digit.pixels[i] * (static_cast<double>(column) + 0.5);
    y_sum += digit.pixels[i] * (static_cast<double>(row) + 0.5);
  }
  const int left = place(x_sum / total, digit.width), top = place(y_sum / total, digit.height);
  Picture result{kDigitSide, kDigitSide, 1, {}};
  result.pixels.resize(static_cast<std::size_t>(kDigitSide) * kDigitSide);
  for (int y = 0; y < digit.height; ++y) {
    const auto from = digit.pixels.begin() + static_cast<std::ptrdiff_t>(y) * digit.width;
    std::copy(from, from + digit.width,
              result.pixels.begin() + static_cast<std::ptrdiff_t>(top + y) * kDigitSide + left);
  }
  return result;
}

}  // namespace

Picture prepare_middle(const Picture& picture, int width, int height, int channels) {
  return resize(convert_channels(middle_part(picture, width, height), channels), width, height);
}

Picture prepare_square(const Picture& picture, int side, int channels) {
  return prepare_middle(picture, side, side, channels);
}

Result<Picture> prepare_digit(const Picture& picture, std::string_view name, bool* inverted_out) {
  Picture grey = convert_channels(middle_part(picture, 1, 1), 1);
  const bool finished = picture.width == kDigitSide && picture.height == kDigitSide;
  if (grey.width > kLookSide) grey = resize(grey, kLookSide, kLookSide);
  if (!finished) grey = with_even_paper(grey);

  const Histogram histogram = histogram_of(grey);
  const int threshold = otsu(histogram);
  const int dark = median(histogram, 0, threshold), light = median(histogram, threshold + 1, 255);
  const auto some = [](std::size_t count) { return count > 0; };
  const auto first_light = histogram.begin() + threshold + 1;
  const bool both = std::any_of(histogram.begin(), first_light, some) &&
                    std::any_of(first_light, histogram.end(), some);
  if (!both || light - dark < kLeastContrast) {
    return Error{std::string(name) + " shows nothing that stands out from its background"};
  }
  constexpr int kMiddleGrey = 127;
  const bool inverted =
      edge_is_bright(grey, finished ? std::max(threshold, kMiddleGrey) : threshold);
  if (inverted_out != nullptr) *inverted_out = inverted;
  if (inverted) invert(grey);
  if (finished) return grey;

  const auto paper = static_cast<float>(inverted ? 255 - light : dark);
  const auto ink = static_cast<float>(inverted ? 255 - dark : light);
  const float black = paper + kPaperPart * (ink - paper);
  for (std::uint8_t& value : grey.pixels) {
    const float part = (static_cast<float>(value) - black) / (ink - black);
    value = static_cast<std::uint8_t>(std::lround(255.0F * std::clamp(part, 0.0F, 1.0F)));
  }
  blank_what_comes_from_outside(grey);
  // Half of the ink is at its median or above it: there is some.
  const Box box = ink_box(grey);
  const int width = box.right - box.left, height = box.bottom - box.top;
  const double scale = static_cast<double>(kDigitBox) / std::max(width, height);
  const auto scaled = [&](int length) {
    return std::max(1, static_cast<int>(std::lround(length * scale)));
  };
  return centred(
      resize(crop(grey, box.left, box.top, width, height), scaled(width), scaled(height)));
}

}  // namespace signflip
