#include "evaluate_text.h"

#include <algorithm>
#include <cstdio>

#include "core/number.h"
#include "core/visible_text.h"
#include "help.h"

namespace signflip::cli {

std::string goal_lines(std::span<const EvaluationRow> rows, std::optional<int> goal) {
  std::string text;
  for (const EvaluationRow& row : rows) {
    if (!goal || row.attack == "clean" || row.attack == "worst") continue;
    char line[160];
    const std::size_t attacked = row.successes + row.failures;
    std::snprintf(line, sizeof line, "%s: %.2f%% are now read as class %d%s\n", row.attack.c_str(),
                  100.0 * row.success_rate, *goal,
                  attacked < row.images.size() ? ", of the images that were not before" : "");
    text += line;
  }
  return text;
}

std::string radius_lines(const EvaluationRow& row, std::span<const int> labels,
                         std::span<const Budget> budgets) {
  if (row.epsilon || row.norm.empty() || row.attack == "worst") return {};
  std::string text;
  for (const char* const norm : {"linf", "l2"}) {
    std::string line;
    for (const Budget& budget : budgets) {
      if (budget.norm != norm) continue;
      char percent[32];
      std::snprintf(percent, sizeof percent, ": %.2f%%",
                    100.0 * accuracy_within(row, labels, budget));
      line += (line.empty() ? " " : ", ") + number_text(budget.epsilon) + percent;
    }
    if (line.empty()) continue;
    text += row.attack + " within " + (std::string_view(norm) == "l2" ? "L2" : "L∞") + line + "\n";
  }
  return text;
}

std::string class_table(std::span<const EvaluationRow> rows, std::span<const int> labels,
                        const std::vector<std::string>& names) {
  constexpr std::size_t kName = 16, kLeast = 8;
  std::vector<std::string> titles;
  for (const EvaluationRow& row : rows) {
    std::string title = row.attack + (row.epsilon ? " " + number_text(*row.epsilon) : "");
    title.insert(0, kLeast - std::min(kLeast, title.size()), ' ');
    titles.push_back(std::move(title));
  }
  std::string text = "\nclass             images";
  for (const std::string& title : titles) text += "  " + title;
  text += "\n";
  char cell[96];
  for (std::size_t k = 0; k < names.size(); ++k) {
    const auto count = std::ranges::count(labels, static_cast<int>(k));
    const std::string name = shortened(names[k], kName);
    text += name + std::string(kName + 2 - std::min(kName + 2, columns(name)), ' ');
    std::snprintf(cell, sizeof cell, "%6td", count);
    text += cell;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto width = static_cast<int>(titles[i].size());
      if (count == 0) {
        std::snprintf(cell, sizeof cell, "  %*s", width, "-");
      } else {
        std::snprintf(
            cell, sizeof cell, "  %*.2f%%", width - 1,
            100.0 * static_cast<double>(rows[i].confusion[k][k]) / static_cast<double>(count));
      }
      text += cell;
    }
    text += "\n";
  }
  return text;
}

}  // namespace signflip::cli
