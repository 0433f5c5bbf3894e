#include "evaluate/report/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "evaluate/report/format.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

// In units of the viewBox: small enough that letters stay readable where it is drawn 280 px wide.
constexpr double kWidth = 360, kHeight = 250, kLeft = 62, kRight = 12, kTop = 12, kBottom = 44;
constexpr std::size_t kMostMarkers = 40, kMostPoints = 1000;

/// One axis: values to places in the viewBox.
struct Axis {
  double low, high, from, to;
  bool logarithmic = false;

  /// Where a value stands; values beyond the ends at these.
  double place(double value) const {
    const auto scaled = [this](double v) { return logarithmic ? std::log10(v) : v; };
    const double share = (scaled(value) - scaled(low)) / (scaled(high) - scaled(low));
    return from + (to - from) * std::clamp(share, 0.0, 1.0);
  }
};

Axis make_axis(double low, double high, double from, double to) {
  // One value alone gets room on both sides.
  const double room = std::max(std::fabs(high) * 0.1, 1e-6);
  if (high - low <= std::fabs(high) * 1e-9) return {low - room, high + room, from, to};
  return {low, high, from, to};
}

template <class Get>
std::pair<double, double> extent(const Plot& plot, Get get) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const Series& series : plot.series) {
    for (const Point& point : series.points) {
      low = std::min(low, get(point));
      high = std::max(high, get(point));
    }
  }
  return {low, high};
}

Axis y_axis(const Plot& plot) {
  const double from = kHeight - kBottom, to = kTop;
  if (plot.fractions) return {0.0, 1.0, from, to};
  auto [low, high] = extent(plot, [](const Point& p) { return p.y; });
  if (plot.bars == 0.0 && low > 0.0 && high > 100.0 * low) return {low, high, from, to, true};
  if ((plot.from_zero || plot.bars > 0.0) && low >= 0.0) low = 0.0;
  Axis axis = make_axis(low, high, from, to);
  // Ends at round numbers.
  const auto ticks = round_ticks(axis.low, axis.high, 5);
  if (ticks.size() > 1) {
    const double step = ticks[1] - ticks[0];
    if (ticks.front() > axis.low) axis.low = ticks.front() - step;
    if (ticks.back() < axis.high) axis.high = ticks.back() + step;
  }
  return axis;
}

Axis x_axis(const Plot& plot) {
  auto [low, high] = extent(plot, [](const Point& p) { return p.x; });
  if (plot.decades && low > 0.0 && high > low) {
    return {low, high, kLeft, kWidth - kRight, true};
  }
  if (!plot.epochs) low = std::min(low, 0.0);
  return make_axis(low, high + plot.bars, kLeft, kWidth - kRight);
}

/// Powers of ten within an axis.
std::vector<double> decades(const Axis& axis) {
  std::vector<double> ticks;
  const auto first = static_cast<int>(std::ceil(std::log10(axis.low) - 1e-9));
  for (int e = first; e <= std::log10(axis.high) + 1e-9; ++e) ticks.push_back(std::pow(10.0, e));
  return ticks;
}

Shape marker(int style, double x, double y, const std::string& title = {}) {
  Shape shape{.form = Form::polygon, .role = Role::marker, .style = style, .title = title};
  const auto at = [&](std::initializer_list<Point> corners) {
    for (const Point& corner : corners) shape.points.push_back({x + corner.x, y + corner.y});
  };
  switch (style % 4) {
    case 0:
      shape.form = Form::circle;
      shape.radius = 3.4;
      at({{0, 0}});
      break;
    case 1:
      at({{-3, -3}, {3, -3}, {3, 3}, {-3, 3}});
      break;
    case 2:
      at({{0, -4}, {3.8, 3}, {-3.8, 3}});
      break;
    default:
      at({{0, -4.2}, {4.2, 0}, {0, 4.2}, {-4.2, 0}});
  }
  return shape;
}

Shape line(Role role, std::vector<Point> points, int style = 0) {
  return {.form = Form::path, .role = role, .style = style, .points = std::move(points)};
}

Shape label(Role role, double x, double y, const std::string& words) {
  return {.form = Form::text, .role = role, .points = {{x, y}}, .words = words};
}

std::string value_text(const Plot& plot, double y) {
  return plot.fractions ? percent(y) : short_number(y);
}

std::string x_text(const Plot& plot, double x) {
  return plot.epochs ? count_text(x) : epsilon_text(x);
}

