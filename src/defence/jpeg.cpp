#include "defence/jpeg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace signflip {
namespace {

constexpr int kSide = 8;  // of a block
using Block = std::array<double, kSide * kSide>;

// T.81, tables K.1 and K.2, row by row.
constexpr std::array<int, kSide* kSide> kLuminance = {
    16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,   //
    14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,   //
    18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,   //
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};  //
constexpr std::array<int, kSide* kSide> kChroma = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,   //
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,   //
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,   //
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};  //

/// The steps between the values that a coefficient can have.
Block quantisation(int channel, int quality) {
  const auto& table = channel == 0 ? kLuminance : kChroma;
  const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  Block steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i] = std::clamp((table[i] * scale + 50) / 100, 1, 255);
  }
  return steps;
}

/// Row u, column x: the orthonormal cosine transform.
const Block& cosines() {
  static const Block kTable = [] {
    Block table;
    for (std::size_t u = 0; u < kSide; ++u) {
      const double scale = u == 0 ? std::sqrt(1.0 / kSide) : std::sqrt(2.0 / kSide);
      for (std::size_t x = 0; x < kSide; ++x) {
        const auto angle = static_cast<double>((2 * x + 1) * u) * std::numbers::pi / (2 * kSide);
        table[u * kSide + x] = scale * std::cos(angle);
      }
    }
    return table;
  }();
  return kTable;
}

/// A·block·Aᵀ, or Aᵀ·block·A for the way back.
Block transformed(const Block& block, bool back) {
  const Block& a = cosines();
  const auto at = [&](std::size_t i, std::size_t j) {
    return back ? a[j * kSide + i] : a[i * kSide + j];
  };
  Block half{}, whole{};
  for (std::size_t i = 0; i < kSide; ++i) {
    for (std::size_t k = 0; k < kSide; ++k) {
      for (std::size_t j = 0; j < kSide; ++j) {
        half[i * kSide + j] += at(i, k) * block[k * kSide + j];
      }
    }
  }
  for (std::size_t i = 0; i < kSide; ++i) {
    for (std::size_t j = 0; j < kSide; ++j) {
      for (std::size_t k = 0; k < kSide; ++k) {
        whole[i * kSide + j] += half[i * kSide + k] * at(j, k);
      }
    }
  }
  return whole;
}

/// Luminance and chroma, or luminance alone, around 0 and up to 255 apart; each filled up to whole
/// blocks.
struct Planes {
  std::size_t height, width, channels;
  std::vector<double> values;  // C×H×W

  explicit Planes(ImageShape shape)
      : height(whole_blocks(shape.height)),
        width(whole_blocks(shape.width)),
        channels(static_cast<std::size_t>(shape.channels)),
        values(height * width * channels) {}

  static std::size_t whole_blocks(int side) {
    return static_cast<std::size_t>((side + kSide - 1) / kSide * kSide);
  }
  double& at(std::size_t c, std::size_t h, std::size_t w) {
    return values[(c * height + h) * width + w];
  }

  /// visit(value, the last pixel's value that it repeats) for all that fills up blocks.
  template <class Visit>
  void for_each_filler(ImageShape shape, const Visit& visit) {
    const auto last_row = static_cast<std::size_t>(shape.height) - 1;
    const auto last_column = static_cast<std::size_t>(shape.width) - 1;
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t h = 0; h < height; ++h) {
        for (std::size_t w = 0; w < width; ++w) {
          if (h <= last_row && w <= last_column) continue;
          visit(at(c, h, w), at(c, std::min(h, last_row), std::min(w, last_column)));
        }
      }
    }
  }

  /// change(channel, block) for every block.
  template <class Change>
  void for_each_block(const Change& change) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t h = 0; h < height; h += kSide) {
        for (std::size_t w = 0; w < width; w += kSide) {
          Block block;
          for (std::size_t i = 0; i < block.size(); ++i) {
            block[i] = at(c, h + i / kSide, w + i % kSide);
          }
          block = change(c, block);
          for (std::size_t i = 0; i < block.size(); ++i) {
            at(c, h + i / kSide, w + i % kSide) = block[i];
          }
        }
      }
    }
  }
};

using Colour = std::array<double, 3>;

// Rec. 601, as JFIF has it: luminance from 0 to 255, chroma around 0.
constexpr double kRed = 0.299, kGreen = 0.587, kBlue = 0.114;
constexpr std::array<Colour, 3> kToChroma = {
    {{kRed, kGreen, kBlue},
     {-0.5 * kRed / (1 - kBlue), -0.5 * kGreen / (1 - kBlue), 0.5},
     {0.5, -0.5 * kGreen / (1 - kRed), -0.5 * kBlue / (1 - kRed)}}};
constexpr std::array<Colour, 3> kToRgb = {
    {{1, 0, 2 * (1 - kRed)},
     {1, -2 * kBlue*(1 - kBlue) / kGreen, -2 * kRed*(1 - kRed) / kGreen},
     {1, 2 * (1 - kBlue), 0}}};

Colour product(const std::array<Colour, 3>& matrix, const Colour& colour) {
  Colour result{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) result[i] += matrix[i][j] * colour[j];
  }
  return result;
}

Colour transposed_product(const std::array<Colour, 3>& matrix, const Colour& colour) {
  Colour result{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) result[j] += matrix[i][j] * colour[i];
  }
  return result;
}

constexpr double kLevels = 255, kMiddle = 128;

double to_level(double value) { return std::clamp(std::round(value), 0.0, kLevels); }

