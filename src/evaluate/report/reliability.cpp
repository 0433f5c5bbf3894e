// What lies behind an accuracy: confidence against accuracy, each class on its own, and how far
// attacks without a budget had to go.
#include <algorithm>

#include "evaluate/report/format.h"
#include "evaluate/report/plot.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

/// Clean, and the single attack that leaves least, of those that `has` what is asked for.
template <class Has>
std::vector<const Entry*> clean_and_lowest(const Subject& subject, const Has& has) {
  const Entry *clean = nullptr, *lowest = nullptr;
  for (const Entry& entry : subject.entries) {
    if (!has(entry)) continue;
    if (entry.clean() && clean == nullptr) clean = &entry;
    if (entry.attack() &&
        (lowest == nullptr || entry.result->accuracy < lowest->result->accuracy)) {
      lowest = &entry;
    }
  }
  std::vector<const Entry*> entries;
  if (clean != nullptr) entries.push_back(clean);
  if (lowest != nullptr) entries.push_back(lowest);
  return entries;
}

std::string title_of(const Entry& entry) {
  return entry.label + (entry.epsilon ? ", ε = " + epsilon_text(*entry.epsilon) : "");
}

bool has_calibration(const Entry& entry) { return entry.result->calibration.has_value(); }

Markup classes_table(const Subject& subject) {
  const auto entries = clean_and_lowest(
      subject, [](const Entry& entry) { return !entry.result->confusion.empty(); });
  if (entries.empty()) return {};
  Table table;
  table.caption = "Accuracy of each class: " + subject.label;
  table.columns = {{"Class", false}, {"Images"}};
  for (const Entry* const entry : entries) {
    table.columns.push_back({title_of(*entry)});
    table.columns.push_back({"95% interval"});
  }
  const auto& first = entries[0]->result->confusion;
  const auto names = class_names_of(*entries[0]->file, first.size());
  auto& rows = table.groups.emplace_back().rows;
  for (std::size_t k = 0; k < first.size(); ++k) {
    Table::Row row{{text(names[k]), {}}};
    for (const Entry* const entry : entries) {
      const auto& confusion = entry->result->confusion;
      const std::uint64_t count = k < confusion.size() ? entry->result->images_of(k) : 0;
      if (entry == entries[0]) row.cells[1] = text(count_text(static_cast<double>(count)));
      if (count == 0) {
        row.cells.insert(row.cells.end(), 2, Markup());
        continue;
      }
      const double accuracy = static_cast<double>(confusion[k][k]) / static_cast<double>(count);
      row.cells.push_back(text(percent(accuracy)));
      row.cells.push_back(text(interval_text(accuracy, count)));
    }
    rows.push_back(std::move(row));
  }
  return folded(text("Accuracy of each class"), to_markup(table));
}

}  // namespace

std::vector<Plot> calibration_plots(const DatasetGroup& group) {
  std::vector<Plot> plots;
  for (const Subject& subject : group.subjects) {
    Plot plot;
    plot.title = subject.label + ": confidence and accuracy";
    plot.x_label = "Confidence";
    plot.y_label = "Accuracy";
    plot.fractions = true;
    int style = 0;
    for (const Entry* const entry : clean_and_lowest(subject, has_calibration)) {
      const Calibration& calibration = *entry->result->calibration;
      Series series{title_of(*entry) + ": calibration error " + percent(calibration.expected_error),
                    style++,
                    {}};
      for (const Calibration::Bin& bin : calibration.bins) {
        series.points.push_back({bin.confidence, bin.accuracy});
      }
      std::ranges::sort(series.points, {}, &Point::x);
      if (!series.points.empty()) plot.series.push_back(std::move(series));
    }
    if (plot.series.empty()) continue;
    plot.series.push_back({"As sure as right", 5, {{0.0, 0.0}, {1.0, 1.0}}});
    plots.push_back(std::move(plot));
  }
  return plots;
}

std::vector<Plot> distance_plots(const DatasetGroup& group) {
  constexpr int kBars = 20;
  std::vector<Plot> plots;
  for (const Subject& subject : group.subjects) {
    for (const Entry& entry : subject.entries) {
      std::vector<double> distances = entry.result->distances;
      // Images that were wrong before have no distance to speak of.
      std::erase(distances, 0.0);
      if (distances.empty()) continue;
      const double top = *std::ranges::max_element(distances);
      const double width = top / kBars;
      std::vector<double> counts(kBars);
      for (const double distance : distances) {
        const auto bar = static_cast<std::size_t>(distance / width);
        counts[std::min<std::size_t>(bar, kBars - 1)] += 1.0;
      }
      Plot plot;
      plot.title = subject.label + ": how far " + entry.label + " went";
      plot.x_label = entry.norm.empty() ? "Distance" : norm_text(entry.norm);
      plot.y_label = "Images";
      plot.bars = width;
      plot.listed = false;
      Series series{entry.label + ", of " + count_text(static_cast<double>(distances.size())) +
                        " images fooled",
                    0,
                    {}};
      for (int i = 0; i < kBars; ++i) {
        series.points.push_back({width * i, counts[static_cast<std::size_t>(i)]});
      }
      plot.series = {std::move(series)};
      plots.push_back(std::move(plot));
    }
  }
  return plots;
}

Markup reliability_section(const DatasetGroup& group) {
  Markup plots, tables;
  for (const Plot& plot : distance_plots(group)) plots += line_plot(plot);
  for (const Plot& plot : calibration_plots(group)) plots += line_plot(plot);
  for (const Subject& subject : group.subjects) {
    const Markup table = classes_table(subject);
    if (table.empty()) continue;
    tables += element("h4", text(subject.label)) + table;
  }
  Markup section;
  if (!plots.empty()) {
    section += element("h3", text("Distances and confidence")) +
               element("div", {{"class", "plots"}}, plots);
  }
  if (!tables.empty()) section += element("h3", text("Class by class")) + tables;
  return section;
}

}  // namespace signflip::report
