#include "evaluate/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "attack/automatic.h"
#include "core/batches.h"
#include "core/exact/softmax.h"
#include "evaluate/calibration.h"
#include "evaluate/interval.h"

namespace signflip {
namespace {

/// The mean of a member over the images that were fooled.
std::optional<double> mean_of_successes(const EvaluationRow& row, float ImageFigures::*member) {
  if (row.successes == 0) return {};
  double sum = 0.0;
  for (const ImageFigures& image : row.images) {
    if (image.success) sum += static_cast<double>(image.*member);
  }
  return sum / static_cast<double>(row.successes);
}

/// Fills in what follows from `row.images`.
void count(EvaluationRow& row, std::span<const int> labels, int classes) {
  const auto size = static_cast<std::size_t>(classes);
  const auto all = static_cast<double>(labels.size());
  row.confusion.assign(size, std::vector<std::size_t>(size));
  std::size_t correct = 0, correct_8bit = 0;
  double loss = 0.0;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const ImageFigures& image = row.images[n];
    correct += image.predicted == labels[n] ? 1 : 0;
    correct_8bit += image.predicted_8bit == labels[n] ? 1 : 0;
    loss += static_cast<double>(image.loss);
    row.successes += image.success ? 1 : 0;
    row.failures += image.attacked && !image.success ? 1 : 0;
    row.max_linf = std::max(row.max_linf, static_cast<double>(image.linf));
    if (image.predicted == kNoClass) {
      ++row.without_class;
      continue;
    }
    ++row.confusion[static_cast<std::size_t>(labels[n])][static_cast<std::size_t>(image.predicted)];
  }
  row.accuracy = static_cast<double>(correct) / all;
  row.accuracy_8bit = static_cast<double>(correct_8bit) / all;
  if (!std::isnan(loss)) row.loss = loss / all;
  const std::size_t attacked = row.successes + row.failures;
  if (attacked > 0) {
    row.success_rate = static_cast<double>(row.successes) / static_cast<double>(attacked);
  }
  row.mean_l0 = mean_of_successes(row, &ImageFigures::l0);
  row.mean_l2 = mean_of_successes(row, &ImageFigures::l2);
  row.mean_linf = mean_of_successes(row, &ImageFigures::linf);
}

void set_parameters(EvaluationRow& row, const AttackRequest& request) {
  for (const ParameterSpec& spec : request.attack->parameters) {
    OrderedJson& value = row.parameters[spec.name];
    switch (spec.kind) {
      case ParameterKind::real:
        value = used_value(*request.attack, request.parameters, spec);
        if (spec.automatic && request.parameters.real(spec.name) == 0.0) {
          row.automatic.emplace_back(spec.name);
        }
        break;
      case ParameterKind::integer:
        value = request.parameters.integer(spec.name);
        break;
      case ParameterKind::boolean:
        value = request.parameters.boolean(spec.name);
        break;
      case ParameterKind::choice:
        value = request.parameters.choice(spec.name);
        break;
    }
  }
}

/// A loss that is not a number is worse than any.
float comparable(float loss) {
  return std::isnan(loss) ? std::numeric_limits<float>::infinity() : loss;
}

/// Which of two results for one image is worse: an attack that reached its goal, then one that
/// changed the class, then the larger loss.
auto badness(const ImageFigures& image, int label) {
  return std::tuple(image.success, image.predicted != label, comparable(image.loss));
}

bool within(const ImageFigures& image, const std::string& norm, double epsilon) {
  return static_cast<double>(norm == "l2" ? image.l2 : image.linf) <= epsilon;
}

EvaluationRow worst_of(std::span<const EvaluationRow* const> rows, const Budget& budget,
                       std::span<const int> labels, bool targeted, int classes) {
  EvaluationRow worst;
  worst.attack = "worst";
  worst.norm = budget.norm;
  worst.epsilon = budget.epsilon;
  worst.parameters["epsilon"] = budget.epsilon;
  worst.images.resize(labels.size());
  for (const EvaluationRow* const row : rows) {
    worst.gradients += row->gradients;
    worst.queries += row->queries;
    worst.seconds += row->seconds;
  }
  for (std::size_t n = 0; n < labels.size(); ++n) {
    ImageFigures& image = worst.images[n];
    float loss = 0.0F;
    std::optional<int> broken_8bit;  // a wrong class that rounding left
    bool any = false, attacked = true;
    for (const EvaluationRow* const row : rows) {
      ImageFigures found = row->images[n];
      if (targeted && row->attack == "clean") found.success = false;
      attacked = attacked && found.attacked;
      if (!row->epsilon && !within(found, budget.norm, budget.epsilon)) continue;
      if (!any || badness(image, labels[n]) < badness(found, labels[n])) image = found;
      if (found.predicted_8bit != labels[n]) broken_8bit = found.predicted_8bit;
      if (!any || comparable(found.loss) > comparable(loss)) loss = found.loss;
      any = true;
    }
    image.loss = loss;
    image.attacked = attacked;
    if (broken_8bit) image.predicted_8bit = *broken_8bit;
  }
  count(worst, labels, classes);
  return worst;
}

float confidence_of(std::span<const float> logits) {
  const int largest = argmax(logits);
  if (largest == kNoClass) return -1.0F;
  const float top = logits[static_cast<std::size_t>(largest)];
  float sum = 0.0F;
  for (const float logit : logits) sum += std::exp(logit - top);
  return 1.0F / sum;
}

OrderedJson interval_json(double fraction, std::size_t trials) {
  const auto [low, high] = confidence_interval(fraction, trials);
  return {low, high};
}

/// Accuracy of each class on its own, of those that have images.
OrderedJson per_class_json(const EvaluationRow& row, std::span<const int> labels) {
  std::vector<std::size_t> count(row.confusion.size());
  for (const int label : labels) ++count[static_cast<std::size_t>(label)];
  OrderedJson list = OrderedJson::array();
  for (std::size_t k = 0; k < row.confusion.size(); ++k) {
    OrderedJson entry = {{"count", count[k]}, {"accuracy", nullptr}, {"interval", nullptr}};
    if (count[k] > 0) {
      const double accuracy =
          static_cast<double>(row.confusion[k][k]) / static_cast<double>(count[k]);
      entry["accuracy"] = accuracy;
      entry["interval"] = interval_json(accuracy, count[k]);
    }
    list.push_back(std::move(entry));
  }
  return list;
}

/// Where every image has a class and a confidence.
void add_calibration(const EvaluationRow& row, std::span<const int> labels, OrderedJson& json) {
  std::vector<float> confidences;
  std::vector<bool> correct;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    if (row.images[n].confidence < 0.0F) return;
    confidences.push_back(row.images[n].confidence);
    correct.push_back(row.images[n].predicted == labels[n]);
  }
  const Calibration calibration = calibration_of(confidences, correct);
  OrderedJson bins = OrderedJson::array();
  for (const CalibrationBin& bin : calibration.bins) {
    bins.push_back({{"count", bin.count},
                    {"confidence", bin.count > 0 ? OrderedJson(bin.confidence) : nullptr},
                    {"accuracy", bin.count > 0 ? OrderedJson(bin.accuracy) : nullptr}});
  }
  json["calibration"] = {{"expected_error", calibration.expected_error},
                         {"mean_confidence", calibration.mean_confidence},
                         {"bins", std::move(bins)}};
}

