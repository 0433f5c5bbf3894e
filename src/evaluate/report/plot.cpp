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
constexpr int kStyles = 8;
constexpr std::size_t kMostMarkers = 40, kMostPoints = 1000;

std::string pixels(double value) { return fixed(value, 1); }

/// One axis: values to places in the viewBox.
struct Axis {
  double low, high, from, to;
  bool logarithmic = false;

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
  if (low > 0.0 && high > 100.0 * low) return {low, high, from, to, true};
  if (plot.from_zero && low >= 0.0) low = 0.0;
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
  if (!plot.epochs) low = std::min(low, 0.0);
  return make_axis(low, high, kLeft, kWidth - kRight);
}

std::string style_class(int style) { return "s" + std::to_string(style % kStyles); }

Markup marker(int style, double x, double y, const Markup& title) {
  const auto polygon = [&](std::initializer_list<Point> corners) {
    std::string points;
    for (const Point& corner : corners) {
      points += (points.empty() ? "" : " ") + pixels(x + corner.x) + "," + pixels(y + corner.y);
    }
    return element("polygon", {{"class", "m " + style_class(style)}, {"points", points}}, title);
  };
  switch (style % 4) {
    case 0:
      return element("circle",
                     {{"class", "m " + style_class(style)},
                      {"cx", pixels(x)},
                      {"cy", pixels(y)},
                      {"r", "3.4"}},
                     title);
    case 1:
      return polygon({{-3, -3}, {3, -3}, {3, 3}, {-3, 3}});
    case 2:
      return polygon({{0, -4}, {3.8, 3}, {-3.8, 3}});
    default:
      return polygon({{0, -4.2}, {4.2, 0}, {0, 4.2}, {-4.2, 0}});
  }
}

std::string value_text(const Plot& plot, double y) {
  return plot.fractions ? percent(y) : short_number(y);
}

std::string x_text(const Plot& plot, double x) {
  return plot.epochs ? count_text(x) : epsilon_text(x);
}

Markup label(std::string_view style, double x, double y, const std::string& words) {
  return element("text", {{"class", style}, {"x", pixels(x)}, {"y", pixels(y)}}, text(words));
}

Markup draw_axes(const Plot& plot, const Axis& x, const Axis& y) {
  Markup svg;
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
    const std::string at = pixels(y.place(tick));
    svg += element(
        "line",
        {{"class", "grid"}, {"x1", pixels(x.from)}, {"x2", pixels(x.to)}, {"y1", at}, {"y2", at}});
    svg += label("y", x.from - 6, y.place(tick) + 4,
                 plot.fractions ? short_number(100.0 * tick) + "%" : short_number(tick));
  }
  for (const double tick : round_ticks(x.low, x.high, 6)) {
    if (plot.epochs && tick != std::floor(tick)) continue;
    const std::string at = pixels(x.place(tick));
    svg += element("line", {{"class", "tick"},
                            {"x1", at},
                            {"x2", at},
                            {"y1", pixels(y.from)},
                            {"y2", pixels(y.from + 4)}});
    svg += label("x", x.place(tick), y.from + 17, short_number(tick));
  }
  svg += element("line", {{"class", "axis"},
                          {"x1", pixels(x.from)},
                          {"x2", pixels(x.to)},
                          {"y1", pixels(y.from)},
                          {"y2", pixels(y.from)}});
  svg += label("x", (x.from + x.to) / 2, kHeight - 8, plot.x_label);
  const std::string turn = "translate(11 " + pixels((y.from + y.to) / 2) + ") rotate(-90)";
  svg += element("text", {{"class", "x"}, {"transform", turn}}, text(plot.y_label));
  return svg;
}

