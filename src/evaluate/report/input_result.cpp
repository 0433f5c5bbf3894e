#include "evaluate/report/input_result.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/concat.h"

namespace signflip::report {
namespace {

constexpr std::size_t kMaximumClasses = 1000, kMaximumBins = 1000;

std::vector<std::vector<std::uint64_t>> read_confusion(const Fields& fields, FirstError& error) {
  std::vector<std::vector<std::uint64_t>> confusion;
  const JsonView value = fields.find("confusion");
  if (!value.valid()) return confusion;
  const std::vector<JsonView> rows = value.items();
  if (!value.is_array() || rows.size() > kMaximumClasses) {
    fields.complain("confusion", "at most 1000 rows of counts");
    return confusion;
  }
  for (std::size_t label = 0; label < rows.size(); ++label) {
    std::vector<std::uint64_t>& row = confusion.emplace_back();
    for (const JsonView count : rows[label].items()) {
      const auto whole = count.whole();
      if (!whole) fields.complain("confusion", "counts: whole numbers that are not negative");
      row.push_back(whole.value_or(0));
    }
    if (row.size() == rows.size() || error) continue;
    error =
        Error{indexed(fields.place_of("confusion"), label) + " has " + std::to_string(row.size()) +
              " entries, expected " + std::to_string(rows.size()) + ", as many as there are rows"};
  }
  return confusion;
}

/// "count" of each entry of "per_class", of which there are as many as `classes`.
std::vector<std::uint64_t> read_class_counts(const Fields& fields, std::size_t classes) {
  std::vector<std::uint64_t> counts;
  const JsonView value = fields.find("per_class");
  if (!value.valid() || classes == 0) return counts;
  for (const JsonView& entry : value.items()) {
    const auto count = entry["count"].whole();
    if (!count) fields.complain("per_class", "objects, each with a \"count\" of images");
    counts.push_back(count.value_or(0));
  }
  if (counts.size() != classes) fields.complain("per_class", "as many as confusion has rows");
  return counts;
}

/// Which images are still classified as their label.
std::string read_correct(const Fields& fields, std::optional<std::uint64_t> count) {
  std::string correct = fields.text("correct");
  if (correct.find_first_not_of("01") != std::string::npos ||
      (!correct.empty() && count && correct.size() != *count)) {
    fields.complain("correct", "one 0 or 1 per image");
  }
  return correct;
}

/// "its accuracy is 0.5, but 7 of 8 images are right by its field correct" where figures of one
/// result that say the same do not: of a file that was edited. Else empty.
std::string disagreement(const AttackResult& result) {
  const auto told = [&](double right, double images, std::string_view field) {
    if (images <= 0 || std::abs(right / images - result.accuracy) <= 1e-4) return std::string();
    return concat("its accuracy is ", result.accuracy, ", but ", right, " of ", images,
                  " images are right by its field ", field);
  };
  const auto ones = static_cast<double>(std::ranges::count(result.correct, '1'));
  const std::string by_image = told(ones, static_cast<double>(result.correct.size()), "correct");
  if (!by_image.empty() || result.confusion.empty()) return by_image;
  double right = 0, images = result.without_class.value_or(0.0);  // which are in no row
  for (std::size_t k = 0; k < result.confusion.size(); ++k) {
    right += static_cast<double>(result.confusion[k][k]);
    for (const std::uint64_t some : result.confusion[k]) images += static_cast<double>(some);
  }
  return told(right, images, "confusion");
}

std::optional<Calibration> read_calibration(const Fields& fields, FirstError& error) {
  const JsonView value = fields.find("calibration");
  if (!value.valid()) return {};
  const Fields inner(value, fields.place_of("calibration"), error);
  Calibration calibration;
  calibration.expected_error = inner.required_number("expected_error", Fields::kFraction);
  const JsonView bins = inner.find("bins");
  const std::vector<JsonView> items = bins.items();
  if (!bins.is_array() || items.size() > kMaximumBins) {
    inner.complain("bins", "a list of at most 1000 bins");
    return {};
  }
  for (std::size_t i = 0; i < items.size() && !error; ++i) {
    const Fields bin(items[i], indexed(inner.place_of("bins"), i), error);
    const auto count = bin.whole("count");
    const auto confidence = bin.number("confidence", Fields::kFraction);
    const auto accuracy = bin.number("accuracy", Fields::kFraction);
    if (!count || *count == 0 || !confidence || !accuracy) continue;
    calibration.bins.push_back({static_cast<double>(*count), *confidence, *accuracy});
  }
  return calibration;
}

/// How far an attack had to go for each image; those it failed on are left out.
std::vector<double> read_distances(const Fields& fields, std::optional<std::uint64_t> count) {
  std::vector<double> distances;
  const JsonView value = fields.find("distances");
  if (!value.valid()) return distances;
  const std::vector<JsonView> items = value.items();
  if (!value.is_array() || (count && items.size() != *count)) {
    fields.complain("distances", "one number or null per image");
    return distances;
  }
  for (const JsonView item : items) {
    if (item.is_null()) continue;
    const double number = item.is_number() ? item.number() : -1.0;
    if (!(number >= 0.0) || number > 1e6) {
      fields.complain("distances", "numbers from 0 up, or null");
      return distances;
    }
    distances.push_back(number);
  }
  return distances;
}

}  // namespace

AttackResult read_result(const Fields& fields, std::optional<std::uint64_t> count,
                         FirstError& error) {
  AttackResult result;
  result.attack = fields.required_text("attack");
  result.norm = fields.text("norm");
  result.epsilon = fields.number("epsilon", {0.0, 1e6});
  result.seed = fields.whole("seed");
  result.accuracy = fields.required_number("accuracy", Fields::kFraction);
  result.accuracy_8bit = fields.number("accuracy_8bit", Fields::kFraction);
  result.success_rate = fields.number("success_rate", Fields::kFraction);
  result.loss = fields.number("loss", Fields::kAny);
  using Figure = std::pair<std::string_view, std::optional<double>*>;
  const std::array<Figure, 10> figures = {{{"successes", &result.successes},
                                           {"failures", &result.failures},
                                           {"mean_l0", &result.mean_l0},
                                           {"mean_l2", &result.mean_l2},
                                           {"mean_linf", &result.mean_linf},
                                           {"max_linf", &result.max_linf},
                                           {"gradients", &result.gradients},
                                           {"queries", &result.queries},
                                           {"seconds", &result.seconds},
                                           {"without_class", &result.without_class}}};
  for (const auto& [name, figure] : figures) *figure = fields.number(name, Fields::kNotNegative);
  result.confusion = read_confusion(fields, error);
  result.class_counts = read_class_counts(fields, result.confusion.size());
  result.correct = read_correct(fields, count);
  result.automatic = read_names(fields, "automatic");
  result.calibration = read_calibration(fields, error);
  result.distances = read_distances(fields, count);
  if (!error) result.disagreement = disagreement(result);  // else its matrix may be no square
  for (const auto& [name, value] : fields.members()) {
    constexpr std::array<std::string_view, 12> kOthers = {
        "attack",        "norm", "seed",      "epsilon", "accuracy",  "accuracy_interval",
        "accuracy_8bit", "loss", "confusion", "correct", "automatic", "success_rate"};
    const auto is_figure = [&name = name](const auto& figure) { return name == figure.first; };
    if (std::ranges::find(kOthers, name) != kOthers.end()) continue;
    if (std::ranges::any_of(figures, is_figure) || value.is_null()) continue;
    if (value.is_array() || value.is_object()) continue;  // figures of images and classes
    result.parameters.emplace_back(name, scalar_text(value));
  }
  return result;
}

}  // namespace signflip::report
