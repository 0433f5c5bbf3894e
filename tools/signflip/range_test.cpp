#include "range_test.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/concat.h"
#include "core/number.h"
#include "nn/json_text.h"
#include "option_values.h"
#include "train/schedule.h"
#include "training_log.h"

namespace signflip::cli {
namespace {

constexpr double kTopRate = 1.0;    // where --learning-rate does not say another
constexpr double kSmoothing = 0.9;  // of the losses' moving average
constexpr double kLost = 4.0;       // times the lowest smoothed loss: the rate is too high
constexpr std::size_t kShown = 20;  // lines of the table

struct Step {
  double rate, loss, smoothed;
};

/// The losses of single batches from the epoch's mean so far, and the rate of each.
class Recorder {
 public:
  explicit Recorder(const TrainingConfig& config) : config_(config) {}

  /// False where the loss says that higher rates are of no use.
  bool add(const TrainingProgress& at) {
    if (at.epoch != epoch_) {
      epoch_ = at.epoch;
      total_ = done_ = 0.0;
    }
    const auto done = static_cast<double>(at.images_done), images = static_cast<double>(at.images);
    const double total = at.loss * done, middle = 0.5 * (done_ + done) / images;
    const double progress = (at.epoch - 1 + middle) / config_.epochs;
    const double loss = (total - total_) / (done - done_);
    total_ = total;
    done_ = done;
    average_ = kSmoothing * average_ + (1.0 - kSmoothing) * loss;
    const double share = 1.0 - std::pow(kSmoothing, static_cast<double>(steps.size() + 1));
    steps.push_back({config_.learning_rate * learning_rate_factor(config_.schedule, progress), loss,
                     average_ / share});
    lowest_ = std::min(lowest_, steps.back().smoothed);
    return steps.back().smoothed <= kLost * lowest_;
  }

  std::vector<Step> steps;

 private:
  const TrainingConfig& config_;
  int epoch_ = 0;
  double total_ = 0.0, done_ = 0.0, average_ = 0.0, lowest_ = HUGE_VAL;
};

/// One significant digit.
double rounded(double rate) {
  const double power = std::pow(10.0, std::floor(std::log10(rate)));
  return std::round(rate / power) * power;
}

std::string table(const std::vector<Step>& steps) {
  std::string text = "learning rate      loss  smoothed\n";
  const std::size_t every = std::max<std::size_t>(1, (steps.size() + kShown - 1) / kShown);
  for (std::size_t i = 0; i < steps.size(); i += every) {
    char line[96];
    std::snprintf(line, sizeof line, "%13.3g %9.4f %9.4f\n", steps[i].rate, steps[i].loss,
                  steps[i].smoothed);
    text += line;
  }
  return text;
}

}  // namespace

Status prepare_range_test(TrainOptions& options) {
  if (!options.range_test) {
    return options.out.empty() ? Error{"--out is required: the model file to write"} : Status();
  }
  constexpr const char* kModel = "a run that writes a model: --range-test writes none";
  std::vector<Requirement> requirements;
  for (const char* option : {"--out", "--checkpoint", "--resume", "--restart", "--keep",
                             "--patience", "--weights", "--keep-batchnorm", "--schedule"}) {
    requirements.push_back({option, false, kModel});
  }
  const Status used = check_effects(options.command, requirements);
  if (!used) return used;
  options.schedule = "rising";
  if (!options.command.has("--epochs")) options.config.epochs = 1;
  if (!options.command.has("--learning-rate")) options.config.learning_rate = kTopRate;
  if (!options.command.has("--validation")) options.config.validation = 0;
  return {};
}

Status run_range_test(const TrainOptions& options, Trainer& trainer, const OrderedJson& log_head) {
  const TrainingConfig& config = trainer.config();
  // A file of options whose values are the usual ones does not count as giving them.
  say(concat("range test: learning rates up to ", config.learning_rate, " in ", config.epochs,
             config.epochs == 1 ? " epoch" : " epochs",
             "; give --learning-rate and --epochs on the command line to change that"));
  Recorder recorder(config);
  bool useful = true;
  while (useful && !trainer.finished()) {
    ProgressBar bar("range test", "images");
    const auto report = trainer.train_epoch([&](const TrainingProgress& at) {
      char note[32];
      std::snprintf(note, sizeof note, "loss %.4f", at.loss);
      bar.update(at.images_done, at.images, note);
      useful = recorder.add(at);
      return useful && !stop_requested();
    });
    if (stop_requested()) return Error{"stopped before the range test was done"};
    if (!report && trainer.diverged()) break;  // which is what was to be found out
    if (!report && !trainer.failure()) return trainer.failure();
  }
  const std::vector<Step>& steps = recorder.steps;
  constexpr std::size_t kFewest = 10;
  if (steps.size() < kFewest) {
    return Error{"the range test has " + std::to_string(steps.size()) +
                 " steps, expected 10 or more: give a smaller --batch-size, a smaller "
                 "--learning-rate or more --epochs"};
  }
  Log log(options.log, json_text(log_head));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    log.append({{"step", i + 1},
                {"learning_rate", steps[i].rate},
                {"loss", steps[i].loss},
                {"smoothed_loss", steps[i].smoothed}});
  }
  const Status logged = log.write();
  if (!logged) return logged;
  const auto lowest = std::ranges::min_element(steps, {}, &Step::smoothed);
  // Smith's and Howard's rule of thumb: a tenth of the rate with the lowest loss is on the slope.
  print_result(table(steps) + "lowest at " + number_text(rounded(lowest->rate)) +
                   "; a tenth of that is a good --learning-rate: " +
                   number_text(rounded(lowest->rate / 10.0)) + "\n",
               "");
  return {};
}

}  // namespace signflip::cli
