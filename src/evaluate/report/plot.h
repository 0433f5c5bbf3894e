// Line plots as inline SVG, with a legend in words and the values in a table behind them. Colours,
// dashes and markers all differ, so that none is needed alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/report/drawing.h"
#include "evaluate/report/markup.h"

namespace signflip::report {

struct Series {
  std::string name;
  int style = 0;              ///< which colour, dash and marker
  std::vector<Point> points;  ///< ascending in x, finite; one alone is a marker without a line
};

struct Plot {
  std::string title;  ///< caption, and description for screen readers
  std::string x_label, y_label;
  bool fractions = false;  ///< y from 0 to 1, written as percent
  bool from_zero = false;  ///< y begins at 0 where no value is negative
  bool epochs = false;     ///< x is whole numbers
  bool decades = false;    ///< x is drawn logarithmically
  double bars = 0.0;       ///< not 0: no lines but bars, so wide in x, from 0 up
  bool listed = true;      ///< with a table of the values; false where another table has them
  std::vector<Series> series;
  std::vector<double> crossed;  ///< x that get a vertical dashed line
  std::string crossed_name;     ///< what that line means, for the legend
};

/// A <figure>; nothing where no series has a point. Loss over more than two decades gets a
/// logarithmic axis.
Markup line_plot(const Plot& plot);

/// The same as an SVG file of its own, with its colours, title and legend; empty where no series
/// has a point.
std::string plot_svg(const Plot& plot);
/// The same picture as the bytes of a PNG file, 1440 pixels wide; empty where no series has a
/// point.
std::vector<std::uint8_t> plot_png(const Plot& plot);

/// Round numbers from `low` to `high`, about `count` of them.
std::vector<double> round_ticks(double low, double high, int count);

}  // namespace signflip::report
