#include "command.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "backend/ops.h"
#include "core/concat.h"
#include "core/number.h"
#include "core/visible_text.h"
#include "data/class_names.h"
#include "data/file.h"
#include "data/sample.h"
#include "dataset_hint.h"
#include "help.h"
#include "nn/foreign_format.h"
#include "nn/safetensors.h"

namespace signflip::cli {
namespace {

volatile std::sig_atomic_t stop = 0;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Columns of the terminal on stderr; 80 where it does not say.
std::size_t terminal_width() {
  winsize size{};
  constexpr std::size_t kUsual = 80, kLeast = 10;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return std::max<std::size_t>(size.ws_col, kLeast);
}

std::string duration(double seconds) {
  char text[32];
  const auto whole = std::lround(seconds);
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
  } else if (whole >= 60) {
    std::snprintf(text, sizeof text, "%ld min %02ld s", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld s", whole);
  }
  return text;
}

}  // namespace

namespace {

void add_kernels_option(const Command& command) {
  const auto choose = [](const std::string& name) -> Status {
    if (name == "auto") return {};
    // What backend/cpu looks for when it chooses, once, at the first product.
    ::setenv("SIGNFLIP_KERNELS", name.c_str(), 1);
    if (name == cpu_ops().name) return {};
    return Error{"--kernels is " + name + ", which this processor does not run; " +
                 "expected auto, generic or " + cpu_ops().name};
  };
  command
      .add_text_option(
          "--kernels", choose,
          "instruction set: auto (the fastest), generic, avx2 or avx512; results differ in their "
          "last bits, and generic's are the page's")
      .type_name("TEXT")
      .one_of({"auto", "generic", "avx2", "avx512"})
      .default_text("auto");
}

}  // namespace

void add_threads_option(const Command& command, int& threads) {
  command.add_option("--threads", threads, "threads to use; 0: all (results never depend on it)")
      .between(0, 1024)
      .shows_default();
  add_kernels_option(command);
}

void add_device_option(const Command& command, std::string& device) {
  command.add_option("--device", device, "what computes").one_of({"cpu", "cuda"}).shows_default();
}

Result<std::unique_ptr<device::Device>> open_device(const std::string& name) {
  if (name == "cpu") return std::unique_ptr<device::Device>();
  auto device = device::find_cuda_device();
  if (!device) return Error{"--device is " + name + ", but " + device.error().message};
  say("on " + (*device)->name());
  return device;
}

void add_json_option(const Command& command, std::string& json) {
  command.add_option("--json", json, "write machine-readable results to this file; - is stdout");
}

Result<std::vector<std::uint8_t>> read_model_file(const std::string& path) {
  return read_file(path, [&](std::span<const std::uint8_t> beginning) -> Result<std::size_t> {
    auto size = safetensors_size(beginning, path);
    // Eight bytes of length, then JSON: a model file, whatever the length's bytes look like.
    const bool header = beginning.size() > 8 && beginning[8] == '{';
    const std::string_view foreign = size || header ? "" : foreign_format(beginning);
    if (foreign.empty()) return size;
    return Error{path + " is no model file (.safetensors) but " + std::string(foreign)};
  });
}

void say_removed(const std::string& path, const Architecture& architecture) {
  if (architecture.removed.empty()) return;
  say(path + ": " + architecture.removed + " at the end was taken off: attacks take logits");
}

Result<LoadedModel> load_model_from(const std::string& path) {
  const auto bytes = read_model_file(path);
  if (!bytes) return bytes.error();
  auto model = load_model(*bytes, path);
  if (!model) return model.error();
  say_removed(path, model->network.architecture());
  return LoadedModel{std::move(*model), path, sha256_hex(*bytes)};
}

OrderedJson describe_images(const Dataset& dataset, const std::string& split, std::size_t limit,
                            std::uint64_t seed) {
  OrderedJson json = {{"name", dataset.name}, {"split", split}, {"count", dataset.count()}};
  if (limit > 0 && dataset.count() == limit) json["sample_seed"] = seed;
  return json;
}

OrderedJson describe(const LoadedModel& model) {
  return {{"file", std::filesystem::path(model.path).filename().string()},
          {"sha256", model.sha256},
          {"parameters", model.file.network.parameters().size()}};
}

Result<Dataset> load_dataset_for(const std::string& name, const std::string& data, Split split,
                                 std::size_t limit, std::uint64_t seed,
                                 const std::optional<PictureSize>& pictures) {
  const auto folder = find_dataset_folder(name, data);
  if (!folder) return Error{folder.error().message + dataset_hint(data)};
  auto dataset = load_dataset(name, *folder, split, pictures);
  if (dataset && !dataset->remark.empty()) say(dataset->remark);
  if (dataset && dataset->undivided) {
    say(concat(name, " is not divided into training and test images: all ", dataset->count(),
               " are taken as the ", split == Split::train ? "training" : "test", " split"));
  }
  if (!dataset || limit == 0) return dataset;
  keep_images(*dataset, stratified_sample(dataset->labels, limit, seed));
  return dataset;
}

Status check_suits(const std::string& whose, const Sequential& network, const Dataset& dataset) {
  const auto described = [](ImageShape shape, int classes) {
    return concat(to_string(shape), " in ", classes, classes == 1 ? " class" : " classes");
  };
  if (dataset.image != network.input_shape() || dataset.classes != network.classes()) {
    const auto& classes = network.architecture().classes;
    const auto missing = std::ranges::find_if(classes, [&](const std::string& name) {
      return std::ranges::find(dataset.class_names, name) == dataset.class_names.end();
    });
    const bool fewer = dataset.classes < network.classes() && missing != classes.end();
    return Error{concat(whose, " takes images of ",
                        described(network.input_shape(), network.classes()), ", but ", dataset.name,
                        " has ", described(dataset.image, dataset.classes),
                        fewer ? concat("; none is called \"", *missing, "\"") : "")};
  }
  const auto& classes = network.architecture().classes;
  const Status same = check_same_classes(whose, classes, dataset);
  if (!same) return same;
  const std::string remark = matched_by_position(whose, classes, dataset);
  if (!remark.empty()) say(remark);
  return {};
}

PictureSize picture_size(ImageShape shape) {
  return {.height = shape.height, .width = shape.width, .channels = shape.channels};
}

void add_limit_option(const Command& command, std::size_t& limit) {
  command
      .add_option("--limit", limit,
                  "use so many of the images, of each class its share, drawn by --seed; 0: all")
      .shows_default();
}

Status write_json(const std::string& file, const OrderedJson& json) {
  if (file.empty()) return {};
  if (file == "-") {
    // A terminal may be looking: what is not ASCII is written as \u escapes, which JSON allows.
    std::cout << json.dump(2, ' ', true, Json::error_handler_t::replace) << "\n" << std::flush;
    return {};
  }
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return write_file_atomically(file, text_bytes(text));
}

void print_result(const std::string& text, const std::string& json_file) {
  if (json_file != "-") std::cout << visible_text(text, "\n") << std::flush;
}

void say(const std::string& text) { std::cerr << visible_text(text) << "\n"; }

std::string shown_name(const std::string& name) { return shortened(name, 80); }

Option add_fraction_option(const Command& command, const std::string& name, double& value,
                           const std::string& help) {
  const auto read = [&value, name](const std::string& text) -> Status {
    const auto number = parse_number(text);
    if (!number) {
      return Error{name + " is '" + text + "', expected a number such as 0.3 or 8/255"};
    }
    value = *number;
    return {};
  };
  return command.add_text_option(name, read, help)
      .type_name("NUMBER")
      .default_text(number_text(value));
}

bool stop_requested() { return stop != 0; }

void listen_for_stop() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

ProgressBar::ProgressBar(const std::string& label, std::string unit, double scale)
    : label_(shown_name(label)),
      unit_(std::move(unit)),
      scale_(scale),
      start_(now()),
      terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() { finish(); }

void ProgressBar::update(std::size_t done, std::size_t total, const std::string& note) {
  if (finished_) return;
  const double time = now(), elapsed = time - start_;
  const bool last = done >= total;
  finished_ = last;
  const double pause = terminal_ ? 0.1 : 10.0;
  if (!last && (last_drawn_ < 0.0 ? elapsed : time - last_drawn_) < pause) return;
  if (last && !terminal_ && last_drawn_ < 0.0 && elapsed < pause) return;  // too quick to mention
  last_drawn_ = time;
  const double fraction = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 1.0;
  const double units = static_cast<double>(done) / scale_;
  char text[96];
  const double rate = elapsed > 0.0 ? units / elapsed : 0.0;
  std::snprintf(text, sizeof text, rate < 10.0 ? " %3.0f%%  %.2g %s/s" : " %3.0f%%  %.0f %s/s",
                100.0 * fraction, rate, unit_.c_str());
  std::string figures = text;
  if (!last && fraction > 0.0) figures += ", " + duration(elapsed / fraction - elapsed) + " left";
  if (last) figures += ", " + duration(elapsed);
  const std::string line = fitted(fraction, figures, note.empty() ? "" : "  " + shown_name(note));
  std::cerr << (terminal_ ? "\r\033[K" : "") << line << (terminal_ ? "" : "\n") << std::flush;
  open_ = terminal_;
}

std::string ProgressBar::fitted(double fraction, const std::string& figures,
                                const std::string& note) const {
  if (!terminal_) return label_ + figures + note;
  constexpr std::size_t kBar = 24, kLeastBar = 4, kFrame = 3;
  const std::size_t width = terminal_width() - 1;  // the last column makes some terminals wrap
  std::string end = figures + note;
  std::size_t used = columns(label_ + end) + kFrame;
  if (used + kLeastBar > width) {
    end = figures;
    used = columns(label_ + end) + kFrame;
  }
  if (used + kLeastBar > width) {  // no room for a bar
    const std::size_t room = width > columns(end) ? width - columns(end) : 0;
    return columns(label_) <= room ? label_ + end : end.substr(0, width);
  }
  const std::size_t bar = std::min(kBar, width - used);
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(bar));
  std::string line = label_ + " [";
  for (std::size_t i = 0; i < bar; ++i) line += i < full ? "█" : "·";
  return line + "]" + end;
}

Progress ProgressBar::callback() {
  return [this](std::size_t done, std::size_t total) {
    update(done, total);
    return !stop_requested();
  };
}

void ProgressBar::finish() {
  if (open_) std::cerr << "\r\033[K" << std::flush;
  open_ = false;
}

}  // namespace signflip::cli
