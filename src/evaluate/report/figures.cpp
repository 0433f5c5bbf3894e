#include "evaluate/report/figures.h"

#include <algorithm>

#include "evaluate/report/plot.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

/// Lower-case letters and digits of a title, words between dashes.
std::string file_stem(const std::string& title) {
  constexpr std::size_t kLongest = 60;
  std::string name;
  for (const char c : title) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (plain) {
      name += lower;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name.resize(std::min(name.size(), kLongest));
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "figure" : name;
}

void add(std::vector<Figure>& figures, const std::vector<Plot>& plots) {
  for (const Plot& plot : plots) {
    if (plot_svg(plot).empty()) continue;
    const std::string name = file_stem(plot.title);
    std::string free = name;
    for (int number = 2; std::ranges::find(figures, free, &Figure::name) != figures.end();
         ++number) {
      free = name + "-" + std::to_string(number);
    }
    figures.push_back({free, plot});
  }
}

}  // namespace

std::vector<Figure> figures(const ReportInput& input) {
  std::vector<Figure> all;
  for (const DatasetGroup& group : group_by_subject(input)) {
    add(all, accuracy_plots(group));
    add(all, distance_plots(group));
    add(all, calibration_plots(group));
  }
  for (const TrainingRun& run : input.runs) add(all, training_plots(run));
  add(all, comparison_plots(input.runs));
  for (const RangeTest& test : input.range_tests) add(all, {range_test_plot(test)});
  return all;
}

}  // namespace signflip::report
