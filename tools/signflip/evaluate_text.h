// What evaluate prints below its table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluate/evaluate.h"

namespace signflip::cli {

/// How many images came to be of the class that was aimed at; nothing without a goal.
std::string goal_lines(std::span<const EvaluationRow> rows, std::optional<int> goal);

/// What an attack without a budget leaves at each radius; nothing for other rows.
std::string radius_lines(const EvaluationRow& row, std::span<const int> labels,
                         std::span<const Budget> budgets);

/// Accuracy class by class: a line for each, a column for each row of the table.
std::string class_table(std::span<const EvaluationRow> rows, std::span<const int> labels,
                        const std::vector<std::string>& names);

}  // namespace signflip::cli
