// Measures models under attack and turns the figures into JSON: the one source of every number in
// terminals, cards, READMEs and assertions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attack/runner.h"
#include "nn/json.h"

namespace signflip {

/// What an attack (or none) made of one image.
struct ImageFigures {
  int predicted = 0;       ///< class of the final image; or kNoClass, see core/exact/softmax.h
  int predicted_8bit = 0;  ///< the same after rounding pixels to 8 bits
  /// Untargeted: `predicted` is not the label. Targeted: it is the target, and was not before.
  bool success = false;
  /// False for an image that already was what a targeted attack aims at: it counts neither as a
  /// success nor as a failure.
  bool attacked = true;
  float loss = 0.0F;  ///< cross-entropy of the label at the final image
  float l0 = 0.0F, l2 = 0.0F, linf = 0.0F;
  /// The largest softmax probability at the final image; below 0 where it was not measured, and for
  /// an image without a class.
  float confidence = -1.0F;
};

/// The figures of one attack (or of none: "clean") over a set of images.
struct EvaluationRow {
  std::string attack;
  std::optional<std::uint64_t> seed;  ///< of the attack, where several were asked for
  std::string norm;                   ///< "linf", "l2", "l0"; empty for clean
  std::optional<double> epsilon;      ///< radius in that norm, where the attack has a budget
  OrderedJson parameters = OrderedJson::object();
  std::vector<std::string> automatic;  ///< parameters that the attack chose itself
  std::vector<ImageFigures> images;
  double seconds = 0.0;
  std::size_t gradients = 0, queries = 0;

  double accuracy = 0.0;          ///< still classified as their label, of all images
  double accuracy_8bit = 0.0;     ///< the same after rounding pixels to 8 bits
  std::optional<double> loss;     ///< mean over all images; empty where one is not a number
  std::size_t without_class = 0;  ///< images whose logits are not all numbers
  std::size_t successes = 0, failures = 0;  ///< of the images that were attacked
  double success_rate = 0.0;                ///< successes / (successes + failures), or 0
  /// Means over the successes; empty where there are none. Without an attack 0.
  std::optional<double> mean_l0, mean_l2, mean_linf;
  double max_linf = 0.0;                            ///< over all images
  std::vector<std::vector<std::size_t>> confusion;  ///< [label][predicted]
};

/// Summarises what run_attack() found. `before` holds the classes of the clean images by the
/// judging model where the attack was targeted, else it is empty.
EvaluationRow summarise(const AttackRequest& request, const AttackOutcome& outcome,
                        std::span<const int> labels, std::span<const int> targets,
                        std::span<const int> before, int classes);

/// Fills in what follows from a row's images, and from `request` (null: no attack).
void complete_row(EvaluationRow& row, const AttackRequest* request, std::span<const int> labels,
                  int classes);

/// The largest softmax probability of each image; −1 where the logits are not all numbers.
std::vector<float> confidences_of(const DifferentiableModel& model, const Tensor& images,
                                  ThreadPool& pool);

/// The figures without an attack. An error if cancelled.
Result<EvaluationRow> evaluate_clean(const DifferentiableModel& model, const Tensor& images,
                                     std::span<const int> labels, ThreadPool& pool,
                                     const Progress& progress = {});

/// A row "worst" for each budget (norm and epsilon) among the rows: for each image the worst that
/// any attack found within that budget, measured as that image was. Attacks of another budget do
/// not enter it. What attacks without a budget found counts where it lies within. Empty where only
/// one row would enter. `targeted`: success is to reach the target, which no clean image did.
std::vector<EvaluationRow> worst_rows(std::span<const EvaluationRow> rows,
                                      std::span<const int> labels, bool targeted, int classes);

/// A radius that perturbations are judged at, in a norm.
struct Budget {
  std::string norm;  ///< "linf" or "l2"
  double epsilon = 0.0;

  bool operator==(const Budget&) const = default;
};

/// The fraction of images that are still classified as their label where only perturbations within
/// the budget count: what an attack without a budget of its own leaves at a radius.
double accuracy_within(const EvaluationRow& row, std::span<const int> labels, const Budget& budget);

/// One entry of "results". "correct" has one character per image: 1 where it keeps its label.
/// Attacks without a budget have "distances", one per image, null where the attack failed, and
/// "accuracy_at" for each of `budgets`.
OrderedJson to_json(const EvaluationRow& row, std::span<const int> labels,
                    std::span<const Budget> budgets = {});

/// The rows as a table for people, one line each, and below it what the table has no room for.
std::string format_table(std::span<const EvaluationRow> rows);

/// The same in parts. `with_epsilon`: a column for epsilon, which rows that differ in it want.
std::string table_header(bool with_epsilon);
std::string table_line(const EvaluationRow& row, bool with_epsilon);
std::string table_notes(std::span<const EvaluationRow> rows);

}  // namespace signflip
