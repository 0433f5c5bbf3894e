#include "evaluate/report/tables_csv.h"

#include "core/number.h"
#include "evaluate/interval.h"
#include "evaluate/report/format.h"
#include "evaluate/report/subjects.h"

namespace signflip::report {
namespace {

/// Lines of cells; quotes a cell where it must be.
class Csv {
 public:
  Csv() = default;
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

/// `seed`: the row's own, where it has one.
void add_subject(Csv& csv, const Measurement& file, std::optional<std::uint64_t> seed = {}) {
  const auto name = [](const std::optional<ModelReference>& model) {
    return model ? file_name(model->file) : std::string();
  };
  csv.add(file.source).add(file_name(file.model.file)).add(name(file.denoiser));
  csv.add(file.transform).add(name(file.from));
  csv.add(file.dataset).add(file.split).add(file.images.count);
  csv.add(seed ? seed : file.seed);
}

}  // namespace

std::string results_csv(const ReportInput& input) {
  Csv csv{"file",
          "model",
          "denoiser",
          "transform",
          "from",
          "dataset",
          "split",
          "images",
          "seed",
          "gray_box",
          "transform_gradient",
          "targeted",
          "attack",
          "norm",
          "epsilon",
          "accuracy",
          "accuracy_low",
          "accuracy_high",
          "accuracy_8bit",
          "loss",
          "success_rate",
          "mean_l0",
          "mean_l2",
          "mean_linf",
          "max_linf",
          "gradients",
          "queries",
          "seconds",
          "without_class",
          "parameters",
          "model_sha256"};
  for (const Measurement& file : input.measurements) {
    for (const AttackResult& result : file.results) {
      std::string parameters;
      for (const auto& [name, value] : result.parameters) {
        parameters += (parameters.empty() ? "" : "; ") + name + "=" + value;
      }
      add_subject(csv, file, result.seed);
      csv.add(std::string(file.gray_box ? "true" : "false"));
      csv.add(file.transform_gradient);
      csv.add(std::string(file.targeted ? "true" : "false"));
      csv.add(result.attack).add(result.norm).add(result.epsilon);
      csv.add(std::optional(result.accuracy)).interval(result.accuracy, file.images.count);
      csv.add(result.accuracy_8bit).add(result.loss).add(result.success_rate);
      csv.add(result.mean_l0).add(result.mean_l2).add(result.mean_linf).add(result.max_linf);
      csv.add(result.gradients).add(result.queries).add(result.seconds);
      csv.add(result.without_class).add(parameters).add(file.model.sha256).end();
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
          "seconds",      "model_sha256"};
  for (const Measurement& file : input.measurements) {
    for (const Certificate& proof : file.certificates) {
      add_subject(csv, file);
      csv.add(proof.method).add(proof.norm).add(std::optional(proof.epsilon)).add(proof.accuracy);
      csv.add(std::optional(proof.verified_accuracy))
          .interval(proof.verified_accuracy, file.images.count);
      csv.add(proof.mean_radius).add(proof.median_radius).add(proof.seconds);
      csv.add(file.model.sha256).end();
    }
  }
  return csv.text();
}

std::string predictions_csv(const OrderedJson& predictions,
                            const std::vector<std::string>& classes) {
  Csv csv;
  csv.add(std::string("image")).add(std::string("label")).add(std::string("class"));
  for (const std::string& name : classes) csv.add("probability of " + name);
  csv.end();
  for (const OrderedJson& image : predictions["images"]) {
    csv.add(image["image"].get<std::string>());
    if (image["class"].is_null()) {
      csv.add("").add("");
    } else {
      csv.add(std::to_string(image["label"].get<std::size_t>()));
      csv.add(image["class"].get<std::string>());
    }
    for (std::size_t k = 0; k < classes.size(); ++k) {
      const bool known = !image["probabilities"].is_null();
      csv.add(known ? std::optional(image["probabilities"][k].get<double>()) : std::nullopt);
    }
    csv.end();
  }
  return csv.text();
}

std::string classes_csv(const ReportInput& input) {
  Csv csv{"file",   "model",    "denoiser",     "transform",     "from",        "dataset", "split",
          "images", "seed",     "attack",       "norm",          "epsilon",     "class",   "name",
          "count",  "accuracy", "accuracy_low", "accuracy_high", "model_sha256"};
  for (const Measurement& file : input.measurements) {
    for (const AttackResult& result : file.results) {
      const auto names = class_names_of(file, result.confusion.size());
      for (std::size_t k = 0; k < result.confusion.size(); ++k) {
        const std::uint64_t count = result.images_of(k);
        std::optional<double> accuracy;
        if (count > 0) {
          accuracy = static_cast<double>(result.confusion[k][k]) / static_cast<double>(count);
        }
        add_subject(csv, file, result.seed);
        csv.add(result.attack).add(result.norm).add(result.epsilon).add(std::to_string(k));
        csv.add(names[k]).add(std::to_string(count)).add(accuracy);
        csv.interval(accuracy, accuracy ? std::optional(count) : std::nullopt);
        csv.add(file.model.sha256).end();
      }
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
