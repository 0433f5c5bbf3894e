#include "evaluate/report/tables_csv.h"

#include "core/number.h"
#include "evaluate/interval.h"
#include "evaluate/report/format.h"

namespace signflip::report {
namespace {

/// Lines of cells; quotes a cell where it must be.
class Csv {
 public:
  explicit Csv(std::initializer_list<const char*> header) {
    for (const char* const name : header) add(std::string(name));
    end();
  }

  Csv& add(const std::string& cell) {
    if (!first_) text_ += ',';
    first_ = false;
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      text_ += cell;
      return *this;
    }
    text_ += '"';
    for (const char c : cell) text_ += c == '"' ? std::string("\"\"") : std::string(1, c);
    text_ += '"';
    return *this;
  }
  Csv& add(const std::optional<double>& value) { return add(value ? number_text(*value) : ""); }
  Csv& add(const std::optional<std::uint64_t>& value) {
    return add(value ? std::to_string(*value) : "");
  }
  Csv& interval(const std::optional<double>& fraction, const std::optional<std::uint64_t>& count) {
    if (!fraction || !count) return add("").add("");
    const auto [low, high] = confidence_interval(*fraction, static_cast<std::size_t>(*count));
    return add(number_text(low)).add(number_text(high));
  }
  void end() {
    text_ += "\r\n";
    first_ = true;
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool first_ = true;
};

void add_subject(Csv& csv, const Measurement& file) {
  const auto name = [](const std::optional<ModelReference>& model) {
    return model ? file_name(model->file) : std::string();
  };
  csv.add(file.source).add(file_name(file.model.file)).add(name(file.denoiser));
  csv.add(file.transform).add(name(file.from));
  csv.add(file.dataset).add(file.split).add(file.count).add(file.seed);
}

}  // namespace

std::string results_csv(const ReportInput& input) {
  Csv csv{"file",      "model",        "denoiser", "transform",    "from",          "dataset",
          "split",     "images",       "seed",     "gray_box",     "targeted",      "attack",
          "norm",      "epsilon",      "accuracy", "accuracy_low", "accuracy_high", "accuracy_8bit",
          "loss",      "success_rate", "mean_l0",  "mean_l2",      "mean_linf",     "max_linf",
          "gradients", "queries",      "seconds",  "parameters"};
  for (const Measurement& file : input.measurements) {
    for (const AttackResult& result : file.results) {
      std::string parameters;
      for (const auto& [name, value] : result.parameters) {
        parameters += (parameters.empty() ? "" : "; ") + name + "=" + value;
      }
      add_subject(csv, file);
      csv.add(std::string(file.gray_box ? "true" : "false"));
      csv.add(std::string(file.targeted ? "true" : "false"));
      csv.add(result.attack).add(result.norm).add(result.epsilon);
      csv.add(std::optional(result.accuracy)).interval(result.accuracy, file.count);
      csv.add(result.accuracy_8bit).add(result.loss).add(result.success_rate);
      csv.add(result.mean_l0).add(result.mean_l2).add(result.mean_linf).add(result.max_linf);
      csv.add(result.gradients).add(result.queries).add(result.seconds).add(parameters).end();
    }
  }
  return csv.text();
}

std::string certificates_csv(const ReportInput& input) {
  Csv csv{"file",         "model",
          "denoiser",     "transform",
          "from",         "dataset",
          "split",        "images",
          "seed",         "method",
          "norm",         "epsilon",
          "accuracy",     "verified_accuracy",
          "verified_low", "verified_high",
          "mean_radius",  "median_radius",
          "seconds"};
  for (const Measurement& file : input.measurements) {
    for (const Certificate& proof : file.certificates) {
      add_subject(csv, file);
      csv.add(proof.method).add(proof.norm).add(std::optional(proof.epsilon)).add(proof.accuracy);
      csv.add(std::optional(proof.verified_accuracy)).interval(proof.verified_accuracy, file.count);
      csv.add(proof.mean_radius).add(proof.median_radius).add(proof.seconds).end();
    }
  }
  return csv.text();
}

std::string training_csv(const ReportInput& input) {
  Csv csv{"file",
          "epoch",
          "loss",
          "train_accuracy",
          "validation_accuracy",
          "validation_robust_accuracy",
          "learning_rate",
          "seconds",
          "undone"};
  for (const TrainingRun& run : input.runs) {
    for (const Epoch& epoch : run.epochs) {
      csv.add(run.source).add(std::optional(epoch.epoch)).add(epoch.loss);
      csv.add(epoch.train_accuracy).add(epoch.validation_accuracy);
      csv.add(epoch.validation_robust_accuracy).add(epoch.learning_rate).add(epoch.seconds);
      csv.add(std::string(epoch.undone ? "true" : "false")).end();
    }
  }
  return csv.text();
}

}  // namespace signflip::report
