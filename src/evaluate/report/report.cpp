#include "evaluate/report/report.h"

#include <algorithm>

#include "evaluate/report/format.h"
#include "evaluate/report/remarks.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

Markup remarks_section(const std::vector<Remark>& remarks) {
  Markup items;
  for (const Remark& remark : remarks) {
    Markup findings;
    for (const std::string& finding : remark.findings) findings += element("li", text(finding));
    if (!findings.empty()) findings = element("ul", findings);
    items += element("li", {{"class", remark.warning ? "warning" : "fact"}},
                     element("strong", text((remark.warning ? "⚠ " : "") + remark.title)) +
                         element("p", text(remark.sentence)) + findings) +
             Markup::trusted("\n");
  }
  if (remarks.empty()) return {};
  return element("section", {{"id", "remarks"}},
                 element("h2", text("Before you trust the figures")) +
                     element("ul", {{"class", "remarks"}}, items));
}

Markup dataset_section(const DatasetGroup& group, const std::string& id) {
  return element("section", {{"id", id}},
                 element("h2", text("Accuracy: " + dataset_title(group))) + glance_section(group) +
                     published_section(group) + curves_section(group) + overview_section(group) +
                     verified_section(group) + reliability_section(group) + details_section(group));
}

Markup training_sections(const ReportInput& input) {
  if (input.runs.empty() && input.range_tests.empty()) return {};
  Markup section = element("h2", text("Training")), together;
  for (const RangeTest& test : input.range_tests) together += line_plot(range_test_plot(test));
  for (const Plot& plot : comparison_plots(input.runs)) together += line_plot(plot);
  if (!together.empty()) section += element("div", {{"class", "plots"}}, together);
  for (std::size_t i = 0; i < input.runs.size(); ++i)
    section += training_section(input.runs[i], i + 1);
  return element("section", {{"id", "training"}}, section);
}

/// "mnist-standard, mnist-mixed and 3 more".
std::string models_of(const std::vector<DatasetGroup>& groups) {
  constexpr std::size_t kNamed = 4;
  std::vector<std::string> names;
  for (const DatasetGroup& group : groups) {
    for (const Subject& subject : group.subjects) {
      if (std::ranges::find(names, subject.label) == names.end()) names.push_back(subject.label);
    }
  }
  std::string words;
  for (std::size_t i = 0; i < std::min(names.size(), kNamed); ++i) {
    words += (i > 0 ? ", " : "") + names[i];
  }
  if (names.size() > kNamed) words += " and " + std::to_string(names.size() - kNamed) + " more";
  return words;
}

}  // namespace

std::string render(const ReportInput& input, const std::string& version) {
  const std::vector<DatasetGroup> groups = group_by_subject(input);
  const std::string models = models_of(groups);
  const std::string title = "Signflip report" + (models.empty() ? "" : ": " + models);
  const Markup notes = remarks_section(remarks(input, groups));
  Markup links, sections;
  const auto link = [&](const std::string& id, const std::string& name) {
    links += element("li", element("a", {{"href", "#" + id}}, text(name)));
  };
  if (!notes.empty()) link("remarks", "Remarks");
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string id = "dataset-" + std::to_string(i + 1);
    link(id, "Accuracy: " + dataset_title(groups[i]));
    sections += dataset_section(groups[i], id);
  }
  if (!input.runs.empty() || !input.range_tests.empty()) link("training", "Training");
  link("measured", "What was measured");
  const Markup head =
      void_element("meta", {{"charset", "utf-8"}}) +
      void_element("meta",
                   {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}) +
      // Nothing in the page loads or runs anything, whatever was in the files.
      void_element("meta", {{"http-equiv", "Content-Security-Policy"},
                            {"content", "default-src 'none'; style-src 'unsafe-inline'"}}) +
      void_element("meta", {{"name", "generator"}, {"content", "signflip " + version}}) +
      element("title", text(title)) + element("style", Markup::trusted(style_sheet()));
  const Markup body =
      element(
          "header",
          element("h1", text("Signflip report")) +
              (models.empty() ? Markup() : element("p", text(models))) +
              element("p", {{"class", "note"}},
                      text("Accuracy is the fraction of all images still classified as their "
                           "label, judged on the final clipped image; 8-bit: after rounding its "
                           "pixels to bytes. ε is the radius of the allowed change, pixels in "
                           "[0,1].")) +
              element("nav", {{"aria-label", "Sections"}}, element("ul", links))) +
      element("main", notes + sections + training_sections(input) +
                          element("div", {{"id", "measured"}}, measured_section(input, groups))) +
      element("footer", text("Written by signflip report " + version + "."));
  return (Markup::trusted("<!doctype html>\n") +
          element("html", {{"lang", "en"}}, element("head", head) + element("body", body)) +
          Markup::trusted("\n"))
      .html();
}

OrderedJson remarks_as_json(const ReportInput& input, const std::string& version) {
  OrderedJson all = OrderedJson::array();
  for (const Remark& remark : remarks(input, group_by_subject(input))) {
    all.push_back({{"kind", remark.kind},
                   {"warning", remark.warning},
                   {"title", remark.title},
                   {"sentence", remark.sentence},
                   {"findings", remark.findings}});
  }
  return {{"signflip", version}, {"remarks", all}};
}

}  // namespace signflip::report
