#include "data/paper.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace signflip {
namespace {

/// Of the paper's brightness so much is left out at both ends: what is smaller is no shadow.
constexpr std::size_t kLeftOut = 20;  // one in twenty

/// For each pixel combine() of the values at most `reach` away in its row.
template <class Combine>
Picture along_rows(const Picture& grey, int reach, Combine combine) {
  Picture result = grey;
  for (int y = 0; y < grey.height; ++y) {
    const auto row = grey.pixels.begin() + static_cast<std::ptrdiff_t>(y) * grey.width;
    for (int x = 0; x < grey.width; ++x) {
      const int first = std::max(0, x - reach), end = std::min(grey.width, x + reach + 1);
      result.pixels[static_cast<std::size_t>(y * grey.width + x)] = combine(row + first, row + end);
    }
  }
  return result;
}

Picture transposed(const Picture& grey) {
  Picture result{grey.height, grey.width, 1, grey.pixels};
  for (int y = 0; y < grey.height; ++y) {
    for (int x = 0; x < grey.width; ++x) {
      result.pixels[static_cast<std::size_t>(x * grey.height + y)] =
          grey.pixels[static_cast<std::size_t>(y * grey.width + x)];
    }
  }
  return result;
}

/// The same over squares: rows, then columns.
template <class Combine>
Picture over_squares(const Picture& grey, int reach, Combine combine) {
  return transposed(along_rows(transposed(along_rows(grey, reach, combine)), reach, combine));
}

/// How much brightness changes from pixel to pixel, in sum.
long roughness(const Picture& grey) {
  long sum = 0;
  for (const Picture& picture : {grey, transposed(grey)}) {
    for (std::size_t i = 1; i < picture.pixels.size(); ++i) {
      if (i % static_cast<std::size_t>(picture.width) == 0) continue;
      sum += std::abs(picture.pixels[i] - picture.pixels[i - 1]);
    }
  }
  return sum;
}

/// How far the brightest and the darkest paper are apart, outliers left out.
int variation(const Picture& paper) {
  std::vector<std::uint8_t> values = paper.pixels;
  std::sort(values.begin(), values.end());
  const std::size_t out = values.size() / kLeftOut;
  return values[values.size() - 1 - out] - values[out];
}

constexpr int kInk = 128;

/// The ink that is connected with the edge, as numbers of pixels.
std::vector<std::size_t> ink_from_outside(const Picture& ink) {
  std::vector<std::size_t> found;
  std::vector<char> seen(ink.pixels.size(), 0);
  const auto visit = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= ink.width || y >= ink.height) return;
    const auto i = static_cast<std::size_t>(y * ink.width + x);
    if (seen[i] != 0 || ink.pixels[i] < kInk) return;
    seen[i] = 1;
    found.push_back(i);
  };
  for (int x = 0; x < ink.width; ++x) visit(x, 0), visit(x, ink.height - 1);
  for (int y = 0; y < ink.height; ++y) visit(0, y), visit(ink.width - 1, y);
  for (std::size_t next = 0; next < found.size(); ++next) {
    const int x = static_cast<int>(found[next]) % ink.width;
    const int y = static_cast<int>(found[next]) / ink.width;
    visit(x - 1, y), visit(x + 1, y), visit(x, y - 1), visit(x, y + 1);
  }
  return found;
}

}  // namespace

void blank_what_comes_from_outside(Picture& ink) {
  const auto all =
      std::count_if(ink.pixels.begin(), ink.pixels.end(), [](int value) { return value >= kInk; });
  const std::vector<std::size_t> outside = ink_from_outside(ink);
  if (2 * outside.size() > static_cast<std::size_t>(all)) return;
  for (const std::size_t i : outside) ink.pixels[i] = 0;
}

Picture with_even_paper(const Picture& grey) {
  const auto darkest = [](auto first, auto end) { return *std::min_element(first, end); };
  const auto lightest = [](auto first, auto end) { return *std::max_element(first, end); };
  const int reach = grey.width / 6;
  const Picture closed = over_squares(over_squares(grey, reach, lightest), reach, darkest);
  const Picture opened = over_squares(over_squares(grey, reach, darkest), reach, lightest);
  const bool dark_ink = roughness(closed) <= roughness(opened);
  const Picture& paper = dark_ink ? closed : opened;
  if (variation(paper) < kEvenPaper) return grey;
  Picture even = grey;
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
    const int value = grey.pixels[i], white = paper.pixels[i];
    even.pixels[i] =
        static_cast<std::uint8_t>(dark_ink ? 255 * value / std::max(1, white) : value - white);
  }
  const auto [least, greatest] = std::minmax_element(even.pixels.begin(), even.pixels.end());
  return *greatest - *least < kEvenPaper ? grey : even;
}

}  // namespace signflip
