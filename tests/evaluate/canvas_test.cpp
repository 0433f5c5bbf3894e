// Drawing: lines as broad as asked for, areas, words, other pictures.
#include "evaluate/report/canvas.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluate/report/glyphs.h"

namespace signflip {
namespace {

constexpr Colour kBlack{0, 0, 0};

int at(const Canvas& canvas, int x, int y) {
  const Picture& picture = canvas.picture();
  return picture.pixels[3 * static_cast<std::size_t>(y * picture.width + x)];
}

/// How much ink there is, in whole pixels.
double ink(const Canvas& canvas) {
  double sum = 0;
  for (std::size_t i = 0; i < canvas.picture().pixels.size(); i += 3) {
    sum += 1.0 - canvas.picture().pixels[i] / 255.0;
  }
  return sum;
}

TEST(Canvas, LinesHaveTheirWidth) {
  for (const double width : {1.0, 2.0, 5.0}) {
    Canvas canvas(60, 40);
    canvas.stroke({{10, 20}, {50, 20}}, {kBlack, width, {}});
    EXPECT_NEAR(ink(canvas) / 40, width, 0.15 * width + 0.1);
    EXPECT_LT(at(canvas, 30, 20), 140);
    EXPECT_EQ(at(canvas, 30, 30), 255);
  }
  // A corner is not painted twice, and what lies outside is cut off.
  Canvas canvas(20, 20);
  canvas.stroke({{-30, 10}, {50, 10}, {50, -40}}, {Colour{100, 100, 100}, 3, {}});
  EXPECT_EQ(at(canvas, 5, 10), 100);
}

TEST(Canvas, DashesLeaveGaps) {
  Canvas canvas(100, 20);
  canvas.stroke({{0, 10}, {50, 10}, {100, 10}}, {kBlack, 2, {6, 4}});
  EXPECT_NEAR(ink(canvas), 2 * 100 * 0.6, 2 * 100 * 0.2);  // round ends reach into the gaps
  EXPECT_LT(at(canvas, 3, 10), 50);
  EXPECT_EQ(at(canvas, 8, 10), 255);
}

TEST(Canvas, AreasAreFilledByTheEvenOddRule) {
  Canvas canvas(40, 40);
  canvas.fill({{10, 10}, {30, 10}, {30, 30}, {10, 30}}, kBlack);
  EXPECT_NEAR(ink(canvas), 400, 1);
  Canvas triangle(40, 40);
  triangle.fill({{0, 0}, {40, 0}, {0, 40}}, kBlack);
  EXPECT_NEAR(ink(triangle), 800, 10);
}

TEST(Canvas, AnAreasEdgesCoverTheirShareOfAPixel) {
  Canvas canvas(20, 20);
  canvas.fill({{4.5, 3.25}, {12.25, 3.25}, {12.25, 9.5}, {4.5, 9.5}}, kBlack);
  EXPECT_NEAR(ink(canvas), 7.75 * 6.25, 0.2);
  EXPECT_EQ(at(canvas, 8, 6), 0);
  EXPECT_NEAR(at(canvas, 8, 3), 255 * 0.25, 3);
  EXPECT_NEAR(at(canvas, 8, 9), 255 * 0.5, 3);
  EXPECT_NEAR(at(canvas, 4, 6), 255 * 0.5, 3);
  EXPECT_NEAR(at(canvas, 12, 6), 255 * 0.75, 3);
}

TEST(Canvas, CurvesAreSmoothThroughTheirPoints) {
  // A Catmull-Rom spline goes through its points, and at each in the direction of the chord between
  // its neighbours: the o, a closed curve, is round, and so as wide as high everywhere.
  const auto glyphs = glyphs_of("o");
  ASSERT_EQ(glyphs.size(), 1U);
  for (const std::vector<Spot>& stroke : glyphs[0].strokes) {
    ASSERT_GT(stroke.size(), 12U);
    for (std::size_t i = 1; i + 1 < stroke.size(); ++i) {
      const Spot in{stroke[i].x - stroke[i - 1].x, stroke[i].y - stroke[i - 1].y};
      const Spot out{stroke[i + 1].x - stroke[i].x, stroke[i + 1].y - stroke[i].y};
      const double cosine =
          (in.x * out.x + in.y * out.y) /
          std::sqrt((in.x * in.x + in.y * in.y) * (out.x * out.x + out.y * out.y));
      EXPECT_GT(cosine, 0.8) << "a kink at " << i;
    }
    const Spot first = stroke.front(), second = stroke[1], last = stroke[stroke.size() - 2];
    const double turn =
        (second.x - first.x) * (first.x - last.x) + (second.y - first.y) * (first.y - last.y);
    EXPECT_GT(turn, 0.0) << "where it closes, too";
  }
}

TEST(Canvas, WordsStandWhereTheirAnchorSays) {
  Words words;
  words.size = 20;
  const double width = width_of("ab", words);
  EXPECT_NEAR(width_of("abab", words), 2 * width + 2 * 0.09 * 20, 1e-9);
  const auto leftmost = [&](Anchor anchor) {
    Canvas canvas(120, 40);
    words.anchor = anchor;
    canvas.write({60, 25}, "ab", words);
    for (int x = 0; x < 120; ++x) {
      for (int y = 0; y < 40; ++y) {
        if (at(canvas, x, y) < 128) return x;
      }
    }
    return -1;
  };
  EXPECT_NEAR(leftmost(Anchor::start), 60, 2);
  EXPECT_NEAR(leftmost(Anchor::middle), 60 - width / 2, 2);
  EXPECT_NEAR(leftmost(Anchor::end), 60 - width, 2);
}

TEST(Canvas, EveryPrintableCharacterHasAGlyphOfItsOwn) {
  const auto same = [](const Glyph& a, const Glyph& b) {
    if (a.strokes.size() != b.strokes.size()) return false;
    for (std::size_t i = 0; i < a.strokes.size(); ++i) {
      if (a.strokes[i].size() != b.strokes[i].size()) return false;
      for (std::size_t k = 0; k < a.strokes[i].size(); ++k) {
        if (a.strokes[i][k].x != b.strokes[i][k].x || a.strokes[i][k].y != b.strokes[i][k].y) {
          return false;
        }
      }
    }
    return true;
  };
  const Glyph box = glyphs_of("\x01")[0];
  for (char c = '!'; c <= '~'; ++c) {
    const std::string text(1, c);
    ASSERT_EQ(glyphs_of(text).size(), 1U);
    EXPECT_FALSE(same(glyphs_of(text)[0], box)) << text;
    for (char other = '!'; other < c; ++other) {
      // In this font these two look alike, as in many.
      if ((c == 'l' && other == 'I') || (c == '|' && other == 'I')) continue;
      EXPECT_FALSE(same(glyphs_of(text)[0], glyphs_of(std::string(1, other))[0])) << c << other;
    }
  }
  EXPECT_EQ(glyphs_of("L∞ ≤ ε").size(), 6U);
  EXPECT_EQ(glyphs_of("\xe2\x88").size(), 1U) << "a character that is cut off";
}

/// The largest distance of a glyph's points from its mirror image, left to right or upside down.
double unevenness(const char* text, double Spot::*axis) {
  const Glyph glyph = glyphs_of(text)[0];
  std::vector<Spot> spots;
  for (const auto& stroke : glyph.strokes) spots.insert(spots.end(), stroke.begin(), stroke.end());
  double low = 1e9, high = -1e9, most = 0;
  for (const Spot& spot : spots) low = std::min(low, spot.*axis), high = std::max(high, spot.*axis);
  for (Spot spot : spots) {
    spot.*axis = low + high - spot.*axis;
    double nearest = 1e9;
    for (const Spot& other : spots) {
      nearest = std::min(nearest, std::hypot(other.x - spot.x, other.y - spot.y));
    }
    most = std::max(most, nearest);
  }
  return most;
}

TEST(Canvas, CurvesEndAsTheyBegin) {
  // An o, a 0 and an 8 are their own mirror images: they bend where they close as opposite to it.
  for (const char* text : {"o", "0", "8"}) EXPECT_LT(unevenness(text, &Spot::x), 1e-6) << text;
  // An open curve, upside down.
  EXPECT_LT(unevenness("C", &Spot::y), 1e-6);
  EXPECT_GT(unevenness("J", &Spot::y), 0.1);
}

TEST(Canvas, PicturesArePastedAsSquares) {
  Canvas canvas(10, 10);
  canvas.paste(2, 3, 3, {2, 1, 1, {50, 200}});
  EXPECT_EQ(at(canvas, 2, 3), 50);
  EXPECT_EQ(at(canvas, 4, 5), 50);
  EXPECT_EQ(at(canvas, 5, 3), 200);
  EXPECT_EQ(at(canvas, 8, 3), 255);
  EXPECT_EQ(at(canvas, 2, 6), 255);
}

}  // namespace
}  // namespace signflip
