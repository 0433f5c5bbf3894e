// signflip predict: what a model says of images.
#include <algorithm>
#include <cstdio>
#include <numeric>

#include "command.h"
#include "core/batches.h"
#include "core/concat.h"
#include "core/exact/softmax.h"
#include "csv_output.h"
#include "data/npy.h"
#include "evaluate/report/tables_csv.h"
#include "image_options.h"
#include "outputs.h"

namespace signflip::cli {
namespace {

struct PredictOptions {
  std::string model, out, json, csv;
  ImageOptions images;
  int threads = 0;
};

/// N×K logits; independent of the number of threads.
std::vector<float> all_logits(const Sequential& network, const Tensor& images, int threads) {
  ThreadPool pool(threads);
  const std::size_t size = network.output_shape().size();
  std::vector<float> logits(images.count() * size);
  forward_batches(
      network, images, pool, [&](std::size_t first, std::size_t, std::span<const float> z) {
        std::ranges::copy(z, logits.begin() + static_cast<std::ptrdiff_t>(first * size));
      });
  return logits;
}

std::string probability_table(std::span<const float> probabilities,
                              const std::vector<std::string>& classes) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](std::size_t k) { return probabilities[k]; });
  std::string text = "probability  class\n";
  for (const std::size_t k : order) {
    char line[32];
    std::snprintf(line, sizeof line, "%10.4f%%  ", 100.0 * static_cast<double>(probabilities[k]));
    text += line + shown_name(classes[k]) + "\n";
  }
  return text;
}

/// A denoiser has images for answers, which --out takes, and nothing for the others.
Status check_denoiser_outputs(const PredictOptions& options) {
  for (const auto& [option, file] : {std::pair{"--json", &options.json}, {"--csv", &options.csv}}) {
    if (file->empty()) continue;
    return Error{concat(option, " was given, but ", options.model,
                        " is a denoiser, which has no classes to list: its images go to --out")};
  }
  if (options.out.empty()) {
    return Error{options.model + " is a denoiser: name a file for its images with --out"};
  }
  return {};
}

Status run(const PredictOptions& options) {
  const Output outputs[] = {
      {.option = "--out", .file = options.out, .endings = {".npy"}, .strict = true},
      json_output(options.json),
      csv_output(options.csv)};
  const Status checked =
      check_outputs(outputs, options.images.inputs({{"--model", options.model}}));
  if (!checked) return checked;
  const auto model = load_model_from(options.model);
  if (!model) return model.error();
  const Sequential& network = model->file.network;
  const ImageShape out = network.output_shape();
  const bool classifier = out.height == 1 && out.width == 1;
  if (!classifier) {
    const Status fits = check_denoiser_outputs(options);
    if (!fits) return fits;
  }
  const auto loaded = options.images.load(network);
  if (!loaded) return loaded.error();
  const Tensor* const images = &loaded->images;
  const std::vector<float> logits = all_logits(network, *images, options.threads);
  if (!options.out.empty()) {
    const auto side = [](int value) { return static_cast<std::size_t>(value); };
    std::vector<std::size_t> shape = {images->count(), out.size()};
    if (!classifier)
      shape = {images->count(), side(out.height), side(out.width), side(out.channels)};
    const Status written = write_npy(options.out, logits, shape);
    if (!written) return written;
  }
  if (!classifier) return {};
  std::vector<std::string> classes = network.architecture().classes;
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION},
                      {"model", describe(*model)},
                      {"images", OrderedJson::array()}};
  std::string text = "image  class  probability  name\n";
  std::vector<float> probabilities(classes.size());
  std::size_t without_class = 0;
  for (std::size_t n = 0; n < images->count(); ++n) {
    const auto z = std::span<const float>(logits).subspan(n * classes.size(), classes.size());
    softmax(z, std::span<float>(probabilities));
    const int largest = argmax(z);
    if (largest == kNoClass) {
      ++without_class;
      json["images"].push_back({{"image", loaded->names[n]},
                                {"label", kNoClass},
                                {"class", nullptr},
                                {"probabilities", nullptr}});
      text += concat(n, ": no class\n");
      continue;
    }
    const auto label = static_cast<std::size_t>(largest);
    json["images"].push_back({{"image", loaded->names[n]},
                              {"label", label},
                              {"class", classes[label]},
                              {"probabilities", probabilities}});
    char line[400];  // a double may have 309 digits, for all that the compiler knows
    std::snprintf(line, sizeof line, "%5zu  %5zu  %10.4f%%  ", n, label,
                  100.0 * static_cast<double>(probabilities[label]));
    text += line + shown_name(classes[label]);
    // Pictures are known by their files, images of arrays by their numbers.
    if (loaded->pictures > 0) text += "  " + shown_name(loaded->names[n]);
    text += "\n";
  }
  if (images->count() == 1) text = probability_table(probabilities, classes);
  if (without_class > 0) {
    if (images->count() == 1) text.clear();
    text += concat("the model has no class for ", without_class, " of ", images->count(),
                   " images: its logits are not numbers\n");
  }
  print_result(text, options.json);
  const Status written = write_json(options.json, json);
  if (!written || options.csv.empty()) return written;
  return write_csv_text(options.csv, report::predictions_csv(json, classes));
}

}  // namespace

void add_predict(const Command& app, Context& context) {
  auto options = std::make_shared<PredictOptions>();
  const Command command = app.add_command(
      "predict", "What a model says of images: classes, probabilities, logits",
      "signflip predict --model models/mnist-standard.safetensors --images seven.png\n"
      "  signflip predict --model models/mnist-standard.safetensors \\\n"
      "    --images seven.png --out logits.npy --json -");
  command.add_option("--model", options->model, "model file (.safetensors)").required();
  options->images.add_to(command);
  command.add_option("--out", options->out, "write the logits to this .npy file");
  add_json_option(command, options->json);
  add_csv_option(command, options->csv);
  add_threads_option(command, options->threads);
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
