#include "evaluate/report/input.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "evaluate/report/fields.h"
#include "evaluate/report/input_result.h"
#include "nn/json_place.h"

namespace signflip::report {
namespace {

constexpr std::size_t kMaximumResults = 1000, kMaximumEpochs = 100000;
constexpr std::size_t kMaximumSteps = 1000000;

std::string_view value_of(const TextPairs& pairs, std::string_view name) {
  const auto found = std::ranges::find(pairs, name, &TextPairs::value_type::first);
  return found == pairs.end() ? std::string_view() : found->second;
}

ModelReference read_model(JsonView value, const std::string& place, FirstError& error) {
  const Fields fields(value, place, error);
  return {fields.required_text("file"), fields.text("sha256"),
          fields.number("parameters", Fields::kNotNegative)};
}

Certificate read_certificate(const Fields& fields) {
  Certificate certificate;
  certificate.method = fields.text("method");
  certificate.norm = fields.text("norm");
  certificate.epsilon = fields.required_number("epsilon", {0.0, 1e6});
  certificate.accuracy = fields.number("accuracy", Fields::kFraction);
  certificate.verified_accuracy = fields.required_number("verified_accuracy", Fields::kFraction);
  certificate.mean_radius = fields.number("mean_radius", Fields::kNotNegative);
  certificate.median_radius = fields.number("median_radius", Fields::kNotNegative);
  certificate.seconds = fields.number("seconds", Fields::kNotNegative);
  return certificate;
}

Result<Measurement> read_measurement(const Fields& fields, const std::string& file,
                                     FirstError& error) {
  Measurement measurement;
  measurement.source = file;
  measurement.version = fields.text("signflip");
  measurement.model = read_model(fields.find("model"), fields.place_of("model"), error);
  for (const auto& [name, model] :
       {std::pair{"denoiser", &measurement.denoiser}, {"from", &measurement.from}}) {
    const JsonView value = fields.find(name);
    if (value.valid()) *model = read_model(value, fields.place_of(name), error);
  }
  measurement.transform = fields.text("transform");
  measurement.transform_gradient = fields.text("transform_gradient");
  measurement.gray_box = fields.flag("gray_box");
  measurement.targeted = fields.flag("targeted");
  measurement.unfinished = fields.find("unfinished").valid();
  measurement.seed = fields.whole("seed");
  measurement.classes = read_names(fields, "classes");
  const Fields dataset(fields.find("dataset"), fields.place_of("dataset"), error);
  measurement.dataset = dataset.required_text("name");
  measurement.split = dataset.text("split");
  measurement.images = {dataset.whole("count"), dataset.whole("sample_seed")};
  const JsonView results = fields.find("results");
  const std::vector<JsonView> rows = results.items();
  if (!results.is_array()) fields.complain("results", "an array");
  if (rows.empty() && results.is_array() && !measurement.unfinished) {
    fields.complain("results", "at least one");
  }
  if (rows.size() > kMaximumResults) fields.complain("results", "at most 1000 of them");
  for (std::size_t i = 0; i < rows.size() && !error; ++i) {
    const Fields row(rows[i], indexed(fields.place_of("results"), i), error);
    if (row.find("verified_accuracy").valid()) {
      measurement.certificates.push_back(read_certificate(row));
    } else {
      measurement.results.push_back(read_result(row, measurement.images.count, error));
    }
  }
  if (error) return *error;
  return measurement;
}

/// Objects within the configuration become "augmentation.shift".
void flatten(const std::vector<JsonView::Member>& members, const std::string& prefix,
             TextPairs& pairs) {
  for (const auto& [name, value] : members) {
    if (value.is_object()) {
      flatten(value.members(), prefix + name + ".", pairs);
    } else if (!value.is_null()) {
      pairs.emplace_back(prefix + name, scalar_text(value));
    }
  }
}

Epoch read_epoch(const Fields& fields) {
  Epoch epoch;
  epoch.epoch = fields.required_number("epoch", {0.0, 1e9});
  epoch.loss = fields.number("loss", Fields::kAny);
  epoch.train_accuracy = fields.number("train_accuracy", Fields::kFraction);
  epoch.validation_accuracy = fields.number("validation_accuracy", Fields::kFraction);
  epoch.validation_robust_accuracy = fields.number("validation_robust_accuracy", Fields::kFraction);
  epoch.learning_rate = fields.number("learning_rate", Fields::kNotNegative);
  epoch.seconds = fields.number("seconds", Fields::kNotNegative);
  epoch.undone = fields.flag("undone");
  return epoch;
}

/// A line of a range test.
RangeTest::Step read_step(const Fields& fields) {
  return {fields.required_number("learning_rate", {1e-100, 1e100}),
          fields.required_number("loss", Fields::kAny),
          fields.number("smoothed_loss", Fields::kAny)};
}

/// `steps`: filled instead of the run's epochs where the log is of a range test.
Result<TrainingRun> read_run(std::string_view text, const std::string& file, RangeTest& range,
                             FirstError& error) {
  TrainingRun run;
  run.source = file;
  bool first = true;
  for (std::size_t number = 1, at = 0; at < text.size() && !error; ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string place = file + " line " + std::to_string(number);
    const JsonView value(line);
    if (!value.valid()) {
      return Error{place + " is not JSON, expected one object per line, as the log of signflip " +
                   "train has them"};
    }
    const Fields fields(value, place, error);
    if (first) {
      flatten(fields.members(), "", run.configuration);
      run.version = run.configured("signflip");
      first = false;
      continue;
    }
    if (run.configured("range_test") == "true") {
      range.steps.push_back(read_step(fields));
      const std::size_t count = range.steps.size();
      if (count > kMaximumSteps) fields.complain("step", "at most 1000000 steps");
      if (count > 1 && range.steps[count - 2].learning_rate >= range.steps.back().learning_rate &&
          !error) {
        fields.complain("learning_rate", "more than in the line before");
      }
      continue;
    }
    run.epochs.push_back(read_epoch(fields));
    const std::size_t count = run.epochs.size();
    if (count > kMaximumEpochs) fields.complain("epoch", "at most 100000 epochs");
    if (count > 1 && run.epochs[count - 2].epoch >= run.epochs.back().epoch) {
      fields.complain("epoch", "more than in the line before");
    }
  }
  if (error) return *error;
  return run;
}

/// What a file holds instead of what is expected, for an error.
std::string keys_of(const JsonView& value) {
  std::string keys;
  for (const auto& [name, member] : value.members()) {
    if (keys.size() > 60) return keys + ", …";
    keys += (keys.empty() ? "" : ", ") + name.substr(0, 60);
    // Names come unescaped and could move a terminal's cursor.
    for (char& c : keys) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
  }
  return keys.empty() ? "no members" : "the members " + keys;
}

}  // namespace

std::uint64_t AttackResult::images_of(std::size_t label) const {
  if (!class_counts.empty()) return class_counts[label];
  const auto& row = confusion[label];
  return std::accumulate(row.begin(), row.end(), std::uint64_t{0});
}

std::string_view AttackResult::parameter(std::string_view name) const {
  return value_of(parameters, name);
}

bool AttackResult::chose(std::string_view name) const {
  return std::ranges::find(automatic, name) != automatic.end();
}

std::string_view TrainingRun::configured(std::string_view name) const {
  return value_of(configuration, name);
}

Status read_input(std::string_view text, const std::string& file, ReportInput& input) {
  constexpr std::string_view kExpected =
      ", expected the results of signflip evaluate, attack or certify, or a log of "
      "signflip train";
  if (text.size() > kMaximumInputBytes) {
    return Error{file + " has " + std::to_string(text.size()) + " bytes" + std::string(kExpected)};
  }
  FirstError error;
  const JsonView whole(text);
  if (whole.is_object() && whole["results"].valid()) {
    auto measurement = read_measurement(Fields(whole, file, error), file, error);
    if (!measurement) return measurement.error();
    input.measurements.push_back(std::move(*measurement));
    return {};
  }
  const std::vector<JsonView> entries = whole.items();
  if (whole.is_array() && !entries.empty() && entries[0]["results"].valid()) {  // several models
    if (entries.size() > kMaximumResults)
      return Error{file + " is a list of more than 1000 results"};
    std::vector<Measurement> measurements;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string place = file + " entry " + std::to_string(i + 1);
      auto measurement = read_measurement(Fields(entries[i], place, error), file, error);
      if (!measurement) return measurement.error();
      measurements.push_back(std::move(*measurement));
    }
    std::ranges::move(measurements, std::back_inserter(input.measurements));
    return {};
  }
  // A log whose first epoch is still to come is one object, too.
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  const JsonView first = whole.valid() ? whole : JsonView(line);
  if (!first.is_object()) {
    const std::string malformed = json_error_place(text);
    return Error{file +
                 (first.valid()  ? " holds " + first.shown()
                  : line.empty() ? " is empty"
                                 : " is not JSON") +
                 std::string(kExpected) +
                 (line.empty() || malformed.empty() ? "" : " (" + malformed + ")")};
  }
  if (!first["method"].is_string() || !first["epochs"].valid()) {
    return Error{file + " has " + keys_of(first) + std::string(kExpected)};
  }
  RangeTest range{file, {}};
  auto run = read_run(text, file, range, error);
  if (!run) return run.error();
  if (run->configured("range_test") == "true") {
    input.range_tests.push_back(std::move(range));
    return {};
  }
  input.runs.push_back(std::move(*run));
  return {};
}

}  // namespace signflip::report