Drawing draw_axes(const Plot& plot, const Axis& x, const Axis& y) {
  Drawing drawing;
  std::vector<double> ticks;
  if (y.logarithmic) {
    for (double e = std::ceil(std::log10(y.low)); e <= std::log10(y.high); ++e) {
      ticks.push_back(std::pow(10.0, e));
    }
    const std::size_t every = ticks.size() / 8 + 1;
    for (std::size_t i = 0; i * every < ticks.size(); ++i) ticks[i] = ticks[i * every];
    ticks.resize((ticks.size() + every - 1) / every);
  } else {
    ticks = round_ticks(y.low, y.high, 5);
  }
  for (const double tick : ticks) {
    const double at = y.place(tick);
    drawing.push_back(line(Role::grid, {{x.from, at}, {x.to, at}}));
    drawing.push_back(
        label(Role::y_label, x.from - 6, at + 4,
              plot.fractions ? short_number(100.0 * tick) + "%" : short_number(tick)));
  }
  for (const double tick : x.logarithmic ? decades(x) : round_ticks(x.low, x.high, 6)) {
    if (plot.epochs && tick != std::floor(tick)) continue;
    const double at = x.place(tick);
    drawing.push_back(line(Role::tick, {{at, y.from}, {at, y.from + 4}}));
    drawing.push_back(label(Role::x_label, at, y.from + 17, short_number(tick)));
  }
  drawing.push_back(line(Role::axis, {{x.from, y.from}, {x.to, y.from}}));
  drawing.push_back(label(Role::x_label, (x.from + x.to) / 2, kHeight - 8, plot.x_label));
  Shape title = label(Role::x_label, 11, (y.from + y.to) / 2, plot.y_label);
  title.upwards = true;
  drawing.push_back(std::move(title));
  return drawing;
}

std::string title_of(const Plot& plot, const Series& series, const Point& point) {
  return series.name + ", " + plot.x_label + " " + x_text(plot, point.x) + ": " +
         value_text(plot, point.y);
}

Drawing draw_bars(const Plot& plot, const Series& series, const Axis& x, const Axis& y) {
  Drawing drawing;
  for (const Point& point : series.points) {
    const double left = x.place(point.x), right = x.place(point.x + plot.bars);
    const double top = y.place(point.y);
    drawing.push_back({.form = Form::polygon,
                       .role = Role::bar,
                       .style = series.style,
                       .points = {{left, y.from}, {left, top}, {right, top}, {right, y.from}},
                       .title = title_of(plot, series, point)});
  }
  return drawing;
}

Drawing draw_series(const Plot& plot, const Series& series, const Axis& x, const Axis& y) {
  if (plot.bars > 0.0) return draw_bars(plot, series, x, y);
  std::vector<Point> path;
  const std::size_t every = (series.points.size() + kMostPoints - 1) / kMostPoints;
  for (std::size_t i = 0; i < series.points.size(); i += std::max<std::size_t>(every, 1)) {
    const Point& point = series.points[i];
    path.push_back({x.place(point.x), y.place(point.y)});
  }
  Drawing drawing;
  if (series.points.size() > 1) drawing.push_back(line(Role::line, path, series.style));
  if (series.points.size() > kMostMarkers) return drawing;
  for (const Point& point : series.points) {
    drawing.push_back(
        marker(series.style, x.place(point.x), y.place(point.y), title_of(plot, series, point)));
  }
  return drawing;
}

/// Calls item(swatch of 30×12, name) for each line of the legend.
template <class Item>
void for_each_legend_item(const Plot& plot, const Item& item) {
  for (const Series& series : plot.series) {
    if (series.points.empty()) continue;
    Drawing swatch;
    if (plot.bars > 0.0) {
      swatch.push_back({.form = Form::polygon,
                        .role = Role::bar,
                        .style = series.style,
                        .points = {{3, 1}, {27, 1}, {27, 11}, {3, 11}}});
    } else {
      if (series.points.size() > 1) {
        swatch.push_back(line(Role::line, {{0, 6}, {30, 6}}, series.style));
      }
      if (series.points.size() <= kMostMarkers) swatch.push_back(marker(series.style, 15, 6));
    }
    item(swatch, series.name);
  }
  if (!plot.crossed.empty()) {
    item(Drawing{line(Role::crossed, {{15, 0}, {15, 12}})}, plot.crossed_name);
  }
}

Markup legend(const Plot& plot) {
  Markup items;
  for_each_legend_item(plot, [&](const Drawing& swatch, const std::string& name) {
    const Markup picture =
        element("svg", {{"viewBox", "0 0 30 12"}, {"aria-hidden", "true"}}, to_svg(swatch));
    items += element("li", picture + text(name));
  });
  return element("ul", {{"class", "legend"}}, items);
}

bool is_empty(const Plot& plot) {
  return std::ranges::all_of(plot.series, [](const Series& s) { return s.points.empty(); });
}

