#include "evaluate/report/drawing.h"

#include <array>
#include <cmath>

#include "core/concat.h"
#include "core/names.h"
#include "data/image.h"
#include "evaluate/report/canvas.h"
#include "evaluate/report/format.h"

namespace signflip::report {
namespace {

std::string pixels(double value) { return fixed(value, 1); }

/// The style sheet's name of each role; those of a series' shapes end in its style.
constexpr Named<Role> kClasses[] = {
    {Role::grid, "grid"},       {Role::tick, "tick"},  {Role::axis, "axis"},
    {Role::line, "line s"},     {Role::marker, "m s"}, {Role::bar, "m bar s"},
    {Role::crossed, "crossed"}, {Role::x_label, "x"},  {Role::y_label, "y"},
    {Role::heading, "heading"}, {Role::words, ""}};

std::string class_of(const Shape& shape) {
  const std::string_view name = name_of<Role>(kClasses, shape.role);
  const bool styled = name.ends_with(" s");
  return styled ? concat(name, shape.style % kStyles) : std::string(name);
}

Markup title_of(const Shape& shape) {
  return shape.title.empty() ? Markup() : element("title", text(shape.title));
}

Markup words_to_svg(const Shape& shape, const std::string& style) {
  const std::string x = pixels(shape.points[0].x), y = pixels(shape.points[0].y);
  const std::string_view named = style.empty() ? "" : "class";
  if (shape.upwards) {
    const std::string turn = "translate(" + x + " " + y + ") rotate(-90)";
    return element("text", {{named, style}, {"transform", turn}}, text(shape.words));
  }
  return element("text", {{named, style}, {"x", x}, {"y", y}}, text(shape.words));
}

Markup shape_to_svg(const Shape& shape) {
  const std::string style = class_of(shape);
  std::string places;
  switch (shape.form) {
    case Form::path:
      for (const Point& point : shape.points) {
        places += (places.empty() ? "M" : "L") + pixels(point.x) + " " + pixels(point.y);
      }
      return element("path", {{"class", style}, {"d", places}}, title_of(shape));
    case Form::polygon:
      for (const Point& point : shape.points) {
        places += (places.empty() ? "" : " ") + pixels(point.x) + "," + pixels(point.y);
      }
      return element("polygon", {{"class", style}, {"points", places}}, title_of(shape));
    case Form::circle:
      return element("circle",
                     {{"class", style},
                      {"cx", pixels(shape.points[0].x)},
                      {"cy", pixels(shape.points[0].y)},
                      {"r", pixels(shape.radius)}},
                     title_of(shape));
    case Form::text:
      break;
  }
  return words_to_svg(shape, style);
}

// The colours and dashes of picture_style().
constexpr Colour kInk{0x1b, 0x1d, 0x21}, kGrid{0xd9, 0xd7, 0xd1}, kAxis{0x56, 0x5a, 0x62};
constexpr Colour kCrossed{0xd5, 0x5e, 0x00}, kWhite{255, 255, 255};
constexpr std::array<Colour, kStyles> kColours = {{{0x00, 0x72, 0xb2},
                                                   {0xd5, 0x5e, 0x00},
                                                   {0x00, 0x7a, 0x5a},
                                                   {0xa8, 0x46, 0x7f},
                                                   {0x8a, 0x5a, 0x00},
                                                   {0x3d, 0x3d, 0x3d},
                                                   {0x15, 0x91, 0xc4},
                                                   {0x6a, 0x3d, 0x9a}}};

std::vector<double> dashes_of(int style) {
  static const std::array<std::vector<double>, kStyles> kDashes = {
      {{}, {7, 3}, {2, 3}, {9, 3, 2, 3}, {12, 4}, {}, {5, 2}, {9, 3, 2, 3, 2, 3}}};
  return kDashes[static_cast<std::size_t>(style % kStyles)];
}

Pen pen_of(const Shape& shape) {
  switch (shape.role) {
    case Role::grid:
      return {kGrid, 1.0, {}};
    case Role::line:
      return {kColours[static_cast<std::size_t>(shape.style % kStyles)], 2.0,
              dashes_of(shape.style)};
    case Role::crossed:
      return {kCrossed, 1.5, {3, 3}};
    default:
      return {kAxis, 1.0, {}};
  }
}

std::vector<Spot> scaled(const std::vector<Point>& points, double scale) {
  std::vector<Spot> spots;
  for (const Point& point : points) spots.push_back({scale * point.x, scale * point.y});
  return spots;
}

/// A circle as a polygon.
std::vector<Point> round_outline(const Shape& shape) {
  constexpr int kCorners = 24;
  constexpr double kTurn = 6.283185307179586;
  std::vector<Point> outline;
  for (int i = 0; i < kCorners; ++i) {
    const double angle = kTurn * i / kCorners;
    outline.push_back({shape.points[0].x + shape.radius * std::cos(angle),
                       shape.points[0].y + shape.radius * std::sin(angle)});
  }
  return outline;
}

void paint(const Shape& shape, double scale, Canvas& canvas) {
  if (shape.form == Form::text) {
    Words words;
    words.size = scale * (shape.role == Role::heading ? 11.0 : 12.0);
    words.colour = kInk;
    words.bold = shape.role == Role::heading;
    words.upwards = shape.upwards;
    words.anchor = shape.role == Role::x_label   ? Anchor::middle
                   : shape.role == Role::y_label ? Anchor::end
                                                 : Anchor::start;
    canvas.write({scale * shape.points[0].x, scale * shape.points[0].y}, shape.words, words);
    return;
  }
  if (shape.form == Form::path) {
    Pen pen = pen_of(shape);
    pen.width *= scale;
    for (double& dash : pen.dashes) dash *= scale;
    canvas.stroke(scaled(shape.points, scale), pen);
    return;
  }
  std::vector<Point> outline = shape.form == Form::circle ? round_outline(shape) : shape.points;
  std::vector<Spot> spots = scaled(outline, scale);
  canvas.fill(spots, kColours[static_cast<std::size_t>(shape.style % kStyles)]);
  spots.push_back(spots.front());
  canvas.stroke(spots, {kWhite, scale, {}});
}

}  // namespace

Drawing operator+(Drawing a, const Drawing& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Drawing moved(Drawing drawing, double x, double y) {
  for (Shape& shape : drawing) {
    for (Point& point : shape.points) point = {point.x + x, point.y + y};
  }
  return drawing;
}

Markup to_svg(const Drawing& drawing) {
  Markup svg;
  for (const Shape& shape : drawing) svg += shape_to_svg(shape);
  return svg;
}

std::vector<std::uint8_t> to_png(const Drawing& drawing, double width, double height,
                                 double scale) {
  Canvas canvas(static_cast<int>(std::lround(scale * width)),
                static_cast<int>(std::lround(scale * height)));
  for (const Shape& shape : drawing) paint(shape, scale, canvas);
  return encode_png(canvas.picture());
}

}  // namespace signflip::report
