#include "training_log.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

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
  while (std::getline(stream, line)) ++state.epochs_done;
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

void Log::take_over(int epochs) {
  std::ifstream stream(file_);
  std::string line;
  std::getline(stream, line);
  for (int e = 0; e < epochs && std::getline(stream, line); ++e) lines_.push_back(line);
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
  return write_file_atomically(file_,
                               {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace signflip::cli
