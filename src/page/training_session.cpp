#include "page/training_session.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/concat.h"
#include "nn/architecture_json.h"
#include "nn/fold_batchnorm.h"
#include "nn/model_file.h"
#include "train/methods.h"
#include "train/validation.h"

namespace signflip {
namespace {

Result<Dataset> dataset_of(TrainingSession::Images images, const std::vector<std::string>& classes,
                           std::string_view what) {
  const std::size_t size = images.shape.size();
  if (size == 0 || images.labels.empty() || images.pixels.size() != images.labels.size() * size) {
    return Error{concat(what, " hold ", images.pixels.size(), " bytes, expected ", size, " (",
                        to_string(images.shape), ") for each of ", images.labels.size(),
                        " labels")};
  }
  const auto count = static_cast<int>(classes.size());
  for (const int label : images.labels) {
    if (label < 0 || label >= count) {
      return Error{concat(what, " have the label ", label, ", but there are ", count, " classes")};
    }
  }
  Dataset data;
  data.name = what;
  data.image = images.shape;
  data.pixels = std::move(images.pixels);
  data.labels = std::move(images.labels);
  data.classes = count;
  data.class_names = classes;
  return data;
}

/// A number that other options hardly share, of as many bits as a float holds exactly.
float fingerprint(const TrainingSession::Options& options) {
  const std::string text = concat(options.method, " ", options.architecture, " ", options.epsilon,
                                  " ", options.steps, " ", options.epochs, " ", options.batch_size,
                                  " ", options.learning_rate, " ", options.seed);
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char letter : text) hash = (hash ^ static_cast<std::uint8_t>(letter)) * 16777619U;
  return static_cast<float>(hash >> 8);
}

}  // namespace

struct TrainingSession::State {
  Dataset train, test;
  std::vector<std::uint32_t> measured_images;
  double epsilon;
  float options;  ///< their fingerprint
  std::vector<std::string> classes;
  ThreadPool pool{1};
  std::optional<Trainer> trainer;
};

TrainingSession::~TrainingSession() = default;
TrainingSession::TrainingSession(TrainingSession&&) noexcept = default;
TrainingSession::TrainingSession(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<TrainingSession> TrainingSession::create(const Options& options, Images train, Images test,
                                                std::vector<std::string> classes) {
  auto learning = dataset_of(std::move(train), classes, "the training images");
  if (!learning) return learning.error();
  auto testing = dataset_of(std::move(test), classes, "the test images");
  if (!testing) return testing.error();
  if (learning->image != testing->image) {
    return Error{concat("the training images are ", to_string(learning->image),
                        ", the test images ", to_string(testing->image))};
  }
  const auto method = method_from_name(options.method);
  if (!method) return method.error();
  if (*method == Method::denoiser) return Error{"a denoiser cannot be trained here"};
  auto architecture = named_architecture(options.architecture, learning->image, learning->classes);
  if (!architecture) return architecture.error();
  architecture->classes = classes;
  auto network = Sequential::create(std::move(*architecture));
  if (!network) return network.error();
  initialise(*network, *method, options.seed);

  TrainingConfig config;
  config.method = *method;
  config.epsilon = options.epsilon;
  config.steps = options.steps;
  config.epochs = options.epochs;
  config.batch_size = options.batch_size;
  config.learning_rate = options.learning_rate;
  config.seed = options.seed;
  config.validation = 0.0;
  // From random weights, training on images attacked at full strength does not start.
  if (config.method != Method::standard) config.ramp = options.epochs / 4.0;

  auto state = std::make_unique<State>();
  state->train = std::move(*learning);
  state->test = std::move(*testing);
  state->measured_images.resize(state->test.count());
  std::iota(state->measured_images.begin(), state->measured_images.end(), 0U);
  state->epsilon = options.epsilon;
  state->options = fingerprint(options);
  state->classes = std::move(classes);
  auto trainer = Trainer::create(config, std::move(*network), state->train, state->pool);
  if (!trainer) return trainer.error();
  state->trainer.emplace(std::move(*trainer));
  return TrainingSession(std::move(state));
}

std::optional<EpochReport> TrainingSession::train_epoch(
    const std::function<bool(const TrainingProgress&)>& progress) {
  return state_->trainer->train_epoch(progress);
}

const Status& TrainingSession::failure() const { return state_->trainer->failure(); }

int TrainingSession::epochs_done() const { return state_->trainer->epochs_done(); }

TrainingSession::Accuracies TrainingSession::measure() const {
  const Sequential& network = state_->trainer->network();
  const auto accuracy = [&](double epsilon) {
    return validation_accuracy(network, network, state_->test, state_->measured_images,
                               validation_attack(), epsilon, state_->pool);
  };
  return {accuracy(0.0), accuracy(state_->epsilon)};
}

std::vector<std::uint8_t> TrainingSession::model(const std::string& name) const {
  Sequential network = fold_batchnorm(state_->trainer->result());
  SaveOptions options;
  options.metadata["signflip.trained"] = name;
  return format_model(network, options);
}

std::vector<float> TrainingSession::checkpoint() {
  const Trainer::Snapshot now = state_->trainer->snapshot();
  std::vector<float> values = {state_->options, static_cast<float>(now.epochs_done),
                               static_cast<float>(now.steps)};
  for (const std::span<float> part : now.parts()) {
    values.insert(values.end(), part.begin(), part.end());
  }
  return values;
}

Status TrainingSession::resume(std::span<const float> checkpoint) {
  const Trainer::Snapshot now = state_->trainer->snapshot();
  const auto parts = now.parts();
  std::size_t at = 3;
  std::size_t expected = at;
  for (const auto& part : parts) expected += part.size();
  if (checkpoint.size() != expected) {
    return Error{concat("a checkpoint of this run has ", expected,
                        " values, the one to resume has ", checkpoint.size())};
  }
  if (checkpoint[0] != state_->options) {
    return Error{"the checkpoint to resume is of a run with other options"};
  }
  const bool finite = std::all_of(checkpoint.begin(), checkpoint.end(),
                                  [](float value) { return std::isfinite(value); });
  const int epochs = state_->trainer->config().epochs;
  if (!finite || checkpoint[1] < 0 || checkpoint[1] > static_cast<float>(epochs) ||
      checkpoint[2] < 0) {
    return Error{concat("the checkpoint to resume is damaged: expected finite numbers, and 0 to ",
                        epochs, " epochs")};
  }
  for (const auto& part : parts) {
    std::copy_n(checkpoint.begin() + static_cast<std::ptrdiff_t>(at), part.size(), part.begin());
    at += part.size();
  }
  state_->trainer->restore(static_cast<int>(checkpoint[1]),
                           static_cast<std::size_t>(checkpoint[2]));
  return {};
}

}  // namespace signflip
