#include "evaluate/report/canvas.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "evaluate/report/glyphs.h"

namespace signflip {
namespace {

constexpr double kUnit = 0.09;                // of the font's size: a unit of the glyphs' grid
constexpr double kPen = 0.085, kBold = 0.13;  // of the font's size: how broad its lines are
constexpr double kGap = 2.0;                  // units between glyphs

double length(Spot a, Spot b) { return std::hypot(b.x - a.x, b.y - a.y); }

/// How far `at` is from the line between two spots.
double distance(Spot at, Spot from, Spot to) {
  const double dx = to.x - from.x, dy = to.y - from.y, square = dx * dx + dy * dy;
  const double along =
      square > 0.0 ? std::clamp(((at.x - from.x) * dx + (at.y - from.y) * dy) / square, 0.0, 1.0)
                   : 0.0;
  return length(at, {from.x + along * dx, from.y + along * dy});
}

/// The pieces of a line that its dashes leave.
std::vector<std::vector<Spot>> dashed(const std::vector<Spot>& line,
                                      const std::vector<double>& dashes) {
  if (dashes.empty()) return {line};
  std::vector<std::vector<Spot>> pieces;
  std::size_t dash = 0;
  double left = dashes[0];
  bool on = true;
  std::vector<Spot> piece = {line.front()};
  for (std::size_t i = 1; i < line.size(); ++i) {
    Spot from = line[i - 1];
    double rest = length(from, line[i]);
    while (rest > left) {
      const double share = left / rest;
      from = {from.x + share * (line[i].x - from.x), from.y + share * (line[i].y - from.y)};
      rest -= left;
      if (on) {
        piece.push_back(from);
        pieces.push_back(std::exchange(piece, {}));
      } else {
        piece = {from};
      }
      on = !on;
      dash = (dash + 1) % dashes.size();
      left = dashes[dash];
    }
    left -= rest;
    if (on) piece.push_back(line[i]);
  }
  if (on && piece.size() > 1) pieces.push_back(std::move(piece));
  return pieces;
}

}  // namespace

Canvas::Canvas(int width, int height) {
  picture_ = {width, height, 3, {}};
  picture_.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3,
                         255);
}

void Canvas::blend(int x, int y, Colour colour, double share) {
  if (x < 0 || y < 0 || x >= picture_.width || y >= picture_.height) return;
  const std::size_t at =
      3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture_.width) +
           static_cast<std::size_t>(x));
  const std::uint8_t ink[] = {colour.red, colour.green, colour.blue};
  for (std::size_t c = 0; c < 3; ++c) {
    std::uint8_t& value = picture_.pixels[at + c];
    value = static_cast<std::uint8_t>(std::lround(value + share * (ink[c] - value)));
  }
}

void Canvas::stroke(const std::vector<Spot>& line, const Pen& pen) {
  if (line.empty()) return;
  const double reach = std::max(pen.width, 1.0) / 2.0;
  for (const auto& piece : dashed(line, pen.dashes)) {
    // The best share of each pixel over all parts, so that joints are not painted twice.
    std::map<std::pair<int, int>, double> shares;
    for (std::size_t i = 0; i < std::max<std::size_t>(piece.size() - 1, 1); ++i) {
      const Spot from = piece[i], to = piece[std::min(i + 1, piece.size() - 1)];
      const auto low = [&](double a, double b) {
        return static_cast<int>(std::floor(std::min(a, b) - reach - 1.0));
      };
      const auto high = [&](double a, double b) {
        return static_cast<int>(std::ceil(std::max(a, b) + reach + 1.0));
      };
      const int right = std::min(high(from.x, to.x), picture_.width - 1);
      const int bottom = std::min(high(from.y, to.y), picture_.height - 1);
      for (int y = std::max(low(from.y, to.y), 0); y <= bottom; ++y) {
        for (int x = std::max(low(from.x, to.x), 0); x <= right; ++x) {
          const double share =
              std::clamp(reach + 0.5 - distance({x + 0.5, y + 0.5}, from, to), 0.0, 1.0);
          if (share <= 0.0) continue;
          double& best = shares[{x, y}];
          best = std::max(best, share);
        }
      }
    }
    const double thin = std::min(pen.width, 1.0);
    for (const auto& [place, share] : shares) {
      blend(place.first, place.second, pen.colour, share * thin);
    }
  }
}

void Canvas::fill(const std::vector<Spot>& corners, Colour colour) {
  if (corners.size() < 3) return;
  constexpr int kParts = 4;  // a pixel is looked at in so many places along each axis
  const auto inside = [&](double x, double y) {
    bool odd = false;
    for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
      const Spot a = corners[i], b = corners[j];
      if ((a.y > y) == (b.y > y)) continue;
      if (x < a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y)) odd = !odd;
    }
    return odd;
  };
  Spot low = corners[0], high = corners[0];
  for (const Spot& corner : corners) {
    low = {std::min(low.x, corner.x), std::min(low.y, corner.y)};
    high = {std::max(high.x, corner.x), std::max(high.y, corner.y)};
  }
  const int right = std::min(static_cast<int>(std::ceil(high.x)), picture_.width);
  const int bottom = std::min(static_cast<int>(std::ceil(high.y)), picture_.height);
  for (int y = std::max(static_cast<int>(std::floor(low.y)), 0); y < bottom; ++y) {
    for (int x = std::max(static_cast<int>(std::floor(low.x)), 0); x < right; ++x) {
      int covered = 0;
      for (int part = 0; part < kParts * kParts; ++part) {
        const int row = part / kParts, column = part % kParts;
        covered += inside(x + (column + 0.5) / kParts, y + (row + 0.5) / kParts) ? 1 : 0;
      }
      blend(x, y, colour, static_cast<double>(covered) / (kParts * kParts));
    }
  }
}

double width_of(std::string_view text, const Words& words) {
  double units = 0.0;
  for (const Glyph& glyph : glyphs_of(text)) units += glyph.width + kGap;
  return std::max(0.0, units - kGap) * kUnit * words.size;
}

void Canvas::write(Spot place, std::string_view text, const Words& words) {
  const double unit = kUnit * words.size;
  double along = words.anchor == Anchor::start    ? 0.0
                 : words.anchor == Anchor::middle ? -width_of(text, words) / 2.0
                                                  : -width_of(text, words);
  Pen pen;
  pen.colour = words.colour;
  pen.width = (words.bold ? kBold : kPen) * words.size;
  for (const Glyph& glyph : glyphs_of(text)) {
    for (const std::vector<Spot>& stroke : glyph.strokes) {
      std::vector<Spot> line;
      for (const Spot& point : stroke) {
        const double x = along + unit * point.x, up = unit * point.y;
        line.push_back(words.upwards ? Spot{place.x - up, place.y - x}
                                     : Spot{place.x + x, place.y - up});
      }
      this->stroke(line, pen);
    }
    along += unit * (glyph.width + kGap);
  }
}

void Canvas::paste(int x, int y, int scale, const Picture& picture) {
  for (int row = 0; row < picture.height * scale; ++row) {
    for (int column = 0; column < picture.width * scale; ++column) {
      const std::size_t at =
          (static_cast<std::size_t>(row / scale) * static_cast<std::size_t>(picture.width) +
           static_cast<std::size_t>(column / scale)) *
          static_cast<std::size_t>(picture.channels);
      const std::uint8_t* const from = picture.pixels.data() + at;
      const bool grey = picture.channels == 1;
      blend(x + column, y + row, {from[0], from[grey ? 0 : 1], from[grey ? 0 : 2]}, 1.0);
    }
  }
}

}  // namespace signflip
