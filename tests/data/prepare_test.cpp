// Preparing pictures: squares, and digits as MNIST has them.
#include "data/prepare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace signflip {
namespace {

/// A picture from a function of its pixel.
template <class Value>
Picture paint(int width, int height, Value&& value) {
  Picture picture{width, height, 1, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      picture.pixels.push_back(static_cast<std::uint8_t>(value(x, y)));
    }
  }
  return picture;
}

int at(const Picture& picture, int x, int y) {
  return picture.pixels[static_cast<std::size_t>(y * picture.width + x)];
}

/// A vertical bar of ink, left of the middle, on paper with a little grain.
Picture bar(int side, int paper, int ink) {
  return paint(side, side, [&](int x, int y) {
    const bool inside = x > side / 5 && x < side / 4 && y > side / 8 && y < side / 2;
    return (inside ? ink : paper) + (x * 7 + y * 3) % 5;
  });
}

TEST(PrepareSquare, TakesTheMiddle) {
  const Picture wide = paint(30, 10, [](int x, int) { return x < 10 ? 10 : x < 20 ? 100 : 200; });
  const Picture square = prepare_square(wide, 5, 1);
  EXPECT_EQ(square.width, 5);
  EXPECT_EQ(square.height, 5);
  for (const std::uint8_t value : square.pixels) EXPECT_EQ(value, 100);
  const Picture colour = prepare_square(wide, 4, 3);
  EXPECT_EQ(colour.channels, 3);
  EXPECT_EQ(colour.pixels.size(), 48U);
}

TEST(PrepareDigit, ScalesAndCentresAsMnistDid) {
  for (const auto& [paper, ink] : {std::pair{230, 40}, std::pair{20, 200}}) {
    const auto digit = prepare_digit(bar(200, paper, ink), "it");
    ASSERT_TRUE(digit) << digit.error().message;
    ASSERT_EQ(digit->width, kDigitSide);
    ASSERT_EQ(digit->pixels.size(), 784U);
    int left = 28, right = 0, top = 28, bottom = 0;
    double mass = 0, x_sum = 0, y_sum = 0;
    for (int y = 0; y < 28; ++y) {
      for (int x = 0; x < 28; ++x) {
        const int value = at(*digit, x, y);
        mass += value, x_sum += value * (x + 0.5), y_sum += value * (y + 0.5);
        if (value < 128) continue;
        left = std::min(left, x), right = std::max(right, x);
        top = std::min(top, y), bottom = std::max(bottom, y);
      }
    }
    EXPECT_EQ(bottom - top + 1, kDigitBox);
    EXPECT_NEAR(right - left + 1, 20.0 * 9 / 74, 1.01);
    EXPECT_NEAR(x_sum / mass, 14.5, 0.5);
    EXPECT_NEAR(y_sum / mass, 14.5, 0.5);
    // Paper is black, ink is white, whatever they were.
    EXPECT_EQ(at(*digit, 0, 0), 0);
    EXPECT_EQ(at(*digit, 27, 27), 0);
    EXPECT_GT(*std::max_element(digit->pixels.begin(), digit->pixels.end()), 240);
  }
}

/// A ring of ink, off the middle, as light(value, x, y) makes it; x and y from 0 to 1.
template <class Light>
Picture lit_ring(int paper, int ink, Light&& light) {
  constexpr int kSide = 300;
  return paint(kSide, kSide, [&](int x, int y) {
    const double away = std::hypot(x - 130.0, (y - 160.0) * 0.7);
    const int value = std::abs(away - 55.0) < 11.0 ? ink : paper;
    return static_cast<int>(light(value, x / 300.0, y / 300.0)) + (x * 7 + y * 3) % 5;
  });
}

