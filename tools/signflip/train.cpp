// signflip train: from a dataset and an architecture to a model file, with a log, checkpoints and
// resume.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "command.h"
#include "data/file.h"
#include "nn/architecture_json.h"
#include "option_values.h"
#include "train/checkpoint.h"
#include "train/device_batches.h"
#include "train/trainer.h"

namespace signflip::cli {
namespace {

struct Options {
  std::string dataset, data, architecture = "s", method = "standard", optimiser = "adam";
  std::string schedule = "cosine", out, log, checkpoint, device = "cpu", weights = "f32", name;
  std::string init, classifier;
  bool resume = false, no_normalise = false, keep_batchnorm = false;
  std::size_t limit = 0;
  int threads = 0;
  TrainingConfig config;
  const CLI::App* command = nullptr;  ///< says which options were given
};

/// An error where an option was given that this method or optimiser does not use.
Status check_used(const Options& options) {
  const auto is = [&](Method method) { return options.config.method == method; };
  const bool adversarial = !is(Method::standard);
  const Requirement requirements[] = {
      {"--steps", adversarial, "a --method that attacks"},
      {"--warm-up", adversarial, "a --method that attacks"},
      {"--ramp", adversarial, "a --method that attacks"},
      {"--beta", is(Method::trades), "--method trades"},
      {"--kappa", is(Method::ibp), "--method ibp"},
      {"--guidance", is(Method::denoiser), "--method denoiser"},
      {"--classifier", is(Method::denoiser), "--method denoiser"},
      {"--finetune-epochs", is(Method::finetune), "--method finetune"},
      {"--momentum", options.config.optimiser.kind == OptimiserKind::sgd, "--optimiser sgd"},
      {"--architecture", options.init.empty(), "an untrained model: --init brings its own"},
  };
  return check_effects(*options.command, requirements);
}

/// Mean and deviation of each channel over the training images, to four digits.
void set_normalisation(const Dataset& data, Architecture& architecture) {
  const auto channels = static_cast<std::size_t>(data.image.channels);
  std::vector<double> sum(channels), squares(channels);
  for (std::size_t i = 0; i < data.pixels.size(); ++i) {
    const double pixel = data.pixels[i] / 255.0;
    sum[i % channels] += pixel;
    squares[i % channels] += pixel * pixel;
  }
  const double count = static_cast<double>(data.pixels.size() / channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = sum[c] / count;
    const double deviation = std::sqrt(std::max(squares[c] / count - mean * mean, 0.0));
    const auto digits = [](double value) {
      return static_cast<float>(std::round(value * 1e4) / 1e4);
    };
    architecture.mean.push_back(digits(mean));
    architecture.deviation.push_back(std::max(digits(deviation), 1e-3F));
  }
}

/// The weights that --init names, to go on from.
Result<Sequential> take_over(const Options& options, const Dataset& data) {
  auto model = load_model_from(options.init);
  if (!model) return Error{"--init: " + model.error().message};
  if (options.name.empty()) return std::move(model->file.network);
  Architecture architecture = model->file.network.architecture();
  architecture.name = options.name;
  if (!architecture.classes.empty()) architecture.classes = data.class_names;
  auto network = Sequential::create(std::move(architecture));
  if (!network) return network.error();
  std::ranges::copy(model->file.network.parameters(), network->parameters().begin());
  std::ranges::copy(model->file.network.statistics(), network->statistics().begin());
  network->prepare();
  return network;
}

Result<Sequential> make_network(const Options& options, const Dataset& data) {
  if (!options.init.empty()) return take_over(options, data);
  Architecture architecture;
  if (options.architecture.ends_with(".json")) {
    const auto bytes = read_file(options.architecture);
    if (!bytes) return bytes.error();
    auto read = architecture_from_json(
        JsonView({reinterpret_cast<const char*>(bytes->data()), bytes->size()}));
    if (!read) return Error{options.architecture + ": " + read.error().message};
    architecture = std::move(*read);
    if (architecture.input == ImageShape{}) architecture.input = data.image;
  } else {
    auto known = named_architecture(options.architecture, data.image, data.classes);
    if (!known) return Error{"--architecture: " + known.error().message};
    architecture = std::move(*known);
  }
  if (options.config.method != Method::denoiser) {
    architecture.classes = data.class_names;
    if (architecture.mean.empty() && !options.no_normalise) set_normalisation(data, architecture);
  }
  if (!options.name.empty()) architecture.name = options.name;
  auto network = Sequential::create(std::move(architecture));
  if (!network)
    return Error{"--architecture " + options.architecture + ": " + network.error().message};
  if (options.config.method == Method::ibp) {
    network->initialise_for_intervals(options.config.seed);
  } else {
    network->initialise(options.config.seed);
  }
  return network;
}

/// The first line of the log, and the provenance in the model's metadata.
OrderedJson describe_run(const Options& options, const Trainer& trainer,
                         const std::string& command) {
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION},
                      {"command", command},
                      {"dataset", options.dataset},
                      {"images", trainer.data().count()}};
  for (const auto& file : trainer.data().files) json["md5"][file.name] = file.md5;
  json["architecture"] = options.architecture;
  if (options.device != "cpu") json["device"] = options.device;
  json["parameters"] = trainer.network().parameters().size();
  json["multiply_adds"] = trainer.network().multiply_adds();
  json["robust_validation"] =
      (trainer.config().method == Method::denoiser ? "gray-box " + trainer.config().attack
       : trainer.config().method == Method::ibp    ? std::string("verified by interval bounds")
                                                   : std::string("pgd, 10 steps")) +
      ", epsilon " + OrderedJson(trainer.config().robust_epsilon()).dump();
  if (!options.init.empty()) json["init"] = options.init;
  if (!options.classifier.empty()) json["classifier"] = options.classifier;
  const OrderedJson config = to_json(trainer.config());
  json.update(config);
  return json;
}

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

