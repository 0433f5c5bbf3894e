// From per-image outcomes to rows, JSON and tables.
#include "evaluate/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/batches.h"
#include "core/softmax.h"

namespace signflip {
namespace {

double mean(std::span<const float> values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value);
  return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
}

double fraction(std::span<const std::uint8_t> flags) {
  const auto set = std::ranges::count_if(flags, [](std::uint8_t flag) { return flag != 0; });
  return static_cast<double>(set) / static_cast<double>(flags.size());
}

std::vector<std::uint8_t> agreement(std::span<const int> a, std::span<const int> b) {
  std::vector<std::uint8_t> same(a.size());
  for (std::size_t n = 0; n < a.size(); ++n) same[n] = a[n] == b[n] ? 1 : 0;
  return same;
}

/// Fills in what follows from the predictions: correct, accuracy and confusion.
void judge(EvaluationRow& row, std::span<const int> predicted, std::span<const int> predicted_8bit,
           std::span<const int> labels, int classes) {
  row.correct = agreement(predicted, labels);
  row.correct_8bit = agreement(predicted_8bit, labels);
  row.accuracy = fraction(row.correct);
  row.accuracy_8bit = fraction(row.correct_8bit);
  const auto size = static_cast<std::size_t>(classes);
  row.confusion.assign(size, std::vector<std::size_t>(size));
  for (std::size_t n = 0; n < labels.size(); ++n) {
    ++row.confusion[static_cast<std::size_t>(labels[n])][static_cast<std::size_t>(predicted[n])];
  }
}

}  // namespace

EvaluationRow summarise(const AttackRequest& request, const AttackOutcome& outcome,
                        std::span<const int> labels, int classes) {
  EvaluationRow row;
  row.attack = request.attack->name;
  row.norm = norm_of(*request.attack, request.parameters);
  for (const ParameterSpec& spec : request.attack->parameters) {
    switch (spec.kind) {
      case ParameterKind::real:
        row.parameters[spec.name] = request.parameters.real(spec.name);
        break;
      case ParameterKind::integer:
        row.parameters[spec.name] = request.parameters.integer(spec.name);
        break;
      case ParameterKind::boolean:
        row.parameters[spec.name] = request.parameters.boolean(spec.name);
        break;
      case ParameterKind::choice:
        row.parameters[spec.name] = request.parameters.choice(spec.name);
        break;
    }
  }
  judge(row, outcome.predicted, outcome.predicted_8bit, labels, classes);
  row.loss = mean(outcome.loss);
  row.success_rate = fraction(outcome.success);
  row.mean_l0 = mean(outcome.l0);
  row.mean_l2 = mean(outcome.l2);
  row.mean_linf = mean(outcome.linf);
  row.max_linf = static_cast<double>(*std::ranges::max_element(outcome.linf));
  row.gradients = outcome.gradients;
  row.queries = outcome.queries;
  row.seconds = outcome.seconds;
  return row;
}

Result<EvaluationRow> evaluate_clean(const DifferentiableModel& model, const Tensor& images,
                                     std::span<const int> labels, ThreadPool& pool,
                                     const Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const auto classes = static_cast<std::size_t>(model.classes());
  std::vector<int> predicted(labels.size());
  std::vector<float> loss(labels.size());
  const bool finished = forward_batches(
      model, images, pool,
      [&](std::size_t first, std::size_t count, std::span<const float> logits) {
        for (std::size_t n = 0; n < count; ++n) {
          const auto z = logits.subspan(n * classes, classes);
          predicted[first + n] = argmax(z);
          loss[first + n] = cross_entropy(z, labels[first + n]);
        }
      },
      progress);
  if (!finished) return Error{"stopped on request"};
  EvaluationRow row;
  row.attack = "clean";
  judge(row, predicted, predicted, labels, model.classes());
  row.loss = mean(loss);
  row.success_rate = 1.0 - row.accuracy;
  row.queries = labels.size();
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return row;
}

EvaluationRow worst_of(std::span<const EvaluationRow> rows) {
  EvaluationRow worst;
  worst.attack = "worst";
  worst.correct = rows.front().correct;
  worst.correct_8bit = rows.front().correct_8bit;
  for (const EvaluationRow& row : rows) {
    for (std::size_t n = 0; n < worst.correct.size(); ++n) {
      worst.correct[n] &= row.correct[n];
      worst.correct_8bit[n] &= row.correct_8bit[n];
    }
    worst.gradients += row.gradients;
    worst.queries += row.queries;
    worst.seconds += row.seconds;
    worst.loss = std::max(worst.loss, row.loss);
  }
  worst.accuracy = fraction(worst.correct);
  worst.accuracy_8bit = fraction(worst.correct_8bit);
  worst.success_rate = 1.0 - worst.accuracy;
  return worst;
}

OrderedJson to_json(const EvaluationRow& row) {
  OrderedJson json;
  json["attack"] = row.attack;
  if (!row.norm.empty()) json["norm"] = row.norm;
  for (const auto& [key, value] : row.parameters.items()) {
    json[key == "queries" ? "max-queries" : key] = value;  // "queries" says how many it took
  }
  json["accuracy"] = row.accuracy;
  json["accuracy_8bit"] = row.accuracy_8bit;
  json["loss"] = row.loss;
  json["success_rate"] = row.success_rate;
  json["mean_l0"] = row.mean_l0;
  json["mean_l2"] = row.mean_l2;
  json["mean_linf"] = row.mean_linf;
  json["max_linf"] = row.max_linf;
  json["gradients"] = row.gradients;
  json["queries"] = row.queries;
  json["seconds"] = row.seconds;
  if (!row.confusion.empty()) json["confusion"] = row.confusion;
  return json;
}

std::string format_table(std::span<const EvaluationRow> rows) {
  std::string text =
      "attack           accuracy    8-bit      loss   mean L2  mean L∞   max L∞   seconds\n";
  for (const EvaluationRow& row : rows) {
    char line[160];
    std::snprintf(line, sizeof line, "%-15s %8.2f%% %7.2f%% %9.4f %9.3f %8.4f %8.4f %9.2f\n",
                  row.attack.c_str(), 100.0 * row.accuracy, 100.0 * row.accuracy_8bit, row.loss,
                  row.mean_l2, row.mean_linf, row.max_linf, row.seconds);
    text += line;
  }
  return text;
}

}  // namespace signflip