/// Axes and lines, in the viewBox.
Drawing drawing(const Plot& plot) {
  const Axis x = x_axis(plot), y = y_axis(plot);
  Drawing drawing = draw_axes(plot, x, y);
  for (const double at : plot.crossed) {
    Shape crossed = line(Role::crossed, {{x.place(at), y.from}, {x.place(at), y.to}});
    crossed.title = plot.x_label + " " + x_text(plot, at) + ": " + plot.crossed_name;
    drawing.push_back(std::move(crossed));
  }
  for (const Series& series : plot.series) {
    const Drawing drawn = draw_series(plot, series, x, y);
    drawing.insert(drawing.end(), drawn.begin(), drawn.end());
  }
  return drawing;
}

/// The plot with its title above and its legend below, and how high that is.
std::pair<Drawing, double> whole_picture(const Plot& plot) {
  constexpr double kLine = 17, kTitle = 22;
  Drawing all = {label(Role::heading, 8, 16, plot.title)};
  const auto add = [&](const Drawing& drawing, double x, double y) {
    const Drawing placed = moved(drawing, x, y);
    all.insert(all.end(), placed.begin(), placed.end());
  };
  add(drawing(plot), 0, kTitle);
  double y = kHeight + kTitle;
  for_each_legend_item(plot, [&](const Drawing& swatch, const std::string& name) {
    add(swatch, kLeft, y);
    all.push_back(label(Role::words, kLeft + 36, y + 10, name));
    y += kLine;
  });
  return {std::move(all), std::ceil(y + kLine / 2)};
}

/// One row for each x, one column for each series.
Markup values(const Plot& plot) {
  Table table;
  table.caption = plot.title;
  table.columns.push_back({plot.x_label, true});
  std::map<double, std::vector<Markup>> rows;
  for (std::size_t s = 0; s < plot.series.size(); ++s) {
    table.columns.push_back({plot.series[s].name, true});
    for (const Point& point : plot.series[s].points) {
      auto& row = rows[point.x];
      row.resize(plot.series.size() + 1);
      row[0] = text(x_text(plot, point.x));
      row[s + 1] = text(value_text(plot, point.y));
    }
  }
  auto& group = table.groups.emplace_back();
  for (auto& [x, cells] : rows) group.rows.push_back({std::move(cells)});
  return folded(text("Values"), to_markup(table));
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int count) {
  std::vector<double> ticks;
  const double rough = (high - low) / std::max(count, 1);
  if (!(rough > 0.0) || !std::isfinite(rough)) return ticks;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {1.0, 2.0, 2.5, 5.0, 10.0}) {
    step = factor * power;
    if (step >= rough * 0.999) break;
  }
  const double first = std::ceil(low / step - 1e-9);
  for (int i = 0; i <= 2 * count + 2; ++i) {
    const double tick = (first + i) * step;
    if (tick > high + 1e-9 * step) break;
    ticks.push_back(std::fabs(tick) < 1e-9 * step ? 0.0 : tick);
  }
  return ticks;
}

Markup line_plot(const Plot& plot) {
  if (is_empty(plot)) return {};
  const std::string box = "0 0 " + fixed(kWidth, 0) + " " + fixed(kHeight, 0);
  return element("figure",
                 element("figcaption", text(plot.title)) +
                     element("svg", {{"viewBox", box}, {"role", "img"}, {"aria-label", plot.title}},
                             element("title", text(plot.title)) + to_svg(drawing(plot))) +
                     legend(plot) + (plot.listed ? values(plot) : Markup())) +
         Markup::trusted("\n");
}

std::string plot_svg(const Plot& plot) {
  if (is_empty(plot)) return {};
  const auto [all, high] = whole_picture(plot);
  const std::string height = fixed(high, 0), width = fixed(kWidth, 0);
  const std::string box = "0 0 " + width + " " + height;
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
         element("svg",
                 {{"xmlns", "http://www.w3.org/2000/svg"},
                  {"viewBox", box},
                  {"width", fixed(2 * kWidth, 0)},
                  {"height", fixed(2 * high, 0)},
                  {"role", "img"}},
                 element("title", text(plot.title)) +
                     element("style", Markup::trusted(picture_style())) +
                     element("rect", {{"width", width}, {"height", height}, {"fill", "#fff"}}) +
                     to_svg(all))
             .html() +
         "\n";
}

std::vector<std::uint8_t> plot_png(const Plot& plot) {
  constexpr double kPixels = 4.0;  // for each unit: 300 dots per inch at 12 cm
  if (is_empty(plot)) return {};
  const auto [all, high] = whole_picture(plot);
  return to_png(all, kWidth, high, kPixels);
}

}  // namespace signflip::report
