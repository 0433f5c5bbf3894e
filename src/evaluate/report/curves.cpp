// Accuracy against ε, and certificates.
#include <algorithm>
#include <map>
#include <tuple>

#include "evaluate/report/format.h"
#include "evaluate/report/plot.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

/// The results of one subject that share a norm and the images: one plot.
using PlotKey = std::pair<std::string, ImageSet>;

/// A style for each name, the same in all plots of a report's section.
class Styles {
 public:
  int operator[](const std::string& name) {
    return styles_.try_emplace(name, static_cast<int>(styles_.size())).first->second;
  }

 private:
  std::map<std::string, int> styles_;
};

void add_point(std::vector<Series>& all, const std::string& name, Point point) {
  auto series = std::ranges::find(all, name, &Series::name);
  if (series == all.end()) {
    all.push_back({name, 0, {}});
    series = all.end() - 1;
  }
  series->points.push_back(point);
}

/// Sorted by ε; of several figures at one ε the lowest.
void tidy(std::vector<Point>& points) {
  std::ranges::sort(points, [](const Point& a, const Point& b) {
    return std::tie(a.x, a.y) < std::tie(b.x, b.y);
  });
  // Not std::ranges::unique: clang 14, which fuzzes this, cannot compile libstdc++ 12's subrange.
  points.erase(std::unique(points.begin(), points.end(),
                           [](const Point& a, const Point& b) { return a.x == b.x; }),
               points.end());
}

/// What an attack without a budget leaves at each radius: so far as the other series go, else as
/// far as it went.
void add_distances(std::vector<Series>& all, const Entry& entry) {
  constexpr int kParts = 20;
  const std::vector<double>& distances = entry.result->distances;
  double top = 0.0;
  for (const Series& series : all) {
    for (const Point& point : series.points) top = std::max(top, point.x);
  }
  if (top == 0.0) top = *std::ranges::max_element(distances);
  if (top == 0.0) return;
  for (int i = 0; i <= kParts; ++i) {
    const double radius = top * i / kParts;
    const auto fooled =
        std::ranges::count_if(distances, [&](double distance) { return distance <= radius; });
    add_point(all, entry.label,
              {radius,
               1.0 - static_cast<double>(fooled) / static_cast<double>(*entry.file->images.count)});
  }
}

std::map<PlotKey, std::vector<Series>> series_of(const Subject& subject) {
  std::map<PlotKey, std::vector<Series>> plots;
  for (const Entry& entry : subject.entries) {
    if (entry.clean() || !entry.epsilon) continue;
    add_point(plots[{entry.norm, entry.file->images}], entry.label,
              {*entry.epsilon, entry.result->accuracy});
  }
  for (const Entry& entry : subject.entries) {
    if (entry.epsilon || entry.result->distances.empty() || !entry.file->images.count) continue;
    add_distances(plots[{entry.norm, entry.file->images}], entry);
  }
  for (const CertificateEntry& entry : subject.certificates) {
    const Certificate& proof = *entry.certificate;
    add_point(plots[{proof.norm, entry.file->images}],
              "Verified" + (proof.method.empty() ? "" : " (" + proof.method + ")"),
              {proof.epsilon, proof.verified_accuracy});
  }
  return plots;
}

/// The lowest accuracy that any attack within ε left on the same images.
const Entry* lowest_within(const Subject& subject, const CertificateEntry& proof) {
  const Entry* lowest = nullptr;
  for (const Entry& entry : subject.entries) {
    if (entry.clean() || entry.norm != proof.certificate->norm || !entry.epsilon ||
        *entry.epsilon != proof.certificate->epsilon || entry.file->images != proof.file->images) {
      continue;
    }
    if (lowest == nullptr || entry.result->accuracy < lowest->result->accuracy) lowest = &entry;
  }
  return lowest;
}

}  // namespace

std::vector<Plot> accuracy_plots(const DatasetGroup& group) {
  std::vector<Plot> plots;
  Styles styles;
  for (const Subject& subject : group.subjects) {
    for (auto& [key, series] : series_of(subject)) {
      const auto& [norm, images] = key;
      std::size_t most = 0;
      const Entry* const clean = subject.clean(images);
      for (Series& line : series) {
        tidy(line.points);
        most = std::max(most, line.points.size());
        // Alone, the worst of a run says what its attacks' markers say.
        if (line.points.size() == 1 && line.name.starts_with("Worst of ")) line.points.clear();
        // Without any change every attack leaves the clean accuracy.
        if (clean != nullptr && line.points.size() > 1 && line.points.front().x > 0.0) {
          line.points.insert(line.points.begin(), {0.0, clean->result->accuracy});
        }
      }
      if (most < 2) continue;
      Plot plot;
      plot.title = subject.label + ": accuracy against ε" +
                   (norm.empty() ? "" : " (" + norm_text(norm) + ")") +
                   (images.count ? ", " + images_text(images) : "");
      plot.x_label = "ε";
      plot.y_label = "Accuracy";
      plot.fractions = true;
      plot.series = std::move(series);
      for (Series& line : plot.series) {
        if (!line.points.empty()) line.style = styles[line.name];
      }
      plots.push_back(std::move(plot));
    }
  }
  return plots;
}

Markup curves_section(const DatasetGroup& group) {
  Markup plots;
  for (const Plot& plot : accuracy_plots(group)) plots += line_plot(plot);
  if (plots.empty()) return {};
  return element("h3", text("Accuracy against ε")) + element("div", {{"class", "plots"}}, plots);
}

Markup verified_section(const DatasetGroup& group) {
  Table table;
  table.caption = "Verified and empirical accuracy: " + dataset_title(group);
  table.columns = {{"Model", false}, {"Method", false}, {"ε"},
                   {"Images"},       {"Clean"},         {"Verified"},
                   {"95% interval"}, {"Lowest found"},  {"By", false},
                   {"Mean radius"},  {"Median radius"}, {"Time"}};
  for (const Subject& subject : group.subjects) {
    std::vector<CertificateEntry> entries = subject.certificates;
    std::ranges::stable_sort(entries, {},
                             [](const CertificateEntry& e) { return e.certificate->epsilon; });
    Table::Group rows;
    for (const CertificateEntry& entry : entries) {
      const Certificate& proof = *entry.certificate;
      const Entry* const lowest = lowest_within(subject, entry);
      rows.rows.push_back(
          {{text(subject.label), text(proof.method),
            text((proof.norm.empty() ? "" : norm_text(proof.norm) + " ") +
                 epsilon_text(proof.epsilon)),
            text(images_text(entry.file->images, false)), text(percent(proof.accuracy)),
            text(percent(proof.verified_accuracy)),
            text(interval_text(proof.verified_accuracy, entry.file->images.count)),
            lowest != nullptr ? text(percent(lowest->result->accuracy)) : Markup(),
            lowest != nullptr ? text(lowest->label) : Markup(),
            text(short_number(proof.mean_radius)), text(short_number(proof.median_radius)),
            text(seconds_text(proof.seconds))}});
    }
    if (!rows.rows.empty()) table.groups.push_back(std::move(rows));
  }
  if (table.groups.empty()) return {};
  return element("h3", text("Verified accuracy")) +
         element("p", {{"class", "note"}},
                 text("For so many images it is proved that no change within ε alters the class. "
                      "The true "
                      "robust accuracy lies between this and the lowest that any attack at the "
                      "same ε left "
                      "of the same images.")) +
         to_markup(table);
}

}  // namespace signflip::report