Markup draw_series(const Plot& plot, const Series& series, const Axis& x, const Axis& y) {
  std::string path;
  const std::size_t every = (series.points.size() + kMostPoints - 1) / kMostPoints;
  for (std::size_t i = 0; i < series.points.size(); i += std::max<std::size_t>(every, 1)) {
    const Point& point = series.points[i];
    path += (path.empty() ? "M" : "L") + pixels(x.place(point.x)) + " " + pixels(y.place(point.y));
  }
  Markup svg;
  if (series.points.size() > 1) {
    svg += element("path", {{"class", "line " + style_class(series.style)}, {"d", path}});
  }
  if (series.points.size() > kMostMarkers) return svg;
  for (const Point& point : series.points) {
    svg += marker(series.style, x.place(point.x), y.place(point.y),
                  element("title", text(series.name + ", " + plot.x_label + " " +
                                        x_text(plot, point.x) + ": " + value_text(plot, point.y))));
  }
  return svg;
}

/// Calls item(swatch of 30×12, name) for each line of the legend.
template <class Item>
void for_each_legend_item(const Plot& plot, const Item& item) {
  for (const Series& series : plot.series) {
    if (series.points.empty()) continue;
    Markup line;
    if (series.points.size() > 1) {
      line = element("path", {{"class", "line " + style_class(series.style)}, {"d", "M0 6L30 6"}});
    }
    item(series.points.size() > kMostMarkers ? line : line + marker(series.style, 15, 6, {}),
         series.name);
  }
  if (!plot.crossed.empty()) {
    item(element("path", {{"class", "crossed"}, {"d", "M15 0L15 12"}}), plot.crossed_name);
  }
}

Markup legend(const Plot& plot) {
  Markup items;
  for_each_legend_item(plot, [&](const Markup& swatch, const std::string& name) {
    items +=
        element("li", element("svg", {{"viewBox", "0 0 30 12"}, {"aria-hidden", "true"}}, swatch) +
                          text(name));
  });
  return element("ul", {{"class", "legend"}}, items);
}

bool is_empty(const Plot& plot) {
  return std::ranges::all_of(plot.series, [](const Series& s) { return s.points.empty(); });
}

/// Axes and lines, in the viewBox.
Markup drawing(const Plot& plot) {
  const Axis x = x_axis(plot), y = y_axis(plot);
  Markup svg = draw_axes(plot, x, y);
  for (const double at : plot.crossed) {
    const std::string place = pixels(x.place(at));
    svg += element(
        "path",
        {{"class", "crossed"},
         {"d", "M" + place + " " + pixels(y.from) + "L" + place + " " + pixels(y.to)}},
        element("title", text(plot.x_label + " " + x_text(plot, at) + ": " + plot.crossed_name)));
  }
  for (const Series& series : plot.series) svg += draw_series(plot, series, x, y);
  return svg;
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
                             element("title", text(plot.title)) + drawing(plot)) +
                     legend(plot) + (plot.listed ? values(plot) : Markup())) +
         Markup::trusted("\n");
}

std::string plot_svg(const Plot& plot) {
  constexpr double kLine = 17, kTitle = 22;
  if (is_empty(plot)) return {};
  Markup lines;
  double y = kHeight + kTitle;
  const auto line = [&](const Markup& swatch, const std::string& name) {
    lines += element("g", {{"transform", "translate(" + pixels(kLeft) + " " + pixels(y) + ")"}},
                     swatch + element("text", {{"x", "36"}, {"y", "10"}}, text(name)));
    y += kLine;
  };
  for_each_legend_item(plot, line);
  const std::string height = fixed(y + kLine / 2, 0), width = fixed(kWidth, 0);
  const std::string box = "0 0 " + width + " " + height;
  const std::string below = "translate(0 " + fixed(kTitle, 0) + ")";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
         element("svg",
                 {{"xmlns", "http://www.w3.org/2000/svg"},
                  {"viewBox", box},
                  {"width", fixed(2 * kWidth, 0)},
                  {"height", fixed(2 * (y + kLine / 2), 0)},
                  {"role", "img"}},
                 element("title", text(plot.title)) +
                     element("style", Markup::trusted(picture_style())) +
                     element("rect", {{"width", width}, {"height", height}, {"fill", "#fff"}}) +
                     element("text", {{"x", "8"}, {"y", "16"}, {"class", "heading"}},
                             text(plot.title)) +
                     element("g", {{"transform", below}}, drawing(plot)) + lines)
             .html() +
         "\n";
}

}  // namespace signflip::report
