#include "training_log.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/concat.h"
#include "data/file.h"
#include "nn/json_text.h"

namespace signflip::cli {

OrderedJson to_json(const EpochReport& report) {
  const auto optional = [](const std::optional<double>& value) {
    return value ? OrderedJson(*value) : OrderedJson(nullptr);
  };
  return {{"epoch", report.epoch},
          {"loss", report.loss},
          {"train_accuracy", report.train_accuracy},
          {"validation_accuracy", optional(report.validation_accuracy)},
          {"validation_robust_accuracy", optional(report.validation_robust_accuracy)},
          {"learning_rate", report.learning_rate},
          {"seconds", report.seconds},
          {"undone", report.undone}};
}

std::string to_line(const EpochReport& report, int epochs) {
  char text[192];
  std::snprintf(text, sizeof text, "epoch %*d/%d  loss %.4f  train %.2f%%",
                report.epoch < 100 ? 2 : 3, report.epoch, epochs, report.loss,
                100.0 * report.train_accuracy);
  std::string line = text;
  if (report.validation_accuracy) {
    std::snprintf(text, sizeof text, "  validation %.2f%%  robust %.2f%%",
                  100.0 * *report.validation_accuracy, 100.0 * *report.validation_robust_accuracy);
    line += text;
  }
  std::snprintf(text, sizeof text, "  %.1f s", report.seconds);
  line += text;
  if (report.undone) line += "  robust accuracy collapsed: back to the weights before this epoch";
  return line;
}

std::string unlearnt_warning(const EpochReport& report, const Dataset& data, Method method) {
  constexpr double kAlike = 0.02;  // about as often
  std::vector<std::size_t> images(static_cast<std::size_t>(data.classes));
  for (const int label : data.labels) ++images[static_cast<std::size_t>(label)];
  const double same_class =
      static_cast<double>(*std::ranges::max_element(images)) / static_cast<double>(data.count());
  const double accuracy = report.validation_accuracy.value_or(report.train_accuracy);
  // Where nearly all images are of one class there is little to be said; a denoiser gives none.
  if (accuracy > same_class + kAlike || same_class > 0.9 || method == Method::denoiser) return {};
  char text[192];
  std::snprintf(text, sizeof text,
                "warning: the network has learnt nothing: it is right on %.1f%% of the %s images, "
                "and the same answer for all would be on %.1f%%",
                100.0 * accuracy, report.validation_accuracy ? "validation" : "training",
                100.0 * same_class);
  const bool rises = method != Method::standard && method != Method::finetune;
  return concat(text, "; try a lower --learning-rate or more --epochs",
                rises ? ", or a smaller --epsilon, with --warm-up and --ramp" : "");
}

namespace {

/// The epoch that a line of a log is of; 0 where it is of none.
int epoch_of(const std::string& line) {
  if (json_depth(line) > kMaximumJsonDepth) return 0;
  const Json json = parse_json(line);
  if (!json.is_object() || !json.contains("epoch") || !json["epoch"].is_number_unsigned()) return 0;
  return static_cast<int>(std::min<std::uint64_t>(json["epoch"].get<std::uint64_t>(), 1000000));
}

}  // namespace

std::optional<LogState> read_log_state(const std::string& file) {
  std::error_code error;
  if (file.empty() || !std::filesystem::is_regular_file(file, error)) return {};
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  if (json_depth(line) > kMaximumJsonDepth) return {};
  OrderedJson first = OrderedJson::parse(line, nullptr, false);
  if (!first.is_object() || !first.contains("method") || !first.contains("epochs") ||
      !first["epochs"].is_number_unsigned()) {
    return {};
  }
  LogState state;
  state.epochs = static_cast<int>(first["epochs"].get<std::uint64_t>());
  while (std::getline(stream, line))
    state.epochs_done = std::max(state.epochs_done, epoch_of(line));
  first.erase("signflip");
  first.erase("command");
  first.erase("validation_images");
  first.erase("robust_validation_images");
  state.description = std::move(first);
  return state;
}

Log::Log(std::string file, std::string first_line) : file_(std::move(file)) {
  lines_.push_back(std::move(first_line));
}

Status Log::take_over(const OrderedJson& description, int epochs) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file_, error)) return {};
  const auto plain = [](const OrderedJson& json) { return parse_json(json_text(json)); };
  const auto state = read_log_state(file_);
  if (!state || plain(state->description) != plain(description)) {
    return Error{concat("--log is ", file_,
                        ", which is not the log of the run to resume: expected "
                        "that, or a new file")};
  }
  const auto lacks = [&](int epoch) {
    return concat(
        "--log is ", file_, ", which lacks epoch ", epoch, " of the ", epochs,
        " that the checkpoint has done: expected the log as it was written, or a new file");
  };
  std::ifstream stream(file_);
  std::string line;
  std::getline(stream, line);
  int last = 0;
  while (std::getline(stream, line)) {
    const int epoch = epoch_of(line);
    if (epoch < 1 || epoch > epochs) continue;
    if (last != 0 && epoch != last + 1) return Error{lacks(last + 1)};
    lines_.push_back(line);
    last = epoch;
  }
  if (last < epochs) return Error{lacks(last + 1)};
  return {};
}

void Log::append(const OrderedJson& line) { lines_.push_back(json_text(line)); }

Status Log::add(const OrderedJson& line) {
  append(line);
  return write();
}

Status Log::write() const {
  if (file_.empty()) return {};
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  return write_file_atomically(file_, text_bytes(text));
}

}  // namespace signflip::cli
