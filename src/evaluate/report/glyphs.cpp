#include "evaluate/report/glyphs.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace signflip {
namespace {

/// A stroke is pairs of a digit for x and a letter for y, from a = −3 (d is the baseline) to m = 9;
/// after ~ the curve goes smoothly through them. Blanks divide strokes.
struct Drawn {
  std::string_view character, strokes;
};

constexpr Drawn kGlyphs[] = {
    {"A", "0d3l6d 1f5f"},
    {"B", "0d0l3l ~3l5k5i3h 0h3h ~3h6g6e3d 3d0d"},
    {"C", "~6k4l2l0j0f2d4d6e"},
    {"D", "0d0l3l ~3l6j6f3d 3d0d"},
    {"E", "5l0l0d5d 0h4h"},
    {"F", "5l0l0d 0h4h"},
    {"G", "~6k4l2l0j0f2d4d6e 6e6h4h"},
    {"H", "0d0l 6d6l 0h6h"},
    {"I", "0d0l"},
    {"J", "4l4f ~4f3d1d0e"},
    {"K", "0d0l 5l0g 2i5d"},
    {"L", "0l0d5d"},
    {"M", "0d0l3f6l6d"},
    {"N", "0d0l6d6l"},
    {"O", "~3l1k0h1e3d5e6h5k3l"},
    {"P", "0d0l3l ~3l5k5h3g 3g0g"},
    {"Q", "~3l1k0h1e3d5e6h5k3l 4f6d"},
    {"R", "0d0l3l ~3l5k5h3g 3g0g 3g5d"},
    {"S", "~5k3l1l0j1h4h5f4d2d0e"},
    {"T", "0l6l 3l3d"},
    {"U", "0l0f ~0f1d3d5d6f 6f6l"},
    {"V", "0l3d6l"},
    {"W", "0l2d4k6d8l"},
    {"X", "0l6d 0d6l"},
    {"Y", "0l3h6l 3h3d"},
    {"Z", "0l6l0d6d"},
    {"a", "~4g3i1i0h0e1d3d4f 4i4d"},
    {"b", "0l0d ~0g1i3i4h4e3d1d0f"},
    {"c", "~4h3i1i0h0e1d3d4e"},
    {"d", "4l4d ~4g3i1i0h0e1d3d4f"},
    {"e", "0g4g ~4g4h3i1i0h0e1d3d4e"},
    {"f", "1d1j ~1j1k2l3l 0i3i"},
    {"g", "~4g3i1i0h0e1d3d4f 4i4c ~4c3a1a0b"},
    {"h", "0l0d ~0g1i3i4h 4h4d"},
    {"i", "0d0i 0k0k"},
    {"j", "1i1b ~1b1a0a 1k1k"},
    {"k", "0l0d 4i0f 1g4d"},
    {"l", "0l0d"},
    {"m", "0i0d ~0g1i2i3h 3h3d ~3g4i5i6h 6h6d"},
    {"n", "0i0d ~0g1i3i4h 4h4d"},
    {"o", "~2i0h0e2d4e4h2i"},
    {"p", "0i0a ~0g1i3i4h4e3d1d0f"},
    {"q", "4i4a ~4g3i1i0h0e1d3d4f"},
    {"r", "0i0d ~0g1i3i"},
    {"s", "~4h2i0h2g4e2d0e"},
    {"t", "1k1e ~1e1d2d3d 0i3i"},
    {"u", "0i0e ~0e1d3d4f 4i4d"},
    {"v", "0i2d4i"},
    {"w", "0i1d3h5d6i"},
    {"x", "0i4d 0d4i"},
    {"y", "0i2d 4i1a0a"},
    {"z", "0i4i0d4d"},
    {"0", "~2l1l0j0f1d3d4f4j3l2l"},
    {"1", "0j2l2d"},
    {"2", "~0j1l3l4j3h 3h0d4d"},
    {"3", "~0k2l4k4i2h 1h2h ~2h4g4e2d0e"},
    {"4", "3d3l0f4f"},
    {"5", "4l0l0h ~0h2i4h4e3d1d0e"},
    {"6", "~4k3l1l0j0f1d3d4f3h1h0f"},
    {"7", "0l4l1d"},
    {"8", "~2l0k0i2h4i4k2l ~2h0g0e2d4e4g2h"},
    {"9", "~0e1d3d4f4j3l1l0j1h3h4j"},
    {".", "0d0d"},
    {",", "1d0b"},
    {":", "0d0d 0h0h"},
    {";", "1d0b 1h1h"},
    {"%", "0d6l ~1l0k1j2k1l ~5f4e5d6e5f"},
    {"(", "~2m0j0e2b"},
    {")", "~0m2j2e0b"},
    {"[", "2m0m0b2b"},
    {"]", "0m2m2b0b"},
    {"{", "~3m1l2i0h 0h0h ~0h2g1c3b"},
    {"}", "~0m2l1i3h ~3h1g2c0b"},
    {"+", "2f2j 0h4h"},
    {"-", "0g3g"},
    {"\xe2\x80\x93", "0g4g"},  // –
    {"\xe2\x88\x92", "0g4g"},  // −
    {"=", "0f4f 0i4i"},
    {"_", "0c5c"},
    {"/", "0c4m"},
    {"\\", "0m4c"},
    {"|", "0b0m"},
    {"*", "2g2k 0h4j 0j4h"},
    {"#", "1d2l 4d5l 0g6g 0j6j"},
    {"<", "4j0g4d"},
    {">", "0j4g0d"},
    {"!", "0l0f 0d0d"},
    {"?", "~0k2l4k3i2g 2d2d"},
    {"'", "0l0j"},
    {"\"", "0l0j 2l2j"},
    {"`", "0l1j"},
    {"^", "0j2l4j"},
    {"~", "~0g1h3f4g"},
    {"&", "~5d1i2l3j0f1d3d5g"},
    {"@", "~5g4i2h2e4e5g5e7f7j5l2l0j0e2c5c"},
    {"$", "~4k3l1l0j1h3h4f3d1d0e 2m2c"},
    {"\xc2\xb7", "0g0g"},                               // ·
    {"\xc3\x97", "0e4i 0i4e"},                          // ×
    {"\xe2\x86\x92", "0g6g 4i6g4e"},                    // →
    {"\xce\xb5", "~4h2i0h1g2g ~2g0f0e2d4e"},            // ε
    {"\xce\xb4", "~3k1l1j3i4f2d0f2i"},                  // δ
    {"\xce\xb2", "0a0j ~0j1l3k3i1h 1h2h ~2h4g4e2d0e"},  // β
    {"\xe2\x88\x9e", "~3g2h1h0g1f2f3g4h5h6g5f4f3g"},    // ∞
    {"\xe2\x89\xa4", "4j0g4e 0d4d"},                    // ≤
    {"\xe2\x80\xa6", "0d0d 2d2d 4d4d"},                 // …
    {"\xc2\xb0", "~1l0k1j2k1l"},                        // °
    {"\xc3\xa4", "~4g3i1i0h0e1d3d4f 4i4d 1k1k 3k3k"},   // ä
    {"\xc3\xb6", "~2i0h0e2d4e4h2i 1k1k 3k3k"},          // ö
    {"\xc3\xbc", "0i0e ~0e1d3d4f 4i4d 1k1k 3k3k"},      // ü
    {"\xc3\x9f", "0d0j ~0j1l3l3j2h4g4e3d2d"},           // ß
    {"\xc3\xa9", "0g4g ~4g4h3i1i0h0e1d3d4e 1j3l"},      // é
};

constexpr std::string_view kUnknown = "0d0l4l4d0d";

/// Points between p1 and p2 of the Catmull-Rom spline through all four.
void add_curve(Spot p0, Spot p1, Spot p2, Spot p3, std::vector<Spot>& line) {
  constexpr int kParts = 6;
  for (int i = 1; i <= kParts; ++i) {
    const double t = static_cast<double>(i) / kParts, t2 = t * t, t3 = t2 * t;
    const auto along = [&](double a, double b, double c, double d) {
      return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t2 +
                    (3 * b - a - 3 * c + d) * t3);
    };
    line.push_back({along(p0.x, p1.x, p2.x, p3.x), along(p0.y, p1.y, p2.y, p3.y)});
  }
}

