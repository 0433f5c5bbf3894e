#include "evaluate/report/confusion.h"

#include <algorithm>
#include <cmath>

#include "evaluate/report/format.h"

namespace signflip::report {
namespace {

constexpr std::size_t kMostNumbers = 12, kMostDrawn = 200, kMostListed = 50;

double images_in(const std::vector<std::uint64_t>& row) {
  double sum = 0.0;
  for (const std::uint64_t count : row) sum += static_cast<double>(count);
  return sum;
}

std::string count(std::uint64_t value) { return count_text(static_cast<double>(value)); }

Markup number_table(const ConfusionMatrix& matrix, const std::vector<std::string>& classes,
                    const std::string& title) {
  const std::string size = std::to_string(matrix.size());
  Markup names, rows;
  for (const std::string& name : classes) names += element("th", {{"scope", "col"}}, text(name));
  for (std::size_t label = 0; label < matrix.size(); ++label) {
    Markup cells;
    if (label == 0) {
      cells += element("th", {{"class", "side"}, {"rowspan", size}, {"scope", "rowgroup"}},
                       element("span", text("Label")));
    }
    cells += element("th", {{"scope", "row"}}, text(classes[label]));
    const double all = std::max(images_in(matrix[label]), 1.0);
    for (std::size_t k = 0; k < matrix.size(); ++k) {
      const std::uint64_t value = matrix[label][k];
      // Half strength at most, so that the number stays readable.
      const std::string share = fixed(0.55 * static_cast<double>(value) / all, 3);
      const std::string style = "--share:" + share;
      cells +=
          element("td", {{"class", label == k ? "hit" : "miss"}, {value > 0 ? "style" : "", style}},
                  value > 0 ? text(count(value)) : element("span", {{"class", "none"}}, text("0")));
    }
    rows += element("tr", cells) + Markup::trusted("\n");
  }
  const Markup head = element("tr", element("td", {{"colspan", "2"}}) +
                                        element("th", {{"colspan", size}, {"scope", "colgroup"}},
                                                text("Predicted"))) +
                      element("tr", element("td", {{"colspan", "2"}}) + names);
  return element(
      "div", {{"class", "scroll"}, {"role", "region"}, {"tabindex", "0"}, {"aria-label", title}},
      element("table", {{"class", "confusion"}},
              element("caption", text(title)) + element("thead", head) + element("tbody", rows)));
}

Markup heat_map(const ConfusionMatrix& matrix, const std::vector<std::string>& classes,
                const std::string& title) {
  constexpr double kLeft = 34, kTop = 6, kSide = 320;
  const std::size_t size = matrix.size();
  const double cell = kSide / static_cast<double>(size);
  const std::string side = fixed(cell, 2);
  Markup svg = element("title", text(title));
  svg += element("rect", {{"class", "frame"},
                          {"x", fixed(kLeft, 0)},
                          {"y", fixed(kTop, 0)},
                          {"width", fixed(kSide, 0)},
                          {"height", fixed(kSide, 0)}});
  const std::size_t every = size <= 20 ? 1 : size <= 60 ? 5 : 20;
  for (std::size_t i = 0; i < size; i += every) {
    const double middle = (static_cast<double>(i) + 0.5) * cell;
    svg += element("text",
                   {{"class", "y"}, {"x", fixed(kLeft - 4, 1)}, {"y", fixed(kTop + middle + 4, 1)}},
                   text(std::to_string(i)));
    svg += element(
        "text",
        {{"class", "x"}, {"x", fixed(kLeft + middle, 1)}, {"y", fixed(kTop + kSide + 14, 1)}},
        text(std::to_string(i)));
  }
  for (std::size_t label = 0; label < size; ++label) {
    const double all = std::max(images_in(matrix[label]), 1.0);
    for (std::size_t k = 0; k < size; ++k) {
      const std::uint64_t value = matrix[label][k];
      if (value == 0) continue;
      const std::string words = "Label " + classes[label] + ", predicted " + classes[k] + ": " +
                                count(value) + " of " + count_text(all);
      // The square root makes small shares visible.
      const std::string opacity = fixed(std::sqrt(static_cast<double>(value) / all), 2);
      svg += element("rect",
                     {{"class", label == k ? "hit" : "miss"},
                      {"x", fixed(kLeft + static_cast<double>(k) * cell, 2)},
                      {"y", fixed(kTop + static_cast<double>(label) * cell, 2)},
                      {"width", side},
                      {"height", side},
                      {"fill-opacity", opacity}},
                     element("title", text(words)));
    }
  }
  svg += element("text", {{"class", "x"}, {"x", fixed(kLeft + kSide / 2, 1)}, {"y", "358"}},
                 text("Predicted class"));
  svg += element("text", {{"class", "x"}, {"transform", "translate(10 166) rotate(-90)"}},
                 text("Label"));
  return element(
      "figure", {{"class", "heat"}},
      element("figcaption", text(title)) +
          element("svg", {{"viewBox", "0 0 360 364"}, {"role", "img"}, {"aria-label", title}},
                  svg) +
          element(
              "p", {{"class", "note"}},
              text("Each field is the square root of its share of the label's images: blue on "
                   "the diagonal, orange beside it. Rest the pointer on one for its numbers.")));
}

Markup confusion_list(const ConfusionMatrix& matrix, const std::vector<std::string>& classes,
                      const std::string& title) {
  const auto confusions = top_confusions(matrix, kMostListed);
  if (confusions.empty()) return {};
  Table table;
  table.caption = "Most frequent confusions: " + title;
  table.columns = {{"Label", false}, {"Predicted", false}, {"Images"}, {"Of the label's"}};
  auto& group = table.groups.emplace_back();
  const auto name = [&](std::size_t k) {
    const std::string number = std::to_string(k);
    return text(classes[k] == number ? number : number + " " + classes[k]);
  };
  for (const Confusion& confusion : confusions) {
    const double all = images_in(matrix[confusion.label]);
    group.rows.push_back(
        {{name(confusion.label), name(confusion.predicted), text(count(confusion.count)),
          text(percent(static_cast<double>(confusion.count) / all))}});
  }
  return folded(text("Most frequent confusions"), to_markup(table));
}

}  // namespace

std::vector<Confusion> top_confusions(const ConfusionMatrix& matrix, std::size_t most) {
  std::vector<Confusion> confusions;
  for (std::size_t label = 0; label < matrix.size(); ++label) {
    for (std::size_t k = 0; k < matrix[label].size(); ++k) {
      if (label != k && matrix[label][k] > 0) confusions.push_back({label, k, matrix[label][k]});
    }
  }
  std::ranges::stable_sort(confusions, std::ranges::greater(), &Confusion::count);
  confusions.resize(std::min(confusions.size(), most));
  return confusions;
}

std::string confusions_in_words(const ConfusionMatrix& matrix,
                                const std::vector<std::string>& classes, std::size_t most) {
  std::string words;
  for (const Confusion& confusion : top_confusions(matrix, most)) {
    words += (words.empty() ? "" : "; ") + ("“" + classes[confusion.label]) + "” taken for “" +
             classes[confusion.predicted] + "” " + count(confusion.count) +
             (confusion.count == 1 ? " time (of " : " times (of ") +
             count_text(images_in(matrix[confusion.label])) + ")";
  }
  return words.empty() ? "no image was confused" : words;
}

Markup draw_confusion(const ConfusionMatrix& matrix, const std::vector<std::string>& classes,
                      const std::string& title) {
  if (matrix.size() <= kMostNumbers) return number_table(matrix, classes, title);
  const Markup list = confusion_list(matrix, classes, title);
  return matrix.size() <= kMostDrawn ? heat_map(matrix, classes, title) + list : list;
}

}  // namespace signflip::report
