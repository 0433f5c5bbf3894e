#include "train_options.h"

#include <sstream>

#include "attack/catalog.h"
#include "core/number.h"
#include "help.h"
#include "nn/architecture_json.h"
#include "option_values.h"

namespace signflip::cli {
namespace {

/// An error where an option was given that this method or optimiser does not use.
Status check_used(const TrainOptions& options) {
  const auto is = [&](Method method) { return options.config.method == method; };
  const bool adversarial = !is(Method::standard);
  const bool rises = adversarial && !is(Method::finetune);  // which attacks once, at epsilon
  const bool validated = options.config.validation > 0;
  const Requirement requirements[] = {
      {"--epsilon", adversarial || validated, "a --method that attacks, or with --validation"},
      {"--validation-epsilon", validated, "--validation above 0"},
      {"--keep", validated, "--validation above 0"},
      {"--patience", validated, "--validation above 0"},
      {"--whole-pixels", options.config.augmentation.shift > 0, "--shift"},
      {"--steps", adversarial, "a --method that attacks"},
      {"--warm-up", rises, "a --method that attacks batch by batch"},
      {"--ramp", rises, "a --method that attacks batch by batch"},
      {"--beta", is(Method::trades), "--method trades"},
      {"--kappa", is(Method::ibp), "--method ibp"},
      {"--guidance", is(Method::denoiser), "--method denoiser"},
      {"--classifier", is(Method::denoiser), "--method denoiser"},
      {"--label-smoothing", !is(Method::denoiser), "a --method that trains a classifier"},
      {"--finetune-epochs", is(Method::finetune), "--method finetune"},
      {"--momentum", options.config.optimiser.kind == OptimiserKind::sgd, "--optimiser sgd"},
      {"--architecture", options.init.empty(), "an untrained model: --init brings its own"},
      {"--no-normalise", options.init.empty() && !is(Method::denoiser),
       "a classifier that begins untrained"},
  };
  return check_effects(options.command, requirements);
}

std::string architectures_help() {
  std::string text = "Architectures, for images of any size:\n";
  for (const ArchitectureSummary& summary : architecture_summaries()) {
    text += help_row(std::string(summary.name), std::string(summary.text));
  }
  return text;
}

}  // namespace

Result<std::optional<PictureSize>> picture_size_from(const std::string& text) {
  if (text.empty()) return std::optional<PictureSize>();
  constexpr int kMostSide = 1024;
  std::vector<int> sides;
  std::istringstream parts(text);
  bool fits = text.find_first_not_of("0123456789x") == std::string::npos && !text.ends_with('x');
  for (std::string part; fits && std::getline(parts, part, 'x');) {
    const auto side = parse_decimal(part);
    fits = side && *side >= 1 && *side <= kMostSide;
    if (fits) sides.push_back(static_cast<int>(*side));
  }
  fits = fits && !sides.empty() && sides.size() <= 3 &&
         (sides.size() < 3 || sides[2] == 1 || sides[2] == 3);
  if (!fits) {
    return Error{"--size is " + text +
                 ", expected 32, 32x48 (height, width) or 28x28x1 (with 1 or 3 channels), sides "
                 "up to 1024"};
  }
  return std::optional(PictureSize{.height = sides[0],
                                   .width = sides.size() > 1 ? sides[1] : sides[0],
                                   .channels = sides.size() > 2 ? sides[2] : 0,
                                   .demanded = true});
}

Status check(TrainOptions& options) {
  const auto method = method_from_name(options.method);
  const auto optimiser = optimiser_from_name(options.optimiser);
  const auto schedule = schedule_from_name(options.schedule);
  if (!method) return method.error();
  if (!optimiser) return optimiser.error();
  if (!schedule) return schedule.error();
  options.config.method = *method;
  options.config.optimiser.kind = *optimiser;
  options.config.schedule = *schedule;
  for (const Status& status : {check_used(options), check(options.config)}) {
    if (!status) return status;
  }
  return {};
}

Status check_steps(const TrainOptions& options, const TrainingConfig& config) {
  const AttackEntry* const entry = find_attack(config.attack);
  const bool several = config.method == Method::trades ||
                       (entry != nullptr && Parameters(entry->parameters).has("steps"));
  const Requirement requirement{"--steps", several, "an --attack that takes several"};
  return check_effects(options.command, std::span(&requirement, 1));
}

Command add_train_command(const Command& app, TrainOptions& options) {
  TrainingConfig& config = options.config;
  const Command command = app.add_command(
      "train", "Train a model, normally or adversarially",
      "signflip train --dataset mnist --method mixed --epsilon 0.25 --epochs 15 \\\n"
      "    --out mixed.safetensors --log mixed.jsonl\n"
      "  signflip train --dataset mnist --architecture lenet --method pgd \\\n"
      "    --epsilon 0.3 --epochs 5 --out robust.safetensors --resume");
  options.command = command;
  command.begin_footer(architectures_help());
  command.add_option("--dataset", options.dataset, "mnist, gtsrb or another name").required();
  command.add_option("--data", options.data,
                     "its folder (default: $SIGNFLIP_DATA/NAME, then ./data/NAME)");
  command.add_option("--out", options.out, "model file to write; required, but for --range-test");
  const auto add = [&](const char* name, auto& value, const std::string& help) {
    return command.add_option(name, value, help).shows_default();
  };
  add("--architecture", options.architecture,
      "a name of those below, or a FILE.json with {\"layers\":[…]}");
  add("--method", options.method, std::string(method_names()));
  command.add_option(
      "--attack", config.attack,
      "what adversarial methods craft with (default: mixed, finetune, denoiser fgsm; "
      "pgd pgd; fast rs-fgsm, or n-fgsm; ibp none)");
  add_fraction_option(command, "--epsilon", config.epsilon,
                      "L∞ radius of that attack, pixels in [0,1]: 0.3 or 8/255");
  add_fraction_option(command, "--validation-epsilon", config.validation_epsilon,
                      "radius of the robust validation; 0: epsilon");
  add("--steps", config.steps, "the attack's steps, where it takes several");
  add("--warm-up", config.warm_up, "epochs with epsilon 0");
  add("--ramp", config.ramp, "epochs after these in which epsilon rises to its value");
  add("--beta", config.beta, "trades: weight of the divergence");
  add("--kappa", config.kappa, "ibp: the clean loss's share in the end");
  add("--guidance", config.guidance, "denoiser: weight of the classifier's loss");
  command.add_option("--classifier", options.classifier,
                     "denoiser: the model that it is trained for");
  add("--finetune-epochs", config.finetune_epochs,
      "finetune: how many epochs, the last, learn from the attacked training set");
  command.add_option("--init", options.init, "model file to go on from; its architecture, too");
  add("--epochs", config.epochs, "passes over the training images");
  add("--batch-size", config.batch_size, "images per step, clean and attacked together");
  add("--learning-rate", config.learning_rate, "the highest of the schedule");
  add("--optimiser,--optimizer", options.optimiser, "sgd, adam or adamw");
  add("--momentum", config.optimiser.momentum, "of sgd");
  add("--weight-decay", config.optimiser.weight_decay, "L2; decoupled with adamw");
  add("--schedule", options.schedule, "constant, step, cyclic, cosine or rising");
  add("--clip", config.clip, "largest L2 norm of one step's gradient; 0: any");
  add("--label-smoothing", config.label_smoothing, "0: off");
  add("--average", config.average, "decay per step of the weights' moving average; 0: off");
  add("--balance", config.balance, "0: classes as often as they come, 1: all equally often");
  add("--validation", config.validation, "fraction of the images held out; GTSRB: whole tracks");
  add("--shift", config.augmentation.shift, "augmentation: shift by up to this fraction");
  command.add_flag("--whole-pixels", config.augmentation.whole_pixels,
                   "shift by whole pixels only");
  add("--scale", config.augmentation.scale, "augmentation: relative size");
  add("--rotation", config.augmentation.rotation, "augmentation: degrees");
  add("--brightness", config.augmentation.brightness,
      "augmentation: factor from 1/(1+this) to 1+this");
  add("--contrast", config.augmentation.contrast, "augmentation: relative to the mean");
  command.add_flag("--flip", config.augmentation.flip,
                   "augmentation: mirror every second image, left for right; not for digits");
  add("--cutout", config.augmentation.cutout,
      "augmentation: a square hole of this fraction of the side, filled with the image's mean; 0: "
      "none");
  command.add_flag("--no-normalise", options.no_normalise,
                   "feed pixels in [0,1] as they are, not standardised");
  add("--keep", options.keep,
      "whose weights the model gets: those of the last epoch, or of that with the best validation "
      "(robust validation where the method attacks)")
      .one_of({"last", "best"});
  add("--patience", options.patience,
      "end the run after so many epochs without a better validation; 0: never")
      .between(0, 100000);
  command.add_flag(
      "--range-test", options.range_test,
      "train at rising learning rates, from 1e-5 of --learning-rate (here 1 by default) "
      "up, and print the losses, to choose one by; writes no model");
  add("--seed", config.seed, "of weights, order, augmentation, dropout and attacks");
  add_limit_option(command, options.limit);
  command.add_option("--size", options.size,
                     "resize a dataset's pictures to 32 (a square), 32x48 (height, width) or "
                     "28x28x1 (with channels); default: as the architecture's file or --init takes "
                     "them, else as they are known or alike");
  command.add_option("--name", options.name,
                     "name in the model file (default: the architecture's)");
  command.add_option("--log", options.log, "write one line of JSON per epoch");
  command.add_option(
      "--checkpoint", options.checkpoint,
      "keep the state of the run here (default: OUT.checkpoint, removed at the end)");
  command.add_flag("--resume", options.resume, "continue from the checkpoint, if there is one");
  command.add_flag("--restart", options.restart,
                   "begin anew where the checkpoint or log of an unfinished run lies");
  add("--weights", options.weights, "precision of the model file").one_of({"f32", "f16", "i8"});
  command.add_flag("--keep-batchnorm", options.keep_batchnorm,
                   "do not fold batch norm into the convolutions");
  add_device_option(command, options.device);
  add_threads_option(command, options.threads);
  return command;
}

}  // namespace signflip::cli
