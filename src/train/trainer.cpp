// The epoch loop.
#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/softmax.h"
#include "train/validation.h"

namespace signflip {
namespace {

constexpr std::size_t kShard = 32;  // images; fixed, so that results do not depend on threads

/// What a random stream is for; with the epoch and a number it names the stream.
enum class Purpose : std::uint64_t { order, augmentation, dropout, attack };

Rng stream(const TrainingConfig& config, Purpose purpose, int epoch, std::size_t number) {
  return Rng(config.seed, (static_cast<std::uint64_t>(epoch) << 44) +
                              (static_cast<std::uint64_t>(number) << 4) +
                              static_cast<std::uint64_t>(purpose));
}

std::size_t copies(const TrainingConfig& config) { return config.method == Method::mixed ? 2 : 1; }

}  // namespace

/// One thread's work in a batch: images, labels, activations and gradients.
struct Trainer::Shard {
  Shard(const Sequential& network, std::size_t capacity, bool attacked)
      : pass(network, capacity),
        attack_pass(attacked ? network.new_pass(capacity) : nullptr),
        images(capacity * network.input_shape().size()),
        buffer(network.input_shape().size()),
        doutput(capacity * network.output_shape().size()),
        labels(capacity) {}

  TrainingPass pass;
  std::unique_ptr<Pass> attack_pass;
  std::vector<float> images, buffer, doutput;
  std::vector<int> labels;
  std::size_t count = 0;
  double loss = 0.0;
  std::size_t correct = 0;
};

struct Trainer::State {
  TrainingConfig config;
  Sequential network;
  const Dataset* data;
  ThreadPool* pool;
  std::optional<Adversary> adversary;
  Adversary validation_adversary;
  OptimiserState optimiser;
  std::vector<float> average;  // of the parameters; empty where averaging is off
  std::vector<std::uint32_t> train, validation;
  std::vector<std::unique_ptr<Shard>> shards;
  int epochs_done = 0;
};

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

int Trainer::epochs_done() const { return state_->epochs_done; }
const TrainingConfig& Trainer::config() const { return state_->config; }
const Dataset& Trainer::data() const { return *state_->data; }
const Sequential& Trainer::network() const { return state_->network; }

Result<Trainer> Trainer::create(TrainingConfig config, Sequential network, const Dataset& data,
                                ThreadPool& pool) {
  const Status checked = check(config);
  if (!checked) return checked.error();
  if (network.input_shape() != data.image) {
    return Error{"the architecture's input is " + to_string(network.input_shape()) +
                 ", but the images of " + data.name + " are " + to_string(data.image)};
  }
  if (network.classes() != data.classes || network.output_shape().height != 1) {
    return Error{"the architecture's output is " + to_string(network.output_shape()) + ", but " +
                 data.name + " has " + std::to_string(data.classes) + " classes"};
  }
  auto adversary = training_adversary(config);
  if (!adversary) return adversary.error();
  auto watch = validation_adversary(config);
  if (!watch) return watch.error();
  auto split = split_validation(data, config.validation, config.seed);
  if (split.train.empty()) return Error{"no training images are left beside the validation images"};
  const OptimiserKind kind = config.optimiser.kind;
  const std::size_t size = network.parameters().size();
  auto state = std::make_unique<State>(State{std::move(config),
                                             std::move(network),
                                             &data,
                                             &pool,
                                             std::move(*adversary),
                                             std::move(*watch),
                                             OptimiserState(kind, size),
                                             {},
                                             std::move(split.train),
                                             std::move(split.validation),
                                             {},
                                             0});
  if (state->config.average > 0.0) {
    const auto parameters = state->network.parameters();
    state->average.assign(parameters.begin(), parameters.end());
  }
  return Trainer(std::move(state));
}

Trainer::Trainer(std::unique_ptr<State> state) : state_(std::move(state)) {
  const std::size_t each = copies(state_->config);
  const std::size_t shards = (sources_per_batch() * each + kShard - 1) / kShard;
  const std::size_t capacity = (sources_per_batch() + shards - 1) / shards * each;
  for (std::size_t s = 0; s < shards; ++s) {
    state_->shards.push_back(
        std::make_unique<Shard>(state_->network, capacity, state_->adversary.has_value()));
  }
}

std::size_t Trainer::sources_per_batch() const {
  return static_cast<std::size_t>(state_->config.batch_size) / copies(state_->config);
}

void Trainer::run_shard(Shard& shard, std::span<const std::uint32_t> sources, std::size_t first,
                        float gradient_scale) {
  const TrainingConfig& config = state_->config;
  const Dataset& data = *state_->data;
  const int epoch = state_->epochs_done + 1;
  const std::size_t image = data.image.size();
  shard.count = sources.size();
  data.copy_images(sources, std::span(shard.images).first(shard.count * image));
  for (std::size_t n = 0; n < shard.count; ++n) {
    shard.labels[n] = data.labels[sources[n]];
    Rng rng = stream(config, Purpose::augmentation, epoch, sources[n]);
    augment(config.augmentation, data.image, rng, std::span(shard.images).subspan(n * image, image),
            shard.buffer);
  }
  if (state_->adversary) {
    const std::size_t clean = shard.count;
    const auto labels = std::span(shard.labels).first(clean);
    const std::vector<std::size_t> numbers(sources.begin(), sources.end());
    state_->adversary->craft(*shard.attack_pass, data.image,
                             std::span(shard.images).first(clean * image), labels, numbers,
                             stream(config, Purpose::attack, epoch, 0).next(),
                             std::span(shard.images).subspan(clean * image, clean * image));
    std::ranges::copy(labels, shard.labels.begin() + static_cast<std::ptrdiff_t>(clean));
    shard.count = 2 * clean;
  }

  const auto logits =
      shard.pass.forward(shard.images, shard.count, stream(config, Purpose::dropout, epoch, first));
  const std::size_t classes = logits.size() / shard.count;
  const auto smoothing = static_cast<float>(config.label_smoothing);
  shard.loss = 0.0;
  shard.correct = 0;
  for (std::size_t n = 0; n < shard.count; ++n) {
    const auto z = logits.subspan(n * classes, classes);
    const auto dz = std::span(shard.doutput).subspan(n * classes, classes);
    shard.loss += static_cast<double>(cross_entropy(z, shard.labels[n], smoothing));
    shard.correct += argmax(z) == shard.labels[n] ? 1U : 0U;
    cross_entropy_gradient(z, shard.labels[n], dz, smoothing);
    for (float& value : dz) value *= gradient_scale;
  }
  shard.pass.clear_gradients();
  shard.pass.backward(std::span(shard.doutput).first(shard.count * classes));
}

void Trainer::apply_gradients(std::size_t shards_used, double progress) {
  constexpr std::size_t kChunk = 16384;
  constexpr float kStatisticsMomentum = 0.1F;  // PyTorch's default
  State& state = *state_;
  const auto parameters = state.network.parameters();
  const std::size_t step = ++state.optimiser.steps;
  const auto rate = static_cast<float>(state.config.learning_rate *
                                       learning_rate_factor(state.config.schedule, progress));
  // Early on the average follows the weights closely, so that it does not remember their start.
  const auto warm =
      static_cast<float>(std::min(state.config.average, (1.0 + static_cast<double>(step)) /
                                                            (10.0 + static_cast<double>(step))));
  state.pool->for_each((parameters.size() + kChunk - 1) / kChunk, [&](std::size_t chunk, int) {
    const std::size_t begin = chunk * kChunk, end = std::min(begin + kChunk, parameters.size());
    const auto total = state.shards[0]->pass.gradients();
    for (std::size_t s = 1; s < shards_used; ++s) {
      const auto part = state.shards[s]->pass.gradients();
      for (std::size_t i = begin; i < end; ++i) total[i] += part[i];
    }
    update(state.config.optimiser, state.optimiser, step, rate, total, parameters, begin, end);
    if (state.average.empty()) return;
    for (std::size_t i = begin; i < end; ++i) {
      state.average[i] = warm * state.average[i] + (1.0F - warm) * parameters[i];
    }
  });
  const auto statistics = state.network.statistics();
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    float mean = 0.0F;
    for (std::size_t s = 0; s < shards_used; ++s)
      mean += state.shards[s]->pass.batch_statistics()[i];
    mean /= static_cast<float>(shards_used);
    statistics[i] += kStatisticsMomentum * (mean - statistics[i]);
  }
  state.network.prepare();
}