/// What each pixel's colour becomes: change(colour of `image`) into the planes.
template <class Change>
Planes to_planes(ImageShape shape, std::span<const float> image, const Change& change) {
  Planes planes(shape);
  const auto height = static_cast<std::size_t>(shape.height);
  const auto width = static_cast<std::size_t>(shape.width);
  for (std::size_t h = 0; h < planes.height; ++h) {
    for (std::size_t w = 0; w < planes.width; ++w) {
      const std::size_t pixel = std::min(h, height - 1) * width + std::min(w, width - 1);
      Colour colour{};
      for (std::size_t c = 0; c < planes.channels; ++c) {
        colour[c] = static_cast<double>(image[pixel * planes.channels + c]);
      }
      colour = change(colour);
      for (std::size_t c = 0; c < planes.channels; ++c) planes.at(c, h, w) = colour[c];
    }
  }
  return planes;
}

/// The same back, without what the blocks were filled up with.
template <class Change>
void from_planes(Planes& planes, ImageShape shape, std::span<float> to, const Change& change) {
  std::size_t at = 0;
  for (std::size_t h = 0; h < static_cast<std::size_t>(shape.height); ++h) {
    for (std::size_t w = 0; w < static_cast<std::size_t>(shape.width); ++w) {
      Colour colour{};
      for (std::size_t c = 0; c < planes.channels; ++c) colour[c] = planes.at(c, h, w);
      colour = change(colour);
      for (std::size_t c = 0; c < planes.channels; ++c) to[at++] = static_cast<float>(colour[c]);
    }
  }
}

/// Luminance and chroma around 0, of pixels in [0,1]; `level` is what is done to values in 0 … 255.
template <class Level>
Planes encoded(ImageShape shape, std::span<const float> image, const Level& level) {
  return to_planes(shape, image, [&](Colour colour) {
    for (double& value : colour) value = level(kLevels * value);
    if (shape.channels == 3) colour = product(kToChroma, colour);
    // Chroma is stored around the middle; luminance is moved there for the transform.
    colour[0] -= kMiddle;
    for (double& value : colour) value = level(value + kMiddle) - kMiddle;
    return colour;
  });
}

template <class Level>
void decode(Planes& planes, ImageShape shape, std::span<float> to, const Level& level) {
  from_planes(planes, shape, to, [&](Colour colour) {
    for (double& value : colour) value = level(value + kMiddle) - kMiddle;
    colour[0] += kMiddle;
    if (shape.channels == 3) colour = product(kToRgb, colour);
    for (double& value : colour) value = level(value) / kLevels;
    return colour;
  });
}

/// Each block's coefficients, changed by change(coefficient in steps), and back.
template <class Change>
void requantise(Planes& planes, int quality, const Change& change) {
  const Block steps[] = {quantisation(0, quality), quantisation(1, quality)};
  planes.for_each_block([&](std::size_t c, const Block& block) {
    const Block& step = steps[c == 0 ? 0 : 1];
    Block coefficients = transformed(block, false);
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
      coefficients[i] = step[i] * change(coefficients[i] / step[i]);
    }
    return transformed(coefficients, true);
  });
}

double unchanged(double value) { return value; }

}  // namespace

void jpeg_round_trip(int quality, ImageShape shape, std::span<const float> image,
                     std::span<float> to) {
  Planes planes = encoded(shape, image, to_level);
  // Sums of bytes often lie in the middle between two steps: they go away from 0 wherever this
  // runs.
  constexpr double kRoundingError = 1e-9;
  requantise(planes, quality,
             [](double steps) { return std::round(steps * (1 + kRoundingError)); });
  decode(planes, shape, to, to_level);
}

void jpeg_smooth(int quality, ImageShape shape, std::span<const float> image, std::span<float> to) {
  Planes planes = encoded(shape, image, unchanged);
  requantise(planes, quality, [](double steps) {
    const double rest = steps - std::round(steps);
    return std::round(steps) + rest * rest * rest;
  });
  decode(planes, shape, to, unchanged);
}

void jpeg_smooth_gradient(int quality, ImageShape shape, std::span<const float> image,
                          std::span<const float> dy, std::span<float> dx) {
  // The slopes of the rounding, coefficient by coefficient, in the order of the blocks.
  Planes planes = encoded(shape, image, unchanged);
  std::vector<Block> slopes;
  const Block steps[] = {quantisation(0, quality), quantisation(1, quality)};
  planes.for_each_block([&](std::size_t c, const Block& block) {
    const Block coefficients = transformed(block, false);
    Block& slope = slopes.emplace_back();
    for (std::size_t i = 0; i < slope.size(); ++i) {
      const double in_steps = coefficients[i] / steps[c == 0 ? 0 : 1][i];
      const double rest = in_steps - std::round(in_steps);
      slope[i] = 3 * rest * rest;
    }
    return block;
  });

  Planes gradient = to_planes(shape, dy, [&](Colour colour) {
    return shape.channels == 3 ? transposed_product(kToRgb, colour) : colour;
  });
  // What fills up the blocks is not looked at.
  gradient.for_each_filler(shape, [](double& filler, double&) { filler = 0; });
  std::size_t next = 0;
  // The transform is orthonormal: each way is the transpose of the other.
  gradient.for_each_block([&](std::size_t, const Block& block) {
    Block coefficients = transformed(block, false);
    for (std::size_t i = 0; i < coefficients.size(); ++i) coefficients[i] *= slopes[next][i];
    ++next;
    return transformed(coefficients, true);
  });
  // But it depends on the last pixels.
  gradient.for_each_filler(shape, [](double& filler, double& last) { last += filler; });
  from_planes(gradient, shape, dx, [&](Colour colour) {
    return shape.channels == 3 ? transposed_product(kToChroma, colour) : colour;
  });
}

}  // namespace signflip