/// The run's log: one JSON object per line, the configuration first. Kept whole in memory and
/// rewritten atomically, so that a resumed run drops the epochs after its checkpoint.
class Log {
 public:
  Log(std::string file, std::string first_line) : file_(std::move(file)) {
    lines_.push_back(std::move(first_line));
  }

  /// Takes over the first `epochs` epochs of the file from an earlier run.
  void take_over(int epochs) {
    std::ifstream stream(file_);
    std::string line;
    std::getline(stream, line);
    for (int e = 0; e < epochs && std::getline(stream, line); ++e) lines_.push_back(line);
  }

  Status add(const OrderedJson& line) {
    lines_.push_back(line.dump());
    return write();
  }

  Status write() const {
    if (file_.empty()) return {};
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return write_file_atomically(file_,
                                 {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

 private:
  std::string file_;
  std::vector<std::string> lines_;
};

Status run_epochs(Trainer& trainer, Log& log, const std::string& checkpoint) {
  while (!trainer.finished()) {
    ProgressBar bar("epoch " + std::to_string(trainer.epochs_done() + 1), "images");
    const auto report = trainer.train_epoch([&](const TrainingProgress& p) {
      char note[32];
      std::snprintf(note, sizeof note, "loss %.4f", p.loss);
      bar.update(p.images_done, p.images, note);
      return !stop_requested();
    });
    bar.finish();
    if (!report && !trainer.failure()) return trainer.failure();
    if (!report) {
      return Error{trainer.epochs_done() == 0
                       ? std::string("stopped before the first epoch was done; nothing was written")
                       : "stopped; --resume continues after epoch " +
                             std::to_string(trainer.epochs_done()) + " from " + checkpoint};
    }
    say(to_line(*report, trainer.config().epochs));
    const Status logged = log.add(to_json(*report));
    if (!logged) return logged;
    const Status saved = save_checkpoint(checkpoint, trainer);
    if (!saved) return saved;
  }
  return {};
}

Status run(Options& options, const std::string& command) {
  const auto device = open_device(options.device);
  if (!device) return device.error();
  const std::string checkpoint =
      options.checkpoint.empty() ? options.out + ".checkpoint" : options.checkpoint;
  for (const auto& [option, file] :
       {std::pair{"--out", options.out}, {"--log", options.log}, {"--checkpoint", checkpoint}}) {
    const Status checked = check_output(option, file);
    if (!checked) return checked;
  }
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

  const auto data = load_dataset_for(options.dataset, options.data, Split::train, options.limit);
  if (!data) return data.error();
  auto network = make_network(options, *data);
  if (!network) return network.error();
  std::optional<LoadedModel> classifier;
  if (!options.classifier.empty()) {
    auto model = load_model_from(options.classifier);
    if (!model) return Error{"--classifier: " + model.error().message};
    classifier.emplace(std::move(*model));
  }
  ThreadPool pool(options.threads);
  auto trainer =
      Trainer::create(options.config, std::move(*network), *data, pool,
                      classifier ? &classifier->file.network : nullptr,
                      *device ? batches_on(**device) : MakeBatchRunner(make_cpu_batches));
  if (!trainer) return trainer.error();
  OrderedJson description = describe_run(options, *trainer, command);
  Log log(options.log, description.dump());
  std::error_code error;
  if (options.resume && std::filesystem::exists(checkpoint, error)) {
    const Status resumed = resume(checkpoint, *trainer);
    if (!resumed) return resumed;
    log.take_over(trainer->epochs_done());
    say("resuming after epoch " + std::to_string(trainer->epochs_done()));
  } else if (options.resume) {
    say("no checkpoint " + checkpoint + " yet: starting from the beginning");
  }
  const Status started = log.write();
  if (!started) return started;
  const Status trained = run_epochs(*trainer, log, checkpoint);
  const bool saves = trained || (trainer->diverged() && trainer->epochs_done() > 0);
  if (!saves) return trained;

  const Sequential result = trainer->result();
  SaveOptions save;
  save.weights = *weight_type_from_name(options.weights);
  if (!trained) description["diverged_after"] = trainer->epochs_done();
  save.metadata["signflip.training"] = description.dump();
  const auto bytes = format_model(options.keep_batchnorm ? result : fold_batchnorm(result), save);
  // Weights may be beyond what F16 holds: better no file than one that nothing can read.
  const auto loadable = load_model(bytes, options.out);
  if (!loadable) return Error{"the model cannot be stored: " + loadable.error().message};
  const Status written = write_file_atomically(options.out, bytes);
  if (!written) return written;
  if (!trained) {
    return Error{trained.error().message + "; " + options.out +
                 " holds the model as it was after " + "epoch " +
                 std::to_string(trainer->epochs_done())};
  }
  if (options.checkpoint.empty()) std::filesystem::remove(checkpoint, error);
  print_result("wrote " + options.out + "\n", "");
  return {};
}

}  // namespace

void add_train(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  TrainingConfig& config = options->config;
  CLI::App& command =
      *add_command(app, "train", "Train a model, normally or adversarially",
                   "signflip train --dataset mnist --method mixed --epsilon 0.25 --epochs 15 \\\n"
                   "    --out mixed.safetensors --log mixed.jsonl");
  options->command = &command;
  command.add_option("--dataset", options->dataset, "mnist, gtsrb or another name")->required();
  command.add_option("--data", options->data,
                     "its folder (default: $SIGNFLIP_DATA/NAME, then ./data/NAME)");
  command.add_option("--out", options->out, "model file to write")->required();
  const auto add = [&](const char* name, auto& value, const std::string& help) {
    return command.add_option(name, value, help)->capture_default_str();
  };
  add("--architecture", options->architecture,
      architecture_names() + ", or a FILE.json with a list of layers");
  add("--method", options->method, std::string(method_names()));
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
  command.add_option("--classifier", options->classifier,
                     "denoiser: the model that it is trained for");
  add("--finetune-epochs", config.finetune_epochs,
      "finetune: how many epochs, the last, learn from the attacked training set");
  command.add_option("--init", options->init, "model file to go on from; its architecture, too");
  add("--epochs", config.epochs, "passes over the training images");
  add("--batch-size", config.batch_size, "images per step, clean and attacked together");
  add("--learning-rate", config.learning_rate, "the highest of the schedule");
  add("--optimiser,--optimizer", options->optimiser, "sgd, adam or adamw");
  add("--momentum", config.optimiser.momentum, "of sgd");
  add("--weight-decay", config.optimiser.weight_decay, "L2; decoupled with adamw");
  add("--schedule", options->schedule, "constant, step, cyclic or cosine");
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
  command.add_flag("--no-normalise", options->no_normalise,
                   "feed pixels in [0,1] as they are, not standardised");
  add("--seed", config.seed, "of weights, order, augmentation, dropout and attacks");
  add("--limit", options->limit, "use the first N images; 0: all");
  command.add_option("--name", options->name,
                     "name in the model file (default: the architecture's)");
  command.add_option("--log", options->log, "write one line of JSON per epoch");
  command.add_option(
      "--checkpoint", options->checkpoint,
      "keep the state of the run here (default: OUT.checkpoint, removed at the end)");
  command.add_flag("--resume", options->resume, "continue from the checkpoint, if there is one");
  add("--weights", options->weights, "precision of the model file")
      ->check(CLI::IsMember({"f32", "f16", "i8"}));
  command.add_flag("--keep-batchnorm", options->keep_batchnorm,
                   "do not fold batch norm into the convolutions");
  add_device_option(command, options->device);
  add_threads_option(command, options->threads);
  command.callback([options, &context] {
    context.run = [options, &context] { return run(*options, context.command_line); };
  });
}

}  // namespace signflip::cli
