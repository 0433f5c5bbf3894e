// Training in the page: the only bindings of the training module.
#include "page/training_session.h"
#include "wasm/bindings.h"

namespace {

using namespace signflip;

/// {height, width, channels, pixels: Uint8Array, labels: array of numbers}.
TrainingSession::Images images_of(const val& images) {
  return {{images["height"].as<int>(), images["width"].as<int>(), images["channels"].as<int>()},
          emscripten::convertJSArrayToNumberVector<std::uint8_t>(images["pixels"]),
          emscripten::convertJSArrayToNumberVector<int>(images["labels"])};
}

int epochs_done(const TrainingSession& session) { return session.epochs_done(); }

/// `on_batch(images done, images, loss so far)` → false abandons the epoch; then the answer is
/// null. An error where the training diverged.
val train_epoch(TrainingSession& session, const val& on_batch) {
  const auto report = session.train_epoch([&](const TrainingProgress& progress) {
    return !on_batch(static_cast<double>(progress.images_done),
                     static_cast<double>(progress.images), progress.loss)
                .isFalse();
  });
  if (!session.failure()) return failure(session.failure().error());
  if (!report) return val::null();
  val result = val::object();
  result.set("epoch", report->epoch);
  result.set("loss", report->loss);
  result.set("trainAccuracy", report->train_accuracy);
  result.set("seconds", report->seconds);
  return result;
}

val measure(const TrainingSession& session) {
  const TrainingSession::Accuracies found = session.measure();
  val result = val::object();
  result.set("clean", found.clean);
  result.set("robust", found.robust);
  return result;
}

val model(const TrainingSession& session, const std::string& name) {
  return array(session.model(name));
}

val checkpoint(TrainingSession& session) { return array(session.checkpoint()); }

val resume(TrainingSession& session, const val& checkpoint) {
  const Status status = session.resume(emscripten::convertJSArrayToNumberVector<float>(checkpoint));
  return status ? val::object() : failure(status.error());
}

/// `options`: method, architecture, epsilon, steps, epochs, batchSize, learningRate, seed;
/// `classes`: their names.
val begin_training(const val& options, const val& train, const val& test, const val& classes) {
  TrainingSession::Options wanted;
  wanted.method = options["method"].as<std::string>();
  wanted.architecture = options["architecture"].as<std::string>();
  wanted.epsilon = options["epsilon"].as<double>();
  wanted.steps = options["steps"].as<int>();
  wanted.epochs = options["epochs"].as<int>();
  wanted.batch_size = options["batchSize"].as<int>();
  wanted.learning_rate = options["learningRate"].as<double>();
  wanted.seed = static_cast<std::uint64_t>(options["seed"].as<double>());
  std::vector<std::string> names;
  for (unsigned i = 0; i < classes["length"].as<unsigned>(); ++i) {
    names.push_back(classes[i].as<std::string>());
  }
  return wrapped<TrainingSession>(
      "session",
      TrainingSession::create(wanted, images_of(train), images_of(test), std::move(names)));
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_train) {
  emscripten::function("beginTraining", &begin_training);
  emscripten::class_<TrainingSession>("TrainingSession")
      .smart_ptr<std::shared_ptr<TrainingSession>>("TrainingSession")
      .function("epochsDone", &epochs_done)
      .function("trainEpoch", &train_epoch)
      .function("measure", &measure)
      .function("model", &model)
      .function("checkpoint", &checkpoint)
      .function("resume", &resume);
}
