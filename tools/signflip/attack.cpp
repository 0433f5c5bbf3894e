// signflip attack: adversarial versions of given images.
#include <algorithm>

#include "attack_options.h"
#include "data/file.h"
#include "data/image.h"
#include "data/inputs.h"
#include "data/npy.h"
#include "evaluate/evaluate.h"
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

Status write_images(const std::string& file, const Tensor& images) {
  if (file.empty()) return {};
  if (!file.ends_with(".png")) return write_npy(file, images);
  if (images.count() != 1) {
    return Error{"--out is " + file + ", but a PNG holds one image, and there are " +
                 std::to_string(images.count()) + ": name an .npy file"};
  }
  const ImageShape shape = images.image_shape();
  Picture picture{shape.width, shape.height, shape.channels, {}};
  for (const float value : images.values()) {
    picture.pixels.push_back(static_cast<std::uint8_t>(value * 255.0F + 0.5F));
  }
  return write_file_atomically(file, encode_png(picture));
}

Status run(Options& options) {
  for (const auto& [option, file] : {std::pair{"--out", options.out}, {"--json", options.json}}) {
    const Status checked = check_output(option, file);
    if (!checked) return checked;
  }
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
  ThreadPool pool(options.threads);
  std::vector<int> labels, targets;
  if (!options.labels.empty()) {
    auto given = load_labels(options.labels, network.classes(), images->count());
    if (!given) return given.error();
    labels = std::move(*given);
  } else {  // what the model says now: the attack then tries to change the model's mind
    const auto pass = judge.new_pass(1);
    for (std::size_t n = 0; n < images->count(); ++n) {
      labels.push_back(argmax(pass->forward(images->image(n), 1)));
    }
  }
  if (!options.targets.empty()) {
    auto given = load_labels(options.targets, network.classes(), images->count());
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
  const Status written = write_images(options.out, outcome->adversarial);
  if (!written) return written;

  const EvaluationRow row = summarise(request, *outcome, labels, network.classes());
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION}};
  options.target.describe(json);
  json["dataset"] = {{"name", std::filesystem::path(options.images).filename().string()},
                     {"split", "custom"},
                     {"count", images->count()}};
  json["seed"] = options.seed;
  json["targeted"] = !targets.empty();
  json["results"] = OrderedJson::array({to_json(row)});
  json["images"] = OrderedJson::array();
  for (std::size_t n = 0; n < images->count(); ++n) {
    OrderedJson entry = {{"label", labels[n]},
                         {"predicted", outcome->predicted[n]},
                         {"predicted_8bit", outcome->predicted_8bit[n]},
                         {"success", outcome->success[n] != 0},
                         {"l0", outcome->l0[n]},
                         {"l2", outcome->l2[n]},
                         {"linf", outcome->linf[n]}};
    if (!targets.empty()) entry["target"] = targets[n];
    json["images"].push_back(entry);
  }
  std::string text = format_table(std::vector{row});
  if (images->count() == 1) {
    const auto& classes = network.architecture().classes;
    text += "\n" + classes[static_cast<std::size_t>(labels[0])] + " → " +
            classes[static_cast<std::size_t>(outcome->predicted[0])] + "\n";
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
      "    --attack mim --epsilon 0.2 --out adversarial.png");
  options->target.add_to(*command);
  command->add_option("--images", options->images, ".npy, IDX (.gz) or one picture")->required();
  command->add_option(
      "--labels", options->labels,
      "true labels, .npy or IDX (default: what the model says of the clean images)");
  command->add_option("--attack", options->attack, "one of " + attack_names())->required();
  command->add_flag("--targeted", options->targeted,
                    "aim at a class; without --targets the one after the label");
  command->add_option("--targets", options->targets, "classes to aim at, .npy or IDX");
  command->add_option("--seed", options->seed, "of the attack's random numbers")
      ->capture_default_str();
  command->add_option("--out", options->out, "adversarial images: .npy, or .png for one");
  add_json_option(*command, options->json);
  add_device_option(*command, options->device);
  add_threads_option(*command, options->threads);
  options->parameters.add_to(*command);
  command->callback([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
