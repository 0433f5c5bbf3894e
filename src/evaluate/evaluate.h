// Measures models under attack and turns the figures into JSON: the one source of every number in
// terminals, cards, READMEs and assertions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attack/runner.h"
#include "nn/json.h"

namespace signflip {

/// The figures of one attack (or of none: "clean") over a set of images.
struct EvaluationRow {
  std::string attack;
  std::string norm;  ///< "linf", "l2", "l0"; empty for clean
  OrderedJson parameters = OrderedJson::object();
  double accuracy = 0.0;       ///< still classified as their label, of all images
  double accuracy_8bit = 0.0;  ///< the same after rounding pixels to 8 bits
  double loss = 0.0;           ///< mean cross-entropy of the labels at the final images
  double success_rate = 0.0;   ///< untargeted: not the label; targeted: the target
  double mean_l0 = 0.0, mean_l2 = 0.0, mean_linf = 0.0, max_linf = 0.0;
  std::size_t gradients = 0, queries = 0;
  double seconds = 0.0;
  std::vector<std::vector<std::size_t>> confusion;  ///< [label][predicted]
  std::vector<std::uint8_t> correct, correct_8bit;  ///< for each image; not in the JSON
};

/// Summarises what run_attack() found.
EvaluationRow summarise(const AttackRequest& request, const AttackOutcome& outcome,
                        std::span<const int> labels, int classes);

/// The figures without an attack. Empty if cancelled.
Result<EvaluationRow> evaluate_clean(const DifferentiableModel& model, const Tensor& images,
                                     std::span<const int> labels, ThreadPool& pool,
                                     const Progress& progress = {});

/// An image counts as robust only if it is correct in every row.
EvaluationRow worst_of(std::span<const EvaluationRow> rows);

/// One entry of "results" (see the README's description of the JSON).
OrderedJson to_json(const EvaluationRow& row);

/// The rows as a table for people, one line each.
std::string format_table(std::span<const EvaluationRow> rows);

}  // namespace signflip
