#include "sheet.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/number.h"
#include "core/visible_text.h"
#include "data/canvas.h"

namespace signflip::cli {
namespace {

constexpr int kMargin = 16, kGap = 24, kLine = 20, kHeading = 44;
constexpr double kFont = 14.0;
constexpr int kLeastWidth = 150;  // of a column, for its words
constexpr Colour kInk{0x1b, 0x1d, 0x21}, kSoft{0x56, 0x5a, 0x62}, kWrong{0xb4, 0x4a, 0x00};
constexpr std::size_t kMostRows = 50;  // a picture of more is no sheet

/// How large a pixel of an image is drawn.
int scale_of(const Picture& picture) {
  constexpr int kWished = 168;
  return std::max(1, kWished / std::max(picture.width, picture.height));
}

/// The largest change, in levels of 255.
int largest_change(const std::vector<SheetRow>& rows) {
  int largest = 1;
  for (const SheetRow& row : rows) {
    for (std::size_t i = 0; i < row.clean.pixels.size(); ++i) {
      largest = std::max(largest, std::abs(row.adversarial.pixels[i] - row.clean.pixels[i]));
    }
  }
  return largest;
}

/// Grey where nothing changed; the largest change of the sheet is black or white.
Picture perturbation(const SheetRow& row, int largest) {
  constexpr double kMiddle = 127.5;
  Picture picture = row.clean;
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    const int change = row.adversarial.pixels[i] - row.clean.pixels[i];
    picture.pixels[i] =
        static_cast<std::uint8_t>(std::lround(kMiddle + kMiddle * change / largest));
  }
  return picture;
}

/// What fits into so many pixels.
std::string cut(const std::string& text, int room, const Words& words) {
  std::string shown = visible_text(text);
  while (!shown.empty() && width_of(shown, words) > room) {
    const bool dots = shown.ends_with("…");
    if (dots) shown.resize(shown.size() - std::string("…").size());
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xC0) == 0x80) {
      shown.pop_back();
    }
    if (!shown.empty()) shown.pop_back();
    if (shown.empty()) return "";
    shown += "…";
  }
  return shown;
}

}  // namespace

Picture draw_sheet(const std::string& attack, const std::vector<SheetRow>& all) {
  const std::vector<SheetRow> rows(
      all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kMostRows)));
  const Picture& first = rows.front().clean;
  const int scale = scale_of(first);
  const int column = std::max(first.width * scale, kLeastWidth);
  const int row_height = first.height * scale + 2 * kLine + kGap;
  const int left_out = all.size() > rows.size() ? kLine : 0;
  Canvas canvas(2 * kMargin + 3 * column + 2 * kGap,
                kHeading + static_cast<int>(rows.size()) * row_height + kMargin + left_out);
  Words words, soft, wrong, heading;
  words.size = soft.size = wrong.size = heading.size = kFont;
  words.colour = heading.colour = kInk;
  soft.colour = kSoft;
  wrong.colour = kWrong;
  heading.bold = true;
  const auto x = [&](int which) { return kMargin + which * (column + kGap); };
  const int largest = largest_change(rows);
  const std::string amplified =
      largest < 127 ? " × " + number_text(std::round(1275.0 / largest) / 10.0) : "";
  const std::string titles[] = {"image", "change" + amplified, attack};
  for (int i = 0; i < 3; ++i) {
    canvas.write({static_cast<double>(x(i)), 26.0}, cut(titles[i], column, heading), heading);
  }
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const SheetRow& row = rows[n];
    const int y = kHeading + static_cast<int>(n) * row_height;
    canvas.paste(x(0), y, scale, row.clean);
    canvas.paste(x(1), y, scale, perturbation(row, largest));
    canvas.paste(x(2), y, scale, row.adversarial);
    char norms[64];
    std::snprintf(norms, sizeof norms, "L∞ %.4f, L2 %.3f", static_cast<double>(row.linf),
                  static_cast<double>(row.l2));
    const double line = y + first.height * scale + kLine - 3;
    const auto write = [&](int which, int below, const std::string& text, const Words& how) {
      canvas.write({static_cast<double>(x(which)), line + below * kLine}, cut(text, column, how),
                   how);
    };
    write(0, 0, row.before, words);
    write(0, 1, row.name, soft);
    write(1, 0, norms, soft);
    write(2, 0, row.after, row.after == row.before ? words : wrong);
  }
  if (left_out > 0) {
    canvas.write({static_cast<double>(kMargin), static_cast<double>(canvas.picture().height - 10)},
                 "… and " + std::to_string(all.size() - rows.size()) + " more", soft);
  }
  return canvas.picture();
}

}  // namespace signflip::cli
