#include <algorithm>
#include <cstdio>

#include "evaluate/evaluate.h"
#include "evaluate/interval.h"

namespace signflip {
namespace {

/// Right-aligned with `digits` behind the point; a dash where nothing was measured.
std::string cell(const std::optional<double>& value, int width, int digits) {
  char text[64];
  if (!value) {
    std::snprintf(text, sizeof text, " %*s", width, "-");
  } else {
    std::snprintf(text, sizeof text, " %*.*f", width, digits, *value);
  }
  return text;
}

std::string percent_cell(double fraction, int width) {
  return cell(100.0 * fraction, width - 1, 2) + "%";
}

/// Where the accuracy on all such images lies, as far as these tell.
std::string interval_cell(const EvaluationRow& row) {
  const auto [low, high] = confidence_interval(row.accuracy, row.images.size());
  char text[48];
  std::snprintf(text, sizeof text, "  %6.2f–%.2f%%", 100.0 * low, 100.0 * high);
  return text;
}

}  // namespace

std::string table_header(bool with_epsilon) {
  std::string text = "attack          ";
  if (with_epsilon) text += "  epsilon";
  return text +
         " accuracy    8-bit      loss  success   mean L2  mean L∞   max L∞   seconds   95% "
         "interval\n";
}

std::string table_line(const EvaluationRow& row, bool with_epsilon) {
  char name[64];
  // A budget in L2 is said with the attack: rows of both norms may stand below each other.
  const std::string norm = row.epsilon && row.norm == "l2" ? ", L2" : "";
  const std::string attack =
      row.attack + norm + (row.seed ? ", seed " + std::to_string(*row.seed) : "");
  std::snprintf(name, sizeof name, "%-16s", attack.c_str());
  std::string text = name;
  if (with_epsilon) text += cell(row.epsilon, 8, 5);
  return text + percent_cell(row.accuracy, 8) + percent_cell(row.accuracy_8bit, 8) +
         cell(row.loss, 9, 4) + percent_cell(row.success_rate, 8) + cell(row.mean_l2, 9, 3) +
         cell(row.mean_linf, 8, 4) + cell(row.max_linf, 8, 4) + cell(row.seconds, 9, 2) +
         interval_cell(row) + "\n";
}

std::string table_notes(std::span<const EvaluationRow> rows) {
  std::string notes;
  for (const EvaluationRow& row : rows) {
    char line[160];
    if (row.without_class > 0) {
      std::snprintf(line, sizeof line,
                    "%s: the model's answer to %zu images is not a number; they count as wrong\n",
                    row.attack.c_str(), row.without_class);
      notes += line;
    }
    if (row.epsilon || row.attack == "clean" || row.failures == 0) continue;
    std::snprintf(line, sizeof line,
                  "%s failed on %zu of %zu images; its means are over the others\n",
                  row.attack.c_str(), row.failures, row.successes + row.failures);
    notes += line;
  }
  return notes;
}

std::string format_table(std::span<const EvaluationRow> rows) {
  std::optional<double> epsilon;
  bool several = false;
  for (const EvaluationRow& row : rows) {
    several = several || (epsilon && row.epsilon && epsilon != row.epsilon);
    if (row.epsilon) epsilon = row.epsilon;
  }
  std::string text = table_header(several);
  for (const EvaluationRow& row : rows) text += table_line(row, several);
  return text + table_notes(rows);
}

}  // namespace signflip
