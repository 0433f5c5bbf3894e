// The JavaScript face of Classroom: the only bindings of the training module. Values in, values or
// {error: sentence} out. web/js/engine/train-worker.js is the only one who calls it.
#include <memory>

#include "wasm/bindings.h"
#include "wasm/classroom.h"

namespace {

using namespace signflip;

/// {height, width, channels, pixels: Uint8Array, labels: array of numbers}.
Classroom::Images images_of(const val& images) {
  return {{images["height"].as<int>(), images["width"].as<int>(), images["channels"].as<int>()},
          emscripten::convertJSArrayToNumberVector<std::uint8_t>(images["pixels"]),
          emscripten::convertJSArrayToNumberVector<int>(images["labels"])};
}

class Course {
 public:
  explicit Course(Classroom classroom) : classroom_(std::move(classroom)) {}

  int epochs_done() const { return classroom_.epochs_done(); }

  /// `on_batch(images done, images, loss so far)` → false abandons the epoch; then the answer is
  /// null.
  val train_epoch(const val& on_batch) {
    const auto report = classroom_.train_epoch([&](const TrainingProgress& progress) {
      return !on_batch(static_cast<double>(progress.images_done),
                       static_cast<double>(progress.images), progress.loss)
                  .isFalse();
    });
    if (!report) return val::null();
    val result = val::object();
    result.set("epoch", report->epoch);
    result.set("loss", report->loss);
    result.set("trainAccuracy", report->train_accuracy);
    result.set("seconds", report->seconds);
    return result;
  }

  val look() const {
    const Classroom::Look found = classroom_.look();
    val result = val::object();
    result.set("clean", found.clean);
    result.set("robust", found.robust);
    return result;
  }

  val model(const std::string& name) const { return array(classroom_.model(name)); }
  val memory() { return array(classroom_.memory()); }
  val resume(const val& memory) {
    const Status status =
        classroom_.resume(emscripten::convertJSArrayToNumberVector<float>(memory));
    return status ? val::object() : failure(status.error());
  }

 private:
  Classroom classroom_;
};

/// `options`: method, architecture, epsilon, steps, epochs, batchSize, learningRate, seed;
/// `classes`: their names.
val begin_course(const val& options, const val& train, const val& test, const val& classes) {
  Classroom::Options wanted;
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
  auto classroom = Classroom::create(wanted, images_of(train), images_of(test), std::move(names));
  if (!classroom) return failure(classroom.error());
  val result = val::object();
  result.set("course", std::make_shared<Course>(std::move(*classroom)));
  return result;
}

}  // namespace

EMSCRIPTEN_BINDINGS(signflip_train) {
  emscripten::function("beginCourse", &begin_course);
  emscripten::class_<Course>("Course")
      .smart_ptr<std::shared_ptr<Course>>("Course")
      .function("epochsDone", &Course::epochs_done)
      .function("trainEpoch", &Course::train_epoch)
      .function("look", &Course::look)
      .function("model", &Course::model)
      .function("memory", &Course::memory)
      .function("resume", &Course::resume);
}
