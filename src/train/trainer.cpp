#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "train/methods.h"
#include "train/validation.h"

namespace signflip {
namespace {

/// Whether a layer of batch norm sees one value of each channel per image.
bool normalises_single_values(const Sequential& network) {
  const auto& layers = network.layers();
  return std::any_of(layers.begin(), layers.end(), [](const PlacedLayer& placed) {
    return placed.in.pixels() == 1 && (std::holds_alternative<BatchNorm1d>(placed.layer) ||
                                       std::holds_alternative<BatchNorm2d>(placed.layer));
  });
}

}  // namespace

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

int Trainer::epochs_done() const { return state_->epochs_done; }
const TrainingConfig& Trainer::config() const { return state_->config; }
const Dataset& Trainer::data() const { return *state_->data; }
const Sequential& Trainer::network() const { return state_->network; }
const Status& Trainer::failure() const { return failure_; }
bool Trainer::diverged() const { return state_->diverged; }

Result<Trainer> Trainer::create(TrainingConfig config, Sequential network, const Dataset& data,
                                ThreadPool& pool, const Sequential* classifier,
                                const MakeBatchRunner& make_runner) {
  if (config.attack.empty()) {
    config.attack = default_attack(config.method);
  } else if (default_attack(config.method).empty()) {
    return Error{"attack is " + config.attack + ", but method " +
                 std::string(method_name(config.method)) + " does not choose among attacks"};
  }
  const Status checked = check(config);
  if (!checked) return checked.error();
  if (network.input_shape() != data.image) {
    return Error{"the architecture's input is " + to_string(network.input_shape()) +
                 ", but the images of " + data.name + " are " + to_string(data.image)};
  }
  if (config.batch_size == 1 && normalises_single_values(network)) {
    return Error{
        "batch-size is 1, but the network has batch norm of a flat layer, which needs 2 images or "
        "more to normalise by"};
  }
  auto method = make_method(config, network, classifier);
  if (!method) return method.error();
  const Status fits = (*method)->check_output(network, data);
  if (!fits) return fits.error();
  auto split = split_validation(data, config.validation, config.seed);
  if (split.train.empty()) return Error{"no training images are left beside the validation images"};
  const OptimiserKind kind = config.optimiser.kind;
  const std::size_t size = network.parameters().size();
  auto state =
      std::make_unique<TrainerState>(TrainerState{.config = std::move(config),
                                                  .network = std::move(network),
                                                  .data = &data,
                                                  .pool = &pool,
                                                  .method = std::move(*method),
                                                  .optimiser = OptimiserState(kind, size),
                                                  .train = std::move(split.train),
                                                  .validation = std::move(split.validation)});
  if (state->config.average > 0.0) {
    const auto parameters = state->network.parameters();
    const auto statistics = state->network.statistics();
    state->average.assign(parameters.begin(), parameters.end());
    state->average.insert(state->average.end(), statistics.begin(), statistics.end());
  }
  if (state->config.balance > 0.0) {
    state->train_by_class.resize(static_cast<std::size_t>(data.classes));
    for (const std::uint32_t n : state->train) {
      state->train_by_class[static_cast<std::size_t>(data.labels[n])].push_back(n);
    }
  }
  state->method->weights_changed(state->network);
  auto runner = make_runner(*state, classifier);
  if (!runner) return runner.error();
  return Trainer(std::move(state), std::move(*runner));
}

Trainer::Trainer(std::unique_ptr<TrainerState> state, std::unique_ptr<BatchRunner> runner)
    : state_(std::move(state)), runner_(std::move(runner)) {}

std::vector<std::uint32_t> Trainer::draw_order() const {
  const TrainerState& state = *state_;
  Rng rng = stream(state.config, Purpose::order, state.epochs_done + 1, 0);
  std::vector<std::uint32_t> order = state.train;
  if (!state.train_by_class.empty()) {
    // As many images as without balance, divided among the classes, each class shuffled by itself.
    double total = 0;
    std::vector<double> share;
    for (const auto& images : state.train_by_class) {
      share.push_back(images.empty()
                          ? 0
                          : std::pow(static_cast<double>(images.size()), 1 - state.config.balance));
      total += share.back();
    }
    order.clear();
    double due = 0;
    for (std::size_t c = 0; c < share.size(); ++c) {
      due += share[c] / total * static_cast<double>(state.train.size());
      std::vector<std::uint32_t> turn;
      while (order.size() < static_cast<std::size_t>(std::llround(due))) {
        if (turn.empty()) {
          turn = state.train_by_class[c];
          rng.shuffle(std::span<std::uint32_t>(turn));
        }
        order.push_back(turn.back());
        turn.pop_back();
      }
    }
  }
  rng.shuffle(std::span<std::uint32_t>(order));
  // From one value batch norm has no variance: it would learn nothing, and the running variance
  // would shrink.
  const std::size_t batch = state.sources_per_batch();
  if (batch > 1 && order.size() > 1 && order.size() % batch == 1 &&
      normalises_single_values(state.network)) {
    order.pop_back();
  }
  return order;
}

std::optional<ValidationFigures> Trainer::validate(std::span<const std::uint32_t> images) {
  const auto figures = runner_->validate(images);
  if (figures) return *figures;
  failure_ = figures.error();
  return std::nullopt;
}

Trainer::Memory Trainer::remember() {
  const auto parts = snapshot().parts();
  Memory memory{{}, state_->optimiser.steps};
  // Not the method's, which accept_epoch() changes.
  for (const std::span<float> part : std::span(parts).first(parts.size() - 1)) {
    memory.parts.emplace_back(part.begin(), part.end());
  }
  return memory;
}

void Trainer::go_back(const Memory& before) {
  const auto parts = snapshot().parts();
  for (std::size_t i = 0; i < before.parts.size(); ++i) {
    std::copy(before.parts[i].begin(), before.parts[i].end(), parts[i].begin());
  }
  restore(state_->epochs_done, before.steps);
}

bool Trainer::keep_epoch(const Memory& before) {
  // Without validation images some of the training images must do.
  const auto& images = state_->validation.empty() ? state_->train : state_->validation;
  const auto figures = validate(robust_validation_images(images));
  if (!figures || state_->method->accept_epoch(figures->robust_accuracy)) return true;
  go_back(before);
  return false;
}

std::optional<EpochReport> Trainer::train_epoch(const TrainingCallback& progress) {
  TrainerState& state = *state_;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::uint32_t> order = draw_order();
  EpochReport report;
  report.epoch = state.epochs_done + 1;
  state.method->begin_epoch(report.epoch, state.network, *state.data, *state.pool);
  const Memory before = remember();

  const auto run = runner_->run_epoch(order, progress);
  if (!run) failure_ = run.error();
  if (run && *run) {
    const Status finite = state.check_all_finite(order.size());
    if (!finite) failure_ = finite;
  }
  if (state.diverged) go_back(before);
  if (!failure_ || !*run) return std::nullopt;
  const LossSums& sums = **run;
  const std::size_t batch = state.sources_per_batch(), batches = (order.size() + batch - 1) / batch;
  report.learning_rate = state.step_of(batches - 1, batches, 1).learning_rate;
  ++state.epochs_done;
  report.loss = sums.loss / static_cast<double>(sums.images);
  report.train_accuracy = static_cast<double>(sums.correct) / static_cast<double>(sums.images);
  report.undone = state.method->checks_epochs() && !keep_epoch(before);
  if (!state.validation.empty()) {
    if (const auto figures = validate(state.validation)) {
      report.validation_accuracy = figures->accuracy;
      report.validation_robust_accuracy = figures->robust_accuracy;
    }
  }
  if (!failure_) return std::nullopt;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

Sequential Trainer::result() const { return state_->result(); }

Trainer::Snapshot Trainer::snapshot() {
  return {.epochs_done = state_->epochs_done,
          .steps = state_->optimiser.steps,
          .parameters = state_->network.parameters(),
          .statistics = state_->network.statistics(),
          .first_moment = state_->optimiser.first,
          .second_moment = state_->optimiser.second,
          .average = state_->average,
          .method = state_->method->memory()};
}

void Trainer::restore(int epochs_done, std::size_t steps) {
  state_->epochs_done = epochs_done;
  state_->optimiser.steps = steps;
  state_->network.prepare();
  state_->method->weights_changed(state_->network);
  const Status replaced = runner_->state_replaced();
  if (!replaced) failure_ = replaced;
}

}  // namespace signflip
