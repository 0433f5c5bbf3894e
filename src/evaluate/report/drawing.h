// The lines, markers and words of a plot, as data: written as SVG into the page or into a file, or
// painted as a PNG. What they look like stands in style.cpp for SVG and in drawing.cpp for PNG.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evaluate/report/markup.h"

namespace signflip::report {

struct Point {
  double x, y;
};

enum class Role {
  grid,     ///< a line behind the plot at a round value
  tick,     ///< a short line on an axis
  axis,     ///< the axis itself
  line,     ///< of a series
  marker,   ///< of a series
  bar,      ///< of a series
  crossed,  ///< a vertical dashed line
  x_label,  ///< words, centred
  y_label,  ///< words, to the left of their place
  heading,  ///< words, from their place on
  words,    ///< the same, for the legend
};

enum class Form { path, polygon, circle, text };

struct Shape {
  Form form = Form::path;
  Role role = Role::line;
  int style = 0;                       ///< which colour, dash and marker, of a series
  std::vector<Point> points = {};      ///< a circle's centre, words' place
  double radius = 0.0;                 ///< of a circle
  bool upwards = false;                ///< words that are turned to read from below
  std::string words = {}, title = {};  ///< title: shown when pointed at
};

/// In units of the plot's viewBox, the first shape behind the others.
using Drawing = std::vector<Shape>;

constexpr int kStyles = 8;

Drawing operator+(Drawing a, const Drawing& b);
/// The same moved.
Drawing moved(Drawing drawing, double x, double y);

/// The elements, without <svg> around them.
Markup to_svg(const Drawing& drawing);

/// Painted on white, `scale` pixels for each unit, as the bytes of a PNG file.
std::vector<std::uint8_t> to_png(const Drawing& drawing, double width, double height, double scale);

}  // namespace signflip::report
