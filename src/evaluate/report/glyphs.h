// A font of pen strokes for canvas.h: printable ASCII, and what class names, axes and titles of
// ours use besides.
#pragma once

#include <string_view>
#include <vector>

#include "evaluate/report/canvas.h"

namespace signflip {

/// Strokes in units of a grid: the baseline is y = 0, capitals are 8 high, small letters 5.
struct Glyph {
  double width;
  std::vector<std::vector<Spot>> strokes;
};

/// One glyph per character of UTF-8 text.
std::vector<Glyph> glyphs_of(std::string_view text);

}  // namespace signflip
