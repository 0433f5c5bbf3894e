// Plots as PNG: where there is ink, and how much.
#include "evaluate/report/drawing.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/image.h"
#include "evaluate/report/plot.h"

namespace signflip::report {
namespace {

/// A drawing of 40×30 units, painted.
class Painted {
 public:
  Painted(const Drawing& drawing, int scale) : scale_(scale) {
    auto picture = decode_picture(to_png(drawing, 40, 30, scale), "plot.png");
    EXPECT_TRUE(picture) << (picture ? "" : picture.error().message);
    picture_ = std::move(*picture);
    EXPECT_EQ(picture_.width, 40 * scale);
    EXPECT_EQ(picture_.height, 30 * scale);
  }
  /// Whether the pixel at that place is anything but white.
  bool inked(double x, double y) const { return darkness(pixel(x), pixel(y)) > 0.1; }
  /// Ink in units of area, 1 for black.
  double ink() const {
    double sum = 0;
    for (int y = 0; y < picture_.height; ++y) {
      for (int x = 0; x < picture_.width; ++x) sum += darkness(x, y);
    }
    return sum / (scale_ * scale_);
  }

 private:
  int pixel(double unit) const { return static_cast<int>(unit * scale_); }
  double darkness(int x, int y) const {
    const auto channels = static_cast<std::size_t>(picture_.channels);
    const std::size_t at = (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture_.width) +
                            static_cast<std::size_t>(x)) *
                           channels;
    int least = 255;
    for (std::size_t c = 0; c < channels; ++c) {
      least = std::min(least, static_cast<int>(picture_.pixels[at + c]));
    }
    return 1.0 - least / 255.0;
  }

  int scale_;
  Picture picture_;
};

TEST(Drawing, ALineIsWhereItsPointsAre) {
  const Drawing drawing = {{.form = Form::path, .role = Role::axis, .points = {{5, 10}, {35, 10}}}};
  for (const int scale : {1, 2, 4}) {
    const Painted painted(drawing, scale);
    for (const double x : {6.0, 20.0, 34.0}) {
      EXPECT_TRUE(painted.inked(x, 10 - 0.5 / scale) || painted.inked(x, 10)) << scale;
      EXPECT_FALSE(painted.inked(x, 14));
      EXPECT_FALSE(painted.inked(x, 6));
    }
    EXPECT_FALSE(painted.inked(2, 10));
    EXPECT_FALSE(painted.inked(38, 10));
  }
  EXPECT_NEAR(Painted(drawing, 4).ink(), Painted(drawing, 1).ink(), 8) << "as wide in units";
}

TEST(Drawing, ACircleIsRound) {
  const Drawing drawing = {
      {.form = Form::circle, .role = Role::marker, .points = {{20, 15}}, .radius = 10}};
  const Painted painted(drawing, 4);
  for (int corner = 0; corner < 12; ++corner) {
    const double angle = 0.2 + corner * 0.5235987755982988;
    const double x = std::cos(angle), y = std::sin(angle);
    EXPECT_TRUE(painted.inked(20 + 8.5 * x, 15 + 8.5 * y)) << angle;
    EXPECT_FALSE(painted.inked(20 + 11.5 * x, 15 + 11.5 * y)) << angle;
  }
}

TEST(Drawing, WordsStandWhereTheirRoleSaysAndAreBoldInHeadings) {
  const auto words = [](Role role) {
    return Drawing{{.form = Form::text, .role = role, .points = {{20, 20}}, .words = "HIH"}};
  };
  const Painted start(words(Role::words), 4), end(words(Role::y_label), 4),
      middle(words(Role::x_label), 4);
  const auto left = [](const Painted& painted) {
    for (double x = 0; x < 40; x += 0.25) {
      for (double y = 5; y < 25; y += 0.25) {
        if (painted.inked(x, y)) return x;
      }
    }
    return 40.0;
  };
  EXPECT_NEAR(left(start), 20, 2.5);
  EXPECT_LT(left(end), left(middle));
  EXPECT_LT(left(middle), left(start));
  EXPECT_NEAR(left(start) + left(end), 2 * left(middle), 1.5) << "each half a width apart";
  EXPECT_GT(Painted(words(Role::heading), 4).ink(), start.ink()) << "bold";
}

TEST(Drawing, APlotsPictureHasRoomForTitleAndLegend) {
  Plot plot;
  plot.title = "t";
  plot.series = {{"a", 0, {{1, 0.5}, {2, 0.25}}}};
  const auto height = [&] {
    const auto picture = decode_picture(plot_png(plot), "plot.png");
    EXPECT_TRUE(picture);
    EXPECT_EQ(picture->width, 1440);
    return picture->height;
  };
  const int one = height();
  plot.series.push_back({"b", 1, {{1, 0.5}, {2, 0.75}}});
  const int two = height();
  EXPECT_GT(two, one) << "a line of the legend more";
  EXPECT_GT(one, 10 * (two - one)) << "below the plot and its title";
}

}  // namespace
}  // namespace signflip::report