std::vector<Spot> smooth(const std::vector<Spot>& points) {
  const std::size_t n = points.size();
  const bool closed = points.front().x == points.back().x && points.front().y == points.back().y;
  std::vector<Spot> line = {points.front()};
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const Spot before = i > 0 ? points[i - 1] : closed ? points[n - 2] : points[0];
    const Spot after = i + 2 < n ? points[i + 2] : closed ? points[1] : points[n - 1];
    add_curve(before, points[i], points[i + 1], after, line);
  }
  return line;
}

Glyph parse(std::string_view strokes) {
  Glyph glyph{0.0, {}};
  while (!strokes.empty()) {
    const std::size_t end = std::min(strokes.find(' '), strokes.size());
    std::string_view stroke = strokes.substr(0, end);
    strokes.remove_prefix(std::min(end + 1, strokes.size()));
    const bool curved = stroke.starts_with('~');
    if (curved) stroke.remove_prefix(1);
    std::vector<Spot> points;
    for (std::size_t i = 0; i + 1 < stroke.size(); i += 2) {
      points.push_back(
          {static_cast<double>(stroke[i] - '0'), static_cast<double>(stroke[i + 1] - 'd')});
      glyph.width = std::max(glyph.width, points.back().x);
    }
    glyph.strokes.push_back(curved ? smooth(points) : points);
  }
  return glyph;
}

}  // namespace

std::vector<Glyph> glyphs_of(std::string_view text) {
  constexpr double kBlank = 2.0;
  std::vector<Glyph> glyphs;
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t wanted = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const std::string_view character = text.substr(0, std::min(wanted, text.size()));
    text.remove_prefix(character.size());
    if (character == " " || character == "\xc2\xa0") {
      glyphs.push_back({kBlank, {}});
      continue;
    }
    const auto* const known =
        std::find_if(std::begin(kGlyphs), std::end(kGlyphs),
                     [&](const Drawn& drawn) { return drawn.character == character; });
    glyphs.push_back(parse(known == std::end(kGlyphs) ? kUnknown : known->strokes));
  }
  return glyphs;
}

}  // namespace signflip
