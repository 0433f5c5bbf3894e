// The overview: how each model does at each budget, and under each attack.
#include <algorithm>
#include <map>
#include <tuple>

#include "evaluate/report/format.h"
#include "evaluate/report/sections.h"

namespace signflip::report {
namespace {

/// What an attack may do, and on how many images: figures are compared within one of these.
struct Budget {
  bool clean = false;
  std::string norm;
  std::optional<double> epsilon;
  ImageSet images;

  /// Clean first, then by norm and ε; attacks without a budget last.
  auto key() const { return std::tuple(!clean, !epsilon, norm, epsilon, images); }
  bool operator<(const Budget& other) const { return key() < other.key(); }
};

Budget budget_of(const Entry& entry) {
  if (entry.clean()) return {true, "", {}, entry.file->images};
  return {false, entry.norm, entry.epsilon, entry.file->images};
}

std::string budget_text(const Budget& budget) {
  const std::string norm = norm_text(budget.norm);
  std::string words =
      budget.clean     ? "No attack"
      : budget.epsilon ? norm + (norm.empty() ? "ε = " : ", ε = ") + epsilon_text(*budget.epsilon)
      : budget.norm.empty() ? "Several budgets together"
                            : "No budget: the smallest change in " + norm;
  return words + (budget.images.count ? " · " + images_text(budget.images) : "");
}

Markup bar(double fraction) {
  return element("span", {{"class", "bar"}, {"aria-hidden", "true"}},
                 element("span", {{"style", "width:" + fixed(100.0 * fraction, 1) + "%"}}));
}

Markup marked(std::string_view style, std::string_view words) {
  return element("span", {{"class", style}}, text(words));
}

/// The certificate for this budget, if there is one.
const Certificate* certificate_for(const Subject& subject, const Budget& budget) {
  for (const CertificateEntry& entry : subject.certificates) {
    if (entry.certificate->norm == budget.norm && entry.certificate->epsilon == budget.epsilon &&
        entry.file->images == budget.images) {
      return entry.certificate;
    }
  }
  return nullptr;
}

/// An accuracy and which attack left it.
Markup attributed(const Entry* entry) {
  if (entry == nullptr) return {};
  return element("b", text(percent(entry->result->accuracy))) + bar(entry->result->accuracy) +
         element("small", text(entry->label + ", " +
                               interval_text(entry->result->accuracy, entry->file->images.count)));
}

Table::Row glance_row(const Subject& subject, const Budget& budget) {
  const Entry *lowest = nullptr, *highest = nullptr;
  for (const Entry& entry : subject.entries) {
    if (entry.clean() || budget_of(entry).key() != budget.key()) continue;
    if (entry.attack() &&
        (highest == nullptr || entry.result->accuracy > highest->result->accuracy)) {
      highest = &entry;
    }
    // Of equals the single attack is named rather than the worst of several.
    if (lowest == nullptr || entry.result->accuracy < lowest->result->accuracy) lowest = &entry;
  }
  if (highest == lowest) highest = nullptr;  // one attack alone is no range
  const Entry* const clean = subject.clean(budget.images);
  const Certificate* const proof = certificate_for(subject, budget);
  std::optional<double> clean_accuracy;
  if (clean != nullptr) clean_accuracy = clean->result->accuracy;
  if (clean == nullptr && proof != nullptr) clean_accuracy = proof->accuracy;
  return {{text(subject.label),
           text(budget.clean ? "none" : budget_text({false, budget.norm, budget.epsilon, {}})),
           text(images_text(budget.images, false)),
           text(percent(clean_accuracy)) +
               element("small", text(interval_text(clean_accuracy, budget.images.count))),
           attributed(highest), attributed(lowest),
           proof != nullptr ? text(percent(proof->verified_accuracy)) +
                                  element("small", text(interval_text(proof->verified_accuracy,
                                                                      budget.images.count)))
                            : Markup()}};
}

struct Line {
  std::string label;
  bool worst = false;
  std::vector<const Entry*> cells;  ///< one per subject
};

/// The entries of a group by budget, in the order of first appearance within each.
std::map<Budget, std::vector<Line>> lines_of(const DatasetGroup& group) {
  std::map<Budget, std::vector<Line>> lines;
  for (std::size_t s = 0; s < group.subjects.size(); ++s) {
    for (const Entry& entry : group.subjects[s].entries) {
      auto& budget = lines[budget_of(entry)];
      auto line = std::ranges::find(budget, entry.label, &Line::label);
      if (line == budget.end()) {
        budget.push_back(
            {entry.label, entry.worst(), std::vector<const Entry*>(group.subjects.size())});
        line = budget.end() - 1;
      }
      line->cells[s] = &entry;
    }
  }
  for (auto& [budget, all] : lines) std::ranges::stable_sort(all, {}, &Line::worst);
  return lines;
}

/// The highest and lowest accuracy of one subject under the single attacks of a budget.
std::pair<double, double> extremes(const std::vector<Line>& lines, std::size_t subject) {
  double lowest = 2.0, highest = -1.0;
  for (const Line& line : lines) {
    const Entry* const entry = line.cells[subject];
    if (entry == nullptr || !entry->attack()) continue;
    lowest = std::min(lowest, entry->result->accuracy);
    highest = std::max(highest, entry->result->accuracy);
  }
  return {lowest, highest};
}

Markup overview_cell(const Entry* entry, std::pair<double, double> extremes) {
  if (entry == nullptr) return {};
  const double accuracy = entry->result->accuracy;
  Markup cell;
  if (entry->attack() && extremes.first < extremes.second) {
    if (accuracy == extremes.first) cell += marked("lowest", "▼ worst case ");
    if (accuracy == extremes.second) cell += marked("highest", "▲ best case ");
  }
  cell += text(percent(accuracy));
  cell += bar(accuracy);
  if (!entry->epsilon && entry->attack()) {
    // How far the attack had to go says more than that it got there.
    const auto& result = *entry->result;
    const auto& size = entry->norm == "l0"     ? result.mean_l0
                       : entry->norm == "linf" ? result.mean_linf
                                               : result.mean_l2;
    std::string words;
    if (size) {
      words = "mean " + (entry->norm.empty() ? "L2" : norm_text(entry->norm)) + " " +
              short_number(size);
    }
    if (result.failures.value_or(0.0) > 0.0) {
      words += (words.empty() ? "" : ", ") + count_text(result.failures) + " failed";
    }
    if (!words.empty()) cell += element("small", text(words));
  }
  return cell;
}

}  // namespace

Markup glance_section(const DatasetGroup& group) {
  Table table;
  table.caption = "At a glance: " + dataset_title(group);
  table.columns = {{"Model", false},
                   {"Budget", false},
                   {"Images"},
                   {"Clean"},
                   {"Best case: weakest attack"},
                   {"Worst case: lowest found"},
                   {"Verified"}};
  for (const Subject& subject : group.subjects) {
    std::vector<Budget> budgets;
    const auto add = [&](const Budget& budget) {
      const auto same = [&](const Budget& other) { return other.key() == budget.key(); };
      if (std::ranges::none_of(budgets, same)) budgets.push_back(budget);
    };
    for (const Entry& entry : subject.entries) {
      if (!entry.clean() && entry.epsilon) add(budget_of(entry));
    }
    for (const CertificateEntry& entry : subject.certificates) {
      add({false, entry.certificate->norm, entry.certificate->epsilon, entry.file->images});
    }
    for (const Entry& entry : subject.entries) {
      if (entry.clean() && budgets.empty()) budgets.push_back(budget_of(entry));
    }
    std::ranges::sort(budgets, [](const Budget& a, const Budget& b) { return a < b; });
    auto& rows = table.groups.emplace_back().rows;
    for (const Budget& budget : budgets) rows.push_back(glance_row(subject, budget));
  }
  return to_markup(table);
}

Markup overview_section(const DatasetGroup& group) {
  Table table;
  table.caption = "Robust accuracy: " + dataset_title(group);
  table.columns.push_back({"Attack", false});
  for (const Subject& subject : group.subjects) table.columns.push_back({subject.label, true});
  for (const auto& [budget, lines] : lines_of(group)) {
    auto& rows = table.groups.emplace_back(Table::Group{text(budget_text(budget)), {}}).rows;
    for (const Line& line : lines) {
      Table::Row row{{text(line.label)}, line.worst ? "worst" : ""};
      for (std::size_t s = 0; s < line.cells.size(); ++s) {
        row.cells.push_back(overview_cell(line.cells[s], extremes(lines, s)));
      }
      rows.push_back(std::move(row));
    }
  }
  if (table.groups.empty()) return {};
  return element("h3", text("Every attack")) +
         element(
             "p", {{"class", "note"}},
             text(
                 "The fraction of all images that are still classified as their label. Within each "
                 "budget and model, ▼ marks the attack that leaves least (the model's worst case), "
                 "▲ the one that leaves most. “Worst of” counts an image only if it survived "
                 "all attacks of one run.")) +
         to_markup(table);
}

}  // namespace signflip::report
