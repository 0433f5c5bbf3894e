// signflip attack: adversarial versions of given images.
#include <algorithm>

#include "attack/written_image.h"
#include "attack_options.h"
#include "core/number.h"
#include "data/file.h"
#include "data/image.h"
#include "data/inputs.h"
#include "data/npy.h"
#include "evaluate/evaluate.h"
#include "outputs.h"
#include "target.h"

namespace signflip::cli {
namespace {

struct Options {
  std::string images, labels, attack, targets, out, json, device = "cpu";
  bool targeted = false;
  std::uint64_t seed = 0;
  int threads = 0;
  AttackOptions parameters;
  Target target;
};

bool is_picture(const std::string& file) { return has_ending(file, ".png"); }

Status write_images(const std::string& file, const AttackRequest& request, const Tensor& clean,
                    const Tensor& adversarial) {
  if (file.empty()) return {};
  if (!is_picture(file)) return write_npy(file, adversarial);
  std::vector<float> rounded(adversarial.size());
  round_to_written(*request.attack, request.parameters, clean.image(0), adversarial.image(0),
                   rounded);
  const ImageShape shape = adversarial.image_shape();
  Picture picture{shape.width, shape.height, shape.channels, {}};
  for (const float value : rounded) {
    picture.pixels.push_back(static_cast<std::uint8_t>(value * 255.0F + 0.5F));
  }
  return write_file_atomically(file, encode_png(picture));
}

/// The classes that the model sees in the images.
std::vector<int> classes_of(const DifferentiableModel& model, const Tensor& images) {
  std::vector<int> classes;
  const auto pass = model.new_pass(1);
  for (std::size_t n = 0; n < images.count(); ++n) {
    classes.push_back(argmax(pass->forward(images.image(n), 1)));
  }
  return classes;
}

/// Labels from a file, or where `text` is a whole number that class for every image.
Result<std::vector<int>> labels_from(const std::string& option, const std::string& text,
                                     int classes, std::size_t count) {
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) return load_labels(text, classes, count);
  const auto value = parse_decimal(text);
  if (!value || *value >= classes) {
    return Error{option + " is " + text + ", expected a class from 0 to " +
                 std::to_string(classes - 1) + ", or a file"};
  }
  return std::vector<int>(count, static_cast<int>(*value));
}

std::string class_text(const std::vector<std::string>& names, int which) {
  return which == kNoClass ? "no class, since the model's answer is not a number"
                           : names[static_cast<std::size_t>(which)];
}

Status run(Options& options) {
  const Output outputs[] = {
      {.option = "--out", .file = options.out, .endings = {".npy", ".png"}, .strict = true},
      json_output(options.json)};
  const Input inputs[] = {
      {"--images", options.images}, {"--labels", options.labels}, {"--targets", options.targets}};
  const Status checked = check_outputs(outputs, inputs);
  if (!checked) return checked;
  const auto attack = require_attack(options.attack);
  if (!attack) return attack.error();
  const Status used = options.parameters.check_all_used({*attack});
  if (!used) return used;
  AttackRequest request{*attack, {}, options.seed};
  auto parameters = options.parameters.parameters(**attack);
  if (!parameters) return parameters.error();
  request.parameters = std::move(*parameters);

  const auto device = open_device(options.device);
  if (!device) return device.error();
  const Status loaded = options.target.load();
  if (!loaded) return loaded;
  const Sequential& network = options.target.network();
  const DifferentiableModel& judge = options.target.judge();
  const auto images = load_images(options.images, network.input_shape());
  if (!images) return images.error();
  if (is_picture(options.out) && images->count() != 1) {
    return Error{"--out is " + options.out + ", but a PNG holds one image, and there are " +
                 std::to_string(images->count()) + ": name an .npy file"};
  }
  ThreadPool pool(options.threads);
  std::vector<int> labels, targets;
  if (!options.labels.empty()) {
    auto given = labels_from("--labels", options.labels, network.classes(), images->count());
    if (!given) return given.error();
    labels = std::move(*given);
  } else {  // what the model says now, for the attack to change
    labels = classes_of(judge, *images);
  }
  if (!options.targets.empty()) {
    auto given = labels_from("--targets", options.targets, network.classes(), images->count());
    if (!given) return given.error();
    targets = std::move(*given);
  } else if (options.targeted) {
    for (const int label : labels) targets.push_back((label + 1) % network.classes());
  }

  ProgressBar bar(options.attack, "images", static_cast<double>(kProgressPerImage));
  const auto outcome = run_attack_with(device->get(), options.target.seen(), judge, request,
                                       *images, labels, targets, pool, bar.callback());
  bar.finish();
  if (!outcome) return outcome.error();
  const Status written = write_images(options.out, request, *images, outcome->adversarial);
  if (!written) return written;

  const std::vector<int> before = targets.empty() ? std::vector<int>() : classes_of(judge, *images);
  const EvaluationRow row =
      summarise(request, *outcome, labels, targets, before, network.classes());
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION}};
  options.target.describe(json);
  json["dataset"] = {{"name", std::filesystem::path(options.images).filename().string()},
                     {"split", "custom"},
                     {"count", images->count()}};
  json["seed"] = options.seed;
  json["targeted"] = !targets.empty();
  json["results"] = OrderedJson::array({to_json(row, labels)});
  json["images"] = OrderedJson::array();
  for (std::size_t n = 0; n < images->count(); ++n) {
    const ImageFigures& image = row.images[n];
    OrderedJson entry = {{"label", labels[n]},
                         {"predicted", image.predicted},
                         {"predicted_8bit", image.predicted_8bit},
                         {"success", image.success},
                         {"l0", image.l0},
                         {"l2", image.l2},
                         {"linf", image.linf}};
    if (!targets.empty()) entry["target"] = targets[n];
    json["images"].push_back(entry);
  }
  std::string text = format_table(std::vector{row});
  if (images->count() == 1) {
    const auto& classes = network.architecture().classes;
    // Of a picture that was written, what it is taken for as it was written.
    const ImageFigures& image = row.images[0];
    text += "\n" + class_text(classes, labels[0]) + " → " +
            class_text(classes, is_picture(options.out) ? image.predicted_8bit : image.predicted) +
            "\n";
  }
  print_result(text, options.json);
  return write_json(options.json, json);
}

}  // namespace

void add_attack(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = add_command(
      app, "attack", "Make adversarial versions of images",
      "signflip attack --model models/mnist-standard.safetensors --images seven.png \\\n"
      "    --attack mim --epsilon 0.2 --out adversarial.png\n"
      "  signflip attack --model models/mnist-mixed.safetensors --images seven.png \\\n"
      "    --attack cw --targeted --out adversarial.npy --json attack.json");
  options->target.add_to(*command);
  command->add_option("--images", options->images, ".npy, IDX (.gz) or one picture")->required();
  command->add_option(
      "--labels", options->labels,
      "true labels, .npy or IDX, or one class for all, 7 (default: what the model says of the "
      "clean images)");
  command->add_option("--attack", options->attack, "one of " + attack_names())->required();
  command->add_flag("--targeted", options->targeted,
                    "aim at a class; without --targets the one after the label");
  command->add_option("--targets", options->targets,
                      "classes to aim at, .npy or IDX, or one for all, 3");
  command->add_option("--seed", options->seed, "of the attack's random numbers")
      ->capture_default_str();
  command->add_option("--out", options->out, "adversarial images: .npy, or .png for a single one");
  add_json_option(*command, options->json);
  add_device_option(*command, options->device);
  add_threads_option(*command, options->threads);
  options->parameters.add_to(*command, false);
  command->callback([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
