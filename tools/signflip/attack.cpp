// signflip attack: adversarial versions of given images.
#include <algorithm>
#include <cmath>

#include "attack/written_image.h"
#include "attack_options.h"
#include "core/number.h"
#include "core/predictions.h"
#include "csv_output.h"
#include "data/file.h"
#include "data/image.h"
#include "data/npy.h"
#include "evaluate/evaluate.h"
#include "image_labels.h"
#include "image_options.h"
#include "option_values.h"
#include "outputs.h"
#include "sheet.h"
#include "target.h"

namespace signflip::cli {
namespace {

struct AttackCommandOptions {
  std::string labels, attack, targets, out, json, csv, sheet, device = "cpu";
  ImageOptions images;
  bool targeted = false;
  std::uint64_t seed = 0;
  Command command;
  int threads = 0;
  AttackOptions parameters;
  Target target;
};

bool is_picture(const std::string& file) { return has_ending(file, ".png"); }

/// A folder to write pictures to: one that is there, or a name that ends in a slash.
bool is_folder(const std::string& file) {
  std::error_code error;
  return file.ends_with('/') || std::filesystem::is_directory(file, error);
}

/// Whether what is written are pictures, and so what they are taken for as written.
bool writes_pictures(const std::string& out) { return is_picture(out) || is_folder(out); }

/// Image n as a picture file has it: in 8 bits, within the budget.
Picture written_picture(const AttackRequest& request, const Tensor& clean,
                        const Tensor& adversarial, std::size_t n) {
  const ImageShape shape = adversarial.image_shape();
  std::vector<float> rounded(shape.size());
  round_to_written(*request.attack, request.parameters, clean.image(n), adversarial.image(n),
                   rounded);
  Picture picture{shape.width, shape.height, shape.channels, {}};
  for (const float value : rounded) {
    picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(value * 255.0F)));
  }
  return picture;
}

/// File names for the images in a folder: those of their pictures, else numbers; no name twice.
std::vector<std::string> picture_names(const LoadedImages& loaded) {
  const bool named = loaded.pictures == loaded.names.size();
  std::vector<std::string> names;
  for (const std::string& name : loaded.names) {
    const std::string stem = named ? std::filesystem::path(name).stem().string()
                                   : "image-" + std::to_string(names.size());
    std::string free = stem + ".png";
    for (int i = 2; std::ranges::find(names, free) != names.end(); ++i) {
      free = stem + "-" + std::to_string(i) + ".png";
    }
    names.push_back(std::move(free));
  }
  return names;
}

/// An error where a picture to be written is one that was read.
Status check_pictures(const AttackCommandOptions& options, const LoadedImages& loaded) {
  std::vector<Output> outputs;
  for (const std::string& name : picture_names(loaded)) {
    outputs.push_back({"--out", (std::filesystem::path(options.out) / name).string(), {}, false});
  }
  return check_outputs(outputs, options.images.inputs({}));
}

Status write_images(const std::string& out, const AttackRequest& request,
                    const LoadedImages& loaded, const Tensor& adversarial) {
  if (out.empty()) return {};
  const auto write = [&](const std::string& file, std::size_t n) {
    const Picture picture = written_picture(request, loaded.images, adversarial, n);
    return write_file_atomically(file, encode_png(picture));
  };
  if (is_picture(out)) return write(out, 0);
  if (!is_folder(out)) return write_npy(out, adversarial);
  const std::vector<std::string> names = picture_names(loaded);
  for (std::size_t n = 0; n < names.size(); ++n) {
    const Status written = write((std::filesystem::path(out) / names[n]).string(), n);
    if (!written) return written;
  }
  return {};
}

std::string class_text(const std::vector<std::string>& names, int which) {
  return which == kNoClass ? "no class, since the model's answer is not a number"
                           : names[static_cast<std::size_t>(which)];
}

/// Draws the sheet of what was written, or would be as pictures.
Status write_sheet(const AttackCommandOptions& options, const AttackRequest& request,
                   const LoadedImages& loaded, const AttackOutcome& outcome,
                   const std::vector<int>& before) {
  const auto& classes = options.target.network().architecture().classes;
  std::vector<AttackSheetRow> rows;
  for (std::size_t n = 0; n < loaded.names.size(); ++n) {
    rows.push_back({.name = std::filesystem::path(loaded.names[n]).filename().string(),
                    .clean = to_picture(loaded.images, n),
                    .adversarial = written_picture(request, loaded.images, outcome.adversarial, n),
                    .before = class_text(classes, before[n]),
                    .after = class_text(classes, outcome.predicted_8bit[n]),
                    .linf = outcome.linf[n],
                    .l2 = outcome.l2[n]});
  }
  return write_file_atomically(options.sheet, encode_png(draw_attack_sheet(options.attack, rows)));
}