bool is_minimum_norm(const EvaluationRow& row) {
  return !row.epsilon && row.attack != "clean" && row.attack != "worst" && !row.norm.empty();
}

/// How far the attack had to go for each image, and what it leaves at each radius in its norm.
void add_distances(const EvaluationRow& row, std::span<const int> labels,
                   std::span<const Budget> budgets, OrderedJson& json) {
  OrderedJson distances = OrderedJson::array();
  for (const ImageFigures& image : row.images) {
    const float distance = row.norm == "l0" ? image.l0 : row.norm == "linf" ? image.linf : image.l2;
    distances.push_back(image.success ? OrderedJson(distance) : OrderedJson(nullptr));
  }
  json["distances"] = std::move(distances);
  if (budgets.empty()) return;
  OrderedJson list = OrderedJson::array();
  for (const Budget& budget : budgets) {
    const double accuracy = accuracy_within(row, labels, budget);
    list.push_back({{"norm", budget.norm},
                    {"epsilon", budget.epsilon},
                    {"accuracy", accuracy},
                    {"accuracy_interval", interval_json(accuracy, labels.size())}});
  }
  json["accuracy_at"] = std::move(list);
}

}  // namespace

EvaluationRow summarise(const AttackRequest& request, const AttackOutcome& outcome,
                        std::span<const int> labels, std::span<const int> targets,
                        std::span<const int> before, int classes) {
  EvaluationRow row;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const bool there = !targets.empty() && (labels[n] == targets[n] || before[n] == targets[n]);
    row.images.push_back(ImageFigures{.predicted = outcome.predicted[n],
                                      .predicted_8bit = outcome.predicted_8bit[n],
                                      .success = outcome.success[n] != 0 && !there,
                                      .attacked = !there,
                                      .loss = outcome.loss[n],
                                      .l0 = outcome.l0[n],
                                      .l2 = outcome.l2[n],
                                      .linf = outcome.linf[n]});
  }
  row.gradients = outcome.gradients;
  row.queries = outcome.queries;
  row.seconds = outcome.seconds;
  complete_row(row, &request, labels, classes);
  return row;
}

void complete_row(EvaluationRow& row, const AttackRequest* request, std::span<const int> labels,
                  int classes) {
  if (request == nullptr) {
    row.attack = "clean";
    count(row, labels, classes);
    row.mean_l0 = row.mean_l2 = row.mean_linf = 0.0;
    return;
  }
  row.attack = request->attack->name;
  row.norm = norm_of(*request->attack, request->parameters);
  const Family family = request->attack->family;
  if (family == Family::fixed_budget || family == Family::ensemble) {
    row.epsilon = request->parameters.real("epsilon");
  }
  set_parameters(row, *request);
  count(row, labels, classes);
}

