#include "sheet.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/number.h"
#include "core/visible_text.h"
#include "evaluate/report/canvas.h"

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
int largest_change(const std::vector<AttackSheetRow>& rows) {
  int largest = 1;
  for (const AttackSheetRow& row : rows) {
    for (std::size_t i = 0; i < row.clean.pixels.size(); ++i) {
      largest = std::max(largest, std::abs(row.adversarial.pixels[i] - row.clean.pixels[i]));
    }
  }
  return largest;
}

/// Grey where nothing changed; the largest change of the sheet is black or white.
Picture perturbation(const AttackSheetRow& row, int largest) {
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

Picture to_picture(const Tensor& images, std::size_t n) {
  const ImageShape shape = images.image_shape();
  Picture picture{shape.width, shape.height, shape.channels, {}};
  for (const float value : images.image(n)) {
    picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(value * 255.0F)));
  }
  return picture;
}

Picture draw_sheet(const std::vector<std::string>& titles,
                   const std::vector<std::vector<SheetCell>>& rows) {
  const std::size_t shown = std::min(rows.size(), kMostRows);
  const Picture& first = rows.front().front().picture;
  const int scale = scale_of(first), columns = static_cast<int>(titles.size());
  const int column = std::max(first.width * scale, kLeastWidth);
  const int row_height = first.height * scale + 2 * kLine + kGap;
  const int left_out = rows.size() > shown ? kLine : 0;
  Canvas canvas(2 * kMargin + columns * column + (columns - 1) * kGap,
                kHeading + static_cast<int>(shown) * row_height + kMargin + left_out);
  Words words, soft, wrong, heading;
  words.size = soft.size = wrong.size = heading.size = kFont;
  words.colour = heading.colour = kInk;
  soft.colour = kSoft;
  wrong.colour = kWrong;
  heading.bold = true;
  const auto style_of = [&](const SheetLine& line) -> const Words& {
    if (line.style == SheetLine::Style::soft) return soft;
    return line.style == SheetLine::Style::wrong ? wrong : words;
  };
  const auto x = [&](std::size_t which) {
    return kMargin + static_cast<int>(which) * (column + kGap);
  };
  for (std::size_t i = 0; i < titles.size(); ++i) {
    canvas.write({static_cast<double>(x(i)), 26.0}, cut(titles[i], column, heading), heading);
  }
  for (std::size_t n = 0; n < shown; ++n) {
    const int y = kHeading + static_cast<int>(n) * row_height;
    for (std::size_t i = 0; i < rows[n].size(); ++i) {
      const SheetCell& cell = rows[n][i];
      canvas.paste(x(i), y, scale, cell.picture);
      double below = y + first.height * scale + kLine - 3;
      for (const SheetLine& line : cell.lines) {
        const Words& style = style_of(line);
        canvas.write({static_cast<double>(x(i)), below}, cut(line.text, column, style), style);
        below += kLine;
      }
    }
  }
  if (left_out > 0) {
    canvas.write({static_cast<double>(kMargin), static_cast<double>(canvas.picture().height - 10)},
                 "… and " + std::to_string(rows.size() - shown) + " more", soft);
  }
  return canvas.picture();
}

Picture draw_attack_sheet(const std::string& attack, const std::vector<AttackSheetRow>& all) {
  using Style = SheetLine::Style;
  const int largest = largest_change(all);
  const std::string amplified =
      largest < 127 ? " × " + number_text(std::round(1275.0 / largest) / 10.0) : "";
  std::vector<std::vector<SheetCell>> rows;
  for (const AttackSheetRow& row : all) {
    char norms[64];
    std::snprintf(norms, sizeof norms, "L∞ %.4f, L2 %.3f", static_cast<double>(row.linf),
                  static_cast<double>(row.l2));
    const Style after = row.after == row.before ? Style::plain : Style::wrong;
    rows.push_back({{row.clean, {{row.before}, {row.name, Style::soft}}},
                    {perturbation(row, largest), {{norms, Style::soft}}},
                    {row.adversarial, {{row.after, after}}}});
  }
  return draw_sheet({"image", "change" + amplified, attack}, rows);
}

}  // namespace signflip::cli