Status run(AttackCommandOptions& options) {
  const bool folder = is_folder(options.out);
  const Output outputs[] = {
      {.option = "--out",
       .file = folder ? "" : options.out,
       .endings = {".npy", ".png"},
       .strict = true},
      json_output(options.json),
      csv_output(options.csv),
      {.option = "--sheet", .file = options.sheet, .endings = {".png"}, .strict = true}};
  Status checked = check_outputs(outputs, options.images.inputs({{"--labels", options.labels},
                                                                 {"--targets", options.targets}}));
  if (checked && folder) checked = prepare_folder("--out", options.out);
  if (!checked) return checked;
  const auto attack = require_attack(options.attack);
  if (!attack) return attack.error();
  const Status used = options.parameters.check_all_used({*attack});
  if (!used) return used;
  AttackRequest request{*attack, {}, options.seed};
  auto parameters = options.parameters.parameters(**attack);
  if (!parameters) return parameters.error();
  request.parameters = std::move(*parameters);
  const Requirement requirements[] = {{"--seed", is_random(**attack, request.parameters),
                                       "an attack and parameters that draw random numbers"}};
  const Status effective = check_effects(options.command, requirements);
  if (!effective) return effective;

  const auto device = open_device(options.device);
  if (!device) return device.error();
  const Status loaded = options.target.load();
  if (!loaded) return loaded;
  const Sequential& network = options.target.network();
  const DifferentiableModel& judge = options.target.judge();
  const auto input = options.images.load(network);
  if (!input) return input.error();
  if (folder) checked = check_pictures(options, *input);
  if (!checked) return checked;
  const Tensor* const images = &input->images;
  if (is_picture(options.out) && images->count() != 1) {
    return Error{"--out is " + options.out + ", but a PNG holds one image, and there are " +
                 std::to_string(images->count()) +
                 ": name an .npy file, or a folder for one file each, adversarial/"};
  }
  ThreadPool pool(options.threads);
  std::vector<int> labels, targets;
  if (!options.labels.empty()) {
    auto given = labels_from("--labels", options.labels, network.classes(), images->count());
    if (!given) return given.error();
    labels = std::move(*given);
  } else {  // what the model says now, for the attack to change
    labels = classes_of(judge, *images, pool);
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
  const Status written = write_images(options.out, request, *input, outcome->adversarial);
  if (!written) return written;

  const bool compares = !targets.empty() || !options.sheet.empty();
  const std::vector<int> clean = compares ? classes_of(judge, *images, pool) : std::vector<int>();
  const std::vector<int> before = targets.empty() ? std::vector<int>() : clean;
  const EvaluationRow row =
      summarise(request, *outcome, labels, targets, before, network.classes());
  if (!options.sheet.empty()) {
    const Status drawn = write_sheet(options, request, *input, *outcome, clean);
    if (!drawn) return drawn;
  }
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION}};
  options.target.describe(json);
  json["dataset"] = {
      {"name", options.images.title()}, {"split", "custom"}, {"count", images->count()}};
  json["seed"] = options.seed;
  json["targeted"] = !targets.empty();
  json["results"] = OrderedJson::array({to_json(row, labels)});
  json["images"] = OrderedJson::array();
  for (std::size_t n = 0; n < images->count(); ++n) {
    const ImageFigures& image = row.images[n];
    OrderedJson entry = {{"image", input->names[n]},
                         {"label", labels[n]},
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
  constexpr std::size_t kFew = 20;
  if (images->count() == 1 || (input->pictures > 0 && images->count() <= kFew)) {
    const auto& classes = network.architecture().classes;
    text += "\n";
    for (std::size_t n = 0; n < images->count(); ++n) {
      // Of a picture that was written, what it is taken for as it was written.
      const ImageFigures& image = row.images[n];
      const int after = writes_pictures(options.out) ? image.predicted_8bit : image.predicted;
      if (images->count() > 1) text += shown_name(input->names[n]) + ": ";
      text += class_text(classes, labels[n]) + " → " + class_text(classes, after) + "\n";
    }
  }
  print_result(text, options.json);
  const Status said = write_json(options.json, json);
  if (!said) return said;
  return write_csv(options.csv, json);
}

}  // namespace

void add_attack(const Command& app, Context& context) {
  auto options = std::make_shared<AttackCommandOptions>();
  const Command command = app.add_command(
      "attack", "Make adversarial versions of images",
      "signflip attack --model models/mnist-standard.safetensors --images seven.png \\\n"
      "    --attack mim --epsilon 0.2 --out adversarial.png\n"
      "  signflip attack --model models/mnist-mixed.safetensors --images seven.png \\\n"
      "    --attack cw --targeted --out adversarial.npy --json attack.json\n"
      "  signflip attack --model models/mnist-standard.safetensors \\\n"
      "    --images seven.png seven.png --attack fgsm --out adversarial/ \\\n"
      "    --sheet sheet.png");
  options->command = command;
  options->target.add_to(command);
  options->images.add_to(command);
  command.add_option("--labels", options->labels,
                     "true labels, .npy or IDX, one class for all, 7, or one for each, 7,2 "
                     "(default: what the model says of the "
                     "clean images)");
  command.add_option("--attack", options->attack, "one of " + attack_names()).required();
  command.add_flag("--targeted", options->targeted,
                   "aim at a class; without --targets the one after the label");
  command.add_option("--targets", options->targets,
                     "classes to aim at, .npy or IDX, one for all, 3, or one for each, 3,8");
  command.add_option("--seed", options->seed, "of the attack's random numbers, where it draws any")
      .shows_default();
  command.add_option(
      "--out", options->out,
      "adversarial images: .npy, .png for a single one, or a folder, out/, for a PNG of each");
  command.add_option("--sheet", options->sheet,
                     "a PNG to look at: each image, its perturbation and the adversarial image, "
                     "with what the model takes them for");
  add_json_option(command, options->json);
  add_csv_option(command, options->csv);
  add_device_option(command, options->device);
  add_threads_option(command, options->threads);
  options->parameters.add_to(command, false);
  command.when_given([options, &context] { context.run = [options] { return run(*options); }; });
}

}  // namespace signflip::cli