Result<EvaluationRow> evaluate_clean(const DifferentiableModel& model, const Tensor& images,
                                     std::span<const int> labels, ThreadPool& pool,
                                     const Progress& progress) {
  const auto start = std::chrono::steady_clock::now();
  const auto classes = static_cast<std::size_t>(model.classes());
  EvaluationRow row;
  row.images.resize(labels.size());
  const bool finished = forward_batches(
      model, images, pool,
      [&](std::size_t first, std::size_t count, std::span<const float> logits) {
        for (std::size_t n = 0; n < count; ++n) {
          const auto z = logits.subspan(n * classes, classes);
          ImageFigures& image = row.images[first + n];
          image.predicted = image.predicted_8bit = argmax(z);
          image.success = image.predicted != labels[first + n];
          image.loss = cross_entropy(z, labels[first + n]);
          image.confidence = confidence_of(z);
        }
      },
      progress);
  if (!finished) return Error{"stopped on request"};
  row.queries = labels.size();
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  complete_row(row, nullptr, labels, model.classes());
  return row;
}

std::vector<EvaluationRow> worst_rows(std::span<const EvaluationRow> rows,
                                      std::span<const int> labels, bool targeted, int classes) {
  std::vector<Budget> budgets;
  for (const EvaluationRow& row : rows) {
    if (!row.epsilon) continue;
    const Budget budget{row.norm, *row.epsilon};
    if (std::ranges::find(budgets, budget) == budgets.end()) budgets.push_back(budget);
  }
  std::vector<EvaluationRow> worst;
  for (const Budget& budget : budgets) {
    std::vector<const EvaluationRow*> entering;
    for (const EvaluationRow& row : rows) {
      if (!row.epsilon || Budget{row.norm, *row.epsilon} == budget) entering.push_back(&row);
    }
    if (entering.size() > 1) worst.push_back(worst_of(entering, budget, labels, targeted, classes));
  }
  return worst;
}

std::vector<float> confidences_of(const DifferentiableModel& model, const Tensor& images,
                                  ThreadPool& pool) {
  const auto classes = static_cast<std::size_t>(model.classes());
  std::vector<float> confidences(images.count());
  forward_batches(model, images, pool,
                  [&](std::size_t first, std::size_t count, std::span<const float> logits) {
                    for (std::size_t n = 0; n < count; ++n) {
                      confidences[first + n] = confidence_of(logits.subspan(n * classes, classes));
                    }
                  });
  return confidences;
}

double accuracy_within(const EvaluationRow& row, std::span<const int> labels,
                       const Budget& budget) {
  std::size_t correct = 0;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const ImageFigures& image = row.images[n];
    correct += image.predicted == labels[n] || !within(image, budget.norm, budget.epsilon) ? 1 : 0;
  }
  return static_cast<double>(correct) / static_cast<double>(labels.size());
}

OrderedJson to_json(const EvaluationRow& row, std::span<const int> labels,
                    std::span<const Budget> budgets) {
  const auto optional = [](const std::optional<double>& value) {
    return value ? OrderedJson(*value) : OrderedJson(nullptr);
  };
  OrderedJson json;
  json["attack"] = row.attack;
  if (row.seed) json["seed"] = *row.seed;
  if (!row.norm.empty()) json["norm"] = row.norm;
  for (const auto& [key, value] : row.parameters.items()) {
    json[key == "queries" ? "max-queries" : key] = value;  // "queries" says how many it took
  }
  if (!row.automatic.empty()) json["automatic"] = row.automatic;
  json["accuracy"] = row.accuracy;
  json["accuracy_interval"] = interval_json(row.accuracy, labels.size());
  json["accuracy_8bit"] = row.accuracy_8bit;
  json["accuracy_8bit_interval"] = interval_json(row.accuracy_8bit, labels.size());
  json["loss"] = optional(row.loss);
  if (row.without_class > 0) json["without_class"] = row.without_class;
  json["success_rate"] = row.success_rate;
  json["success_rate_interval"] = interval_json(row.success_rate, row.successes + row.failures);
  json["successes"] = row.successes;
  json["failures"] = row.failures;
  json["mean_l0"] = optional(row.mean_l0);
  json["mean_l2"] = optional(row.mean_l2);
  json["mean_linf"] = optional(row.mean_linf);
  json["max_linf"] = row.max_linf;
  json["gradients"] = row.gradients;
  json["queries"] = row.queries;
  json["seconds"] = row.seconds;
  json["confusion"] = row.confusion;
  json["per_class"] = per_class_json(row, labels);
  add_calibration(row, labels, json);
  if (is_minimum_norm(row)) add_distances(row, labels, budgets, json);
  std::string correct;  // one character per image: what paired comparisons need
  for (std::size_t n = 0; n < labels.size(); ++n) {
    correct += row.images[n].predicted == labels[n] ? '1' : '0';
  }
  json["correct"] = correct;
  return json;
}

}  // namespace signflip