std::optional<EpochReport> Trainer::train_epoch(
    const std::function<bool(const TrainingProgress&)>& progress) {
  State& state = *state_;
  const TrainingConfig& config = state.config;
  const auto start = std::chrono::steady_clock::now();
  const int epoch = state.epochs_done + 1;
  std::vector<std::uint32_t> order = state.train;
  stream(config, Purpose::order, epoch, 0).shuffle(std::span<std::uint32_t>(order));

  const std::size_t batch = sources_per_batch();
  const std::size_t batches = (order.size() + batch - 1) / batch;
  EpochReport report;
  report.epoch = epoch;
  double loss = 0.0;
  std::size_t seen = 0, correct = 0;
  for (std::size_t b = 0; b < batches; ++b) {
    const auto sources = std::span<const std::uint32_t>(order).subspan(
        b * batch, std::min(batch, order.size() - b * batch));
    const std::size_t capacity = (batch + state.shards.size() - 1) / state.shards.size();
    const std::size_t used = (sources.size() + capacity - 1) / capacity;
    const float scale = 1.0F / static_cast<float>(sources.size() * copies(config));
    state.pool->for_each(used, [&](std::size_t s, int) {
      const std::size_t begin = s * sources.size() / used, end = (s + 1) * sources.size() / used;
      run_shard(*state.shards[s], sources.subspan(begin, end - begin), b * batch + begin, scale);
    });
    const double done = (static_cast<double>(state.epochs_done) * static_cast<double>(batches) +
                         static_cast<double>(b) + 0.5) /
                        (static_cast<double>(config.epochs) * static_cast<double>(batches));
    apply_gradients(used, done);
    report.learning_rate = config.learning_rate * learning_rate_factor(config.schedule, done);
    for (std::size_t s = 0; s < used; ++s) {
      loss += state.shards[s]->loss;
      correct += state.shards[s]->correct;
      seen += state.shards[s]->count;
    }
    if (progress && !progress({epoch, b * batch + sources.size(), order.size(),
                               loss / static_cast<double>(seen)})) {
      return std::nullopt;
    }
  }
  ++state.epochs_done;
  report.loss = loss / static_cast<double>(seen);
  report.train_accuracy = static_cast<double>(correct) / static_cast<double>(seen);
  if (!state.validation.empty()) {
    const ValidationFigures figures =
        validate(result(), *state.data, state.validation, state.validation_adversary, *state.pool);
    report.validation_accuracy = figures.accuracy;
    report.validation_robust_accuracy = figures.robust_accuracy;
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

Sequential Trainer::result() const {
  Sequential network = state_->network;
  if (!state_->average.empty()) {
    std::ranges::copy(state_->average, network.parameters().begin());
    network.prepare();
  }
  return network;
}

Trainer::Snapshot Trainer::snapshot() {
  return {state_->epochs_done,
          state_->optimiser.steps,
          state_->network.parameters(),
          state_->network.statistics(),
          state_->optimiser.first,
          state_->optimiser.second,
          state_->average};
}

void Trainer::restore(int epochs_done, std::size_t steps) {
  state_->epochs_done = epochs_done;
  state_->optimiser.steps = steps;
  state_->network.prepare();
}

}  // namespace signflip
