// signflip train: from a dataset and an architecture to a model file, with a log, checkpoints and
// resume.
#include <algorithm>
#include <cstdio>

#include "command.h"
#include "core/concat.h"
#include "data/file.h"
#include "nn/architecture_json.h"
#include "nn/fold_batchnorm.h"
#include "nn/json_text.h"
#include "outputs.h"
#include "range_test.h"
#include "run_lock.h"
#include "train/checkpoint.h"
#include "train/device_batches.h"
#include "train/trainer.h"
#include "train/validation.h"
#include "train_network.h"
#include "train_options.h"
#include "training_log.h"

namespace signflip::cli {
namespace {

using Options = TrainOptions;

/// What the result depends on: the provenance in the model's metadata. The same for the same seed,
/// whatever the threads, folders and interruptions.
OrderedJson describe_run(const Options& options, const Trainer& trainer,
                         const OrderedJson& references) {
  OrderedJson json = {{"dataset", options.dataset}, {"images", trainer.data().count()}};
  if (options.limit > 0) json["limit"] = options.limit;
  for (const auto& file : trainer.data().files) json["md5"][file.name] = file.md5;
  if (options.init.empty()) {
    json["architecture"] = std::filesystem::path(options.architecture).filename().string();
  }
  if (options.device != "cpu") json["device"] = options.device;
  json["parameters"] = trainer.network().parameters().size();
  json["multiply_adds"] = trainer.network().multiply_adds();
  json["robust_validation"] =
      (trainer.config().method == Method::denoiser ? "gray-box " + trainer.config().attack
       : trainer.config().method == Method::ibp    ? std::string("verified by interval bounds")
                                                   : std::string("pgd, 10 steps")) +
      ", epsilon " + OrderedJson(trainer.config().robust_epsilon()).dump();
  json.update(references);
  const OrderedJson config = to_json(trainer.config());
  json.update(config);
  json["weights"] = options.weights;
  if (options.keep_batchnorm) json["keep_batchnorm"] = true;
  if (options.keep != "last") json["keep"] = options.keep;
  if (options.patience > 0) json["patience"] = options.patience;
  return json;
}

/// The first line of the log: that, and how it came about.
OrderedJson log_head(const OrderedJson& description, const Trainer& trainer,
                     const std::string& command) {
  OrderedJson json = {{"signflip", SIGNFLIP_VERSION}, {"command", command}};
  json.update(description);
  // How many images validation accuracies are of: what their intervals follow from.
  const auto held_out =
      split_validation(trainer.data(), trainer.config().validation, trainer.config().seed)
          .validation;
  json["validation_images"] = held_out.size();
  json["robust_validation_images"] = robust_validation_images(held_out).size();
  return json;
}

constexpr const char* kBestEpoch = "best_epoch";

/// Whether `file` is a model that a run of this description wrote.
bool is_result(const std::string& file, const OrderedJson& description) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return false;
  const auto model = load_model_from(file);
  if (!model) return false;
  const auto found = model->file.metadata.find("signflip.training");
  if (found == model->file.metadata.end()) return false;
  Json said = parse_json(found->second);
  if (said.is_object()) said.erase(kBestEpoch);  // what came of it
  return said == parse_json(json_text(description));
}

bool exists(const std::string& file) {
  std::error_code error;
  return !file.empty() && std::filesystem::exists(file, error);
}

/// An error where starting would lose an unfinished run.
Status check_unfinished(const Options& options, const std::string& checkpoint) {
  constexpr const char* kWays = ": --resume goes on with it, --restart begins anew";
  if (options.resume && options.restart) {
    return Error{"--resume and --restart were both given, expected one of them"};
  }
  if (options.resume || options.restart) return {};
  const auto done = [](int epochs_done, int epochs) {
    return " (" + std::to_string(epochs_done) + " of " + std::to_string(epochs) + " epochs)";
  };
  if (exists(checkpoint)) {
    const auto state = read_checkpoint_state(checkpoint);
    if (!state) return Error{state.error().message + "; --restart begins anew"};
    if (state->epochs_done < state->epochs) {
      return Error{checkpoint + " is the checkpoint of an unfinished run" +
                   done(state->epochs_done, state->epochs) + kWays};
    }
  }
  const auto log = read_log_state(options.log);
  // A run that --patience ended has its model.
  if (log && log->unfinished() && !is_result(options.out, log->description)) {
    return Error{options.log + " is the log of an unfinished run" +
                 done(log->epochs_done, log->epochs) + kWays};
  }
  return {};
}

/// Whether nothing is left to train: all epochs are done, or --patience has ended.
bool is_over(const Options& options, const Trainer& trainer, const BestEpoch& best) {
  const bool impatient = options.patience > 0 && best.epoch > 0 &&
                         trainer.epochs_done() - best.epoch >= options.patience;
  return trainer.finished() || impatient;
}

/// Takes over the weights of an epoch that was better than all before.
void note_best(const Trainer& trainer, const EpochReport& report, BestEpoch& best) {
  const bool robust = trainer.config().method != Method::standard;
  const auto score = robust ? report.validation_robust_accuracy : report.validation_accuracy;
  if (!score || report.undone || *score <= best.score) return;
  const Sequential network = trainer.result();
  best = {.epoch = report.epoch,
          .score = *score,
          .parameters = {network.parameters().begin(), network.parameters().end()},
          .statistics = {network.statistics().begin(), network.statistics().end()}};
}

/// The network to ship.
Sequential result_of(const Options& options, const Trainer& trainer, const BestEpoch& best) {
  Sequential network = trainer.result();
  if (options.keep != "best" || best.epoch == 0) return network;
  std::ranges::copy(best.parameters, network.parameters().begin());
  std::ranges::copy(best.statistics, network.statistics().begin());
  network.prepare();
  return network;
}

/// A trained network as its file holds it.
Sequential as_written(const Options& options, const Sequential& network) {
  return options.keep_batchnorm ? network : fold_batchnorm(network);
}

/// An error where a finished model is of another network than this run's, which the provenance
/// names by a file alone.
Status check_same_network(const Options& options, const Trainer& trainer) {
  const auto model = load_model_from(options.out);
  if (!model) return model.error();
  const Sequential network = as_written(options, trainer.result());
  const auto said = [](const Sequential& one) {
    return json_text(architecture_to_json(one.architecture()));
  };
  if (said(model->file.network) == said(network)) return {};
  return Error{options.out +
               " is the result of such a run with another network (its name, layers or " +
               "normalisation differ): --restart trains this one, --out names another file"};
}

/// Where a run begins.
enum class Beginning { anew, resumed, finished };

/// Takes up what an interrupted run left, where that is asked for.
Result<Beginning> begin(const Options& options, const std::string& checkpoint,
                        const OrderedJson& description, Trainer& trainer, BestEpoch& best) {
  if (!options.resume) return Beginning::anew;
  const bool there = exists(checkpoint);
  if (there) {
    const Status resumed = resume(checkpoint, trainer, description, &best);
    if (!resumed) return resumed.error();
  }
  if ((!there || is_over(options, trainer, best)) && is_result(options.out, description)) {
    const Status same = check_same_network(options, trainer);
    if (!same) return same.error();
    return Beginning::finished;
  }
  if (there) {
    say("resuming after epoch " + std::to_string(trainer.epochs_done()));
    return Beginning::resumed;
  }
  const auto log = read_log_state(options.log);
  if (log && log->unfinished() && !is_result(options.out, log->description)) {
    return Error{options.log + " is the log of an unfinished run, but there is no checkpoint " +
                 checkpoint + " to go on from: --restart begins anew"};
  }
  say("no checkpoint " + checkpoint + " yet: starting from the beginning");
  return Beginning::anew;
}

Status run_epochs(const Options& options, Trainer& trainer, Log& log, const std::string& checkpoint,
                  const OrderedJson& description, BestEpoch& best) {
  const bool watches = options.keep == "best" || options.patience > 0;
  std::optional<EpochReport> last;
  while (!is_over(options, trainer, best)) {
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
    if (watches) note_best(trainer, *report, best);
    last = *report;
    const Status saved = save_checkpoint(checkpoint, trainer, description, best);
    if (!saved) return saved;
  }
  const std::string warning =
      last ? unlearnt_warning(*last, trainer.data(), trainer.config().method) : "";
  if (!warning.empty()) say(warning);
  if (!trainer.finished()) {
    say("no better validation for " + std::to_string(options.patience) +
        " epochs: the best was epoch " + std::to_string(best.epoch));
  }
  return {};
}

Status check_files(const Options& options, const std::string& checkpoint) {
  const Output outputs[] = {
      {.option = "--out", .file = options.out, .endings = {".safetensors"}, .strict = true},
      {.option = "--log", .file = options.log, .endings = {".jsonl"}, .strict = false},
      {.option = "--checkpoint",
       .file = checkpoint,
       .endings = {".checkpoint", ".safetensors"},
       .strict = false}};
  const Input inputs[] = {{"--init", options.init}, {"--classifier", options.classifier}};
  return check_outputs(outputs, inputs);
}

Status run(Options& options, const std::string& command) {
  const auto device = open_device(options.device);
  if (!device) return device.error();
  const Status prepared = prepare_range_test(options);
  if (!prepared) return prepared;
  const std::string checkpoint = options.range_test           ? ""
                                 : options.checkpoint.empty() ? options.out + ".checkpoint"
                                                              : options.checkpoint;
  const Status files = check_files(options, checkpoint);
  if (!files) return files;
  const Status used = check(options);
  if (!used) return used;

  std::optional<RunLock> lock;
  if (options.range_test) {
    const auto log = read_log_state(options.log);
    if (log && log->unfinished()) {
      return Error{"--log is " + options.log + ", the log of a run that is not finished: name " +
                   "another file"};
    }
  } else {
    auto taken = RunLock::take(checkpoint);
    if (!taken) return taken.error();
    lock.emplace(std::move(*taken));
    const Status free = check_unfinished(options, checkpoint);
    if (!free) return free;
  }

  const auto size = wished_size(options);
  if (!size) return size.error();
  const auto data = load_dataset_for(options.dataset, options.data, Split::train, options.limit,
                                     options.config.seed, *size);
  if (!data) return data.error();
  if (data->classes < 2 && options.config.method != Method::denoiser) {
    return Error{concat(options.dataset, " has one class, expected at least two to tell apart")};
  }
  OrderedJson references = OrderedJson::object();
  auto network = make_network(options, *data, references);
  if (!network) return network.error();
  std::optional<LoadedModel> classifier;
  if (!options.classifier.empty()) {
    auto model = load_model_from(options.classifier);
    if (!model) return Error{"--classifier: " + model.error().message};
    const Status suits = check_suits("--classifier", model->file.network, *data);
    if (!suits) return suits;
    refer(references, "classifier", *model);
    classifier.emplace(std::move(*model));
  }
  ThreadPool pool(options.threads);
  auto trainer =
      Trainer::create(options.config, std::move(*network), *data, pool,
                      classifier ? &classifier->file.network : nullptr,
                      *device ? batches_on(**device) : MakeBatchRunner(make_cpu_batches));
  if (!trainer) return trainer.error();
  const Status stepped = check_steps(options, trainer->config());
  if (!stepped) return stepped;
  if (options.config.method == Method::finetune && !options.config.augmentation.none()) {
    say("the epochs of fine tuning learn from the attacked images as they are: without "
        "augmentation");
  }
  OrderedJson description = describe_run(options, *trainer, references);
  if (options.range_test) {
    description["range_test"] = true;
    return run_range_test(options, *trainer, log_head(description, *trainer, command));
  }
  BestEpoch best;
  const auto beginning = begin(options, checkpoint, description, *trainer, best);
  if (!beginning) return beginning.error();
  if (*beginning == Beginning::finished) {
    print_result(options.out + " is finished: nothing is left to train\n", "");
    return {};
  }
  Log log(options.log, json_text(log_head(description, *trainer, command)));
  Status started;
  if (*beginning == Beginning::resumed) {
    started = log.take_over(description, trainer->epochs_done());
  }
  if (started) started = log.write();
  if (!started) return started;
  const Status trained = run_epochs(options, *trainer, log, checkpoint, description, best);
  const bool saves = trained || (trainer->diverged() && trainer->epochs_done() > 0);
  if (!saves) return trained;

  const Sequential result = result_of(options, *trainer, best);
  SaveOptions save;
  save.weights = *weight_type_from_name(options.weights);
  if (!trained) description["diverged_after"] = trainer->epochs_done();
  if (options.keep == "best" && best.epoch > 0) description[kBestEpoch] = best.epoch;
  save.metadata["signflip.training"] = json_text(description);
  const auto bytes = format_model(as_written(options, result), save);
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
  std::error_code error;
  if (options.checkpoint.empty()) std::filesystem::remove(checkpoint, error);
  print_result("wrote " + options.out + "\n", "");
  return {};
}

}  // namespace

void add_train(const Command& app, Context& context) {
  auto options = std::make_shared<TrainOptions>();
  add_train_command(app, *options).when_given([options, &context] {
    context.run = [options, &context] { return run(*options, context.command_line); };
  });
}

}  // namespace signflip::cli