/// Mean distance of two prepared digits, in grey levels.
double distance(const Picture& a, const Picture& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST(PrepareDigit, UnevenLightChangesNothing) {
  using Light = double (*)(double, double, double);
  struct Case {
    const char* what;
    int paper, ink;
    Light light;
  };
  constexpr Light kEven = [](double value, double, double) { return value; };
  const std::array<Case, 6> cases = {{
      {"light from one side", 240, 60,
       [](double v, double x, double) { return v * (1 - 0.7 * x); }},
      {"a dark corner", 240, 60,
       [](double v, double x, double y) { return v * (1 - 0.35 * (x + y)); }},
      {"a hand's shadow", 240, 60,
       [](double v, double x, double y) {
         return v * (1 - 0.6 * std::clamp((x + 0.4 * y - 0.6) / 0.1, 0.0, 1.0));
       }},
      {"a lamp", 240, 60,
       [](double v, double x, double y) { return v * (1 - 0.7 * std::hypot(x - 0.5, y - 0.5)); }},
      {"glare on a board", 30, 160, [](double v, double x, double) { return v + 90 * x; }},
      {"a glaring corner", 30, 160, [](double v, double x, double y) { return v + 90 * x * y; }},
  }};
  for (const Case& it : cases) {
    const auto even = prepare_digit(lit_ring(it.paper, it.ink, kEven), "it");
    const auto digit = prepare_digit(lit_ring(it.paper, it.ink, it.light), "it");
    ASSERT_TRUE(even && digit) << it.what;
    EXPECT_LT(distance(*digit, *even), 6.0) << it.what;
  }
}

TEST(PrepareDigit, LeavesOutWhatReachesInFromTheEdge) {
  const auto alone = prepare_digit(bar(200, 230, 40), "it");
  Picture on_a_table = bar(200, 230, 40);
  for (int y = 185; y < 200; ++y) {
    for (int x = 170; x < 200; ++x) on_a_table.pixels[static_cast<std::size_t>(y * 200 + x)] = 30;
  }
  const auto digit = prepare_digit(on_a_table, "it");
  ASSERT_TRUE(alone && digit);
  EXPECT_LT(distance(*digit, *alone), 2.0);
  // A digit that fills the picture stays.
  const auto cut =
      prepare_digit(paint(100, 100, [](int x, int) { return x < 20 ? 20 : 230; }), "it");
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_GT(*std::max_element(cut->pixels.begin(), cut->pixels.end()), 240);
}

TEST(PrepareDigit, LeavesAnMnistPictureAlone) {
  const Picture own = bar(28, 0, 250);
  const auto same = prepare_digit(own, "it");
  ASSERT_TRUE(same);
  EXPECT_EQ(same->pixels, own.pixels);
  Picture negative = own;
  for (std::uint8_t& value : negative.pixels) value = static_cast<std::uint8_t>(255 - value);
  const auto inverted = prepare_digit(negative, "it");
  ASSERT_TRUE(inverted);
  EXPECT_EQ(inverted->pixels, own.pixels);
}

TEST(PrepareDigit, NoiseOnBlackIsNoPaper) {
  // Half the range on every second pixel, as an attack may write it.
  const Picture noisy = paint(28, 28, [](int x, int y) {
    return x > 12 && x < 16 && y > 4 && y < 24 ? 255 : 127 * ((x + y) % 2);
  });
  bool inverted = true;
  const auto same = prepare_digit(noisy, "it", &inverted);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->pixels, noisy.pixels);
  EXPECT_FALSE(inverted);
}

TEST(PrepareDigit, AThingAtAThirdOfTheEdgeIsNoPaper) {
  // Light ink on dark paper; a bright table runs along two fifths of the frame.
  const Picture picture = paint(200, 200, [](int x, int y) {
    const bool table = x < 14 || (y < 14 && x < 120);
    const bool ink = x > 80 && x < 100 && y > 60 && y < 140;
    return table || ink ? 200 : 20;
  });
  bool inverted = true;
  ASSERT_TRUE(prepare_digit(picture, "it", &inverted));
  EXPECT_FALSE(inverted);
}

TEST(PrepareDigit, ANegativeIsTheSameDigit) {
  const Picture light = paint(160, 160, [](int x, int y) {
    const double far = std::hypot(x - 70.0, y - 85.0) - 40.0;
    return static_cast<int>(40 + 160 * std::exp(-far * far / 50) + (x * 5 + y * 3) % 7);
  });
  Picture dark = light;
  for (std::uint8_t& value : dark.pixels) value = static_cast<std::uint8_t>(255 - value);
  bool inverted = false;
  const auto from_light = prepare_digit(light, "light", &inverted);
  EXPECT_FALSE(inverted);
  const auto from_dark = prepare_digit(dark, "dark", &inverted);
  EXPECT_TRUE(inverted);
  ASSERT_TRUE(from_light && from_dark);
  for (std::size_t i = 0; i < from_light->pixels.size(); ++i) {
    EXPECT_NEAR(from_light->pixels[i], from_dark->pixels[i], 2) << i;
  }
}

TEST(PrepareMiddle, KeepsTheRatioOfTheSides) {
  const Picture wide = paint(40, 10, [](int x, int) { return x < 10 || x >= 30 ? 9 : 100; });
  const Picture half = prepare_middle(wide, 4, 2, 1);
  EXPECT_EQ(half.width, 4);
  EXPECT_EQ(half.height, 2);
  for (const std::uint8_t value : half.pixels) EXPECT_EQ(value, 100);
  EXPECT_EQ(prepare_middle(wide, 40, 10, 1).pixels, wide.pixels);
}

TEST(PrepareDigit, KeepsFlatDigitsInside) {
  // All the ink's weight at one end: the middle would push the other end out.
  const Picture heavy = paint(100, 100, [](int x, int y) {
    const bool stem = x > 10 && x < 90 && y > 48 && y < 52;
    return stem || (x > 75 && x < 90 && y > 40 && y < 60) ? 255 : 0;
  });
  const auto digit = prepare_digit(heavy, "it");
  ASSERT_TRUE(digit);
  int right = 0, left = 28;
  for (int i = 0; i < 784; ++i) {
    if (digit->pixels[static_cast<std::size_t>(i)] < 128) continue;
    right = std::max(right, i % 28), left = std::min(left, i % 28);
  }
  EXPECT_NEAR(right - left + 1, 20, 1);
}

TEST(PrepareDigit, SaysWhenThereIsNothing) {
  const auto flat =
      prepare_digit(paint(50, 40, [](int x, int) { return 120 + x % 3; }), "grey.png");
  ASSERT_FALSE(flat);
  EXPECT_EQ(flat.error().message, "grey.png shows nothing that stands out from its background");
  ASSERT_FALSE(prepare_digit(paint(40, 40, [](int, int) { return 255; }), "white"));
  ASSERT_FALSE(prepare_digit(paint(28, 28, [](int, int) { return 0; }), "black"));
  ASSERT_FALSE(prepare_digit(paint(1, 1, [](int, int) { return 77; }), "dot"));
}

}  // namespace
}  // namespace signflip
