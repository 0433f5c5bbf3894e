// A picture to draw on: smooth lines, areas, words in a pen font of our own, other pictures. For
// the figures and sheets that the tool writes as PNG where no browser draws them, with the same
// bytes on every machine. Not for the page.
#pragma once

#include <string_view>
#include <vector>

#include "data/image.h"

namespace signflip {

struct Colour {
  std::uint8_t red, green, blue;
};

/// A place in pixels from the upper left corner.
struct Spot {
  double x, y;
};

struct Pen {
  Colour colour{0, 0, 0};
  double width = 1.0;
  std::vector<double> dashes;  ///< lengths on, off, on …; empty: no gaps
};

enum class Anchor { start, middle, end };

struct Words {
  double size = 12.0;  ///< of the font, in pixels: capitals are 0.72 of it
  Colour colour{0, 0, 0};
  Anchor anchor = Anchor::start;  ///< what of the words is at their place
  bool bold = false;
  bool upwards = false;  ///< turned to read from below
};

class Canvas {
 public:
  /// White.
  Canvas(int width, int height);

  void stroke(const std::vector<Spot>& line, const Pen& pen);
  /// The inside of a polygon, by the even-odd rule.
  void fill(const std::vector<Spot>& corners, Colour colour);
  /// Latin letters and what else glyphs.cpp draws; other characters become boxes. `place` is on the
  /// baseline.
  void write(Spot place, std::string_view text, const Words& words);
  /// A picture, each pixel as a square of `scale` pixels.
  void paste(int x, int y, int scale, const Picture& picture);

  const Picture& picture() const { return picture_; }

 private:
  void blend(int x, int y, Colour colour, double share);

  Picture picture_;
};

/// How wide words are.
double width_of(std::string_view text, const Words& words);

}  // namespace signflip
