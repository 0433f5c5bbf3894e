// The epoch loop.
#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "train/methods.h"
#include "train/trainer_state.h"
#include "train/validation.h"

namespace signflip {
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

int Trainer::epochs_done() const { return state_->epochs_done; }
const TrainingConfig& Trainer::config() const { return state_->config; }
const Dataset& Trainer::data() const { return *state_->data; }
const Sequential& Trainer::network() const { return state_->network; }
const Status& Trainer::failure() const { return state_->failure; }
bool Trainer::diverged() const { return state_->diverged; }

Result<Trainer> Trainer::create(TrainingConfig config, Sequential network, const Dataset& data,
                                ThreadPool& pool, const Sequential* classifier,
                                const OpenCourse& open_course) {
  if (config.attack.empty()) {
    config.attack = default_attack(config.method);
  } else if (default_attack(config.method).empty()) {
    return Error{"--attack is " + config.attack + ", but --method " +
                 std::string(method_name(config.method)) + " does not choose among attacks"};
  }
  const Status checked = check(config);
  if (!checked) return checked.error();
  if (network.input_shape() != data.image) {
    return Error{"the architecture's input is " + to_string(network.input_shape()) +
                 ", but the images of " + data.name + " are " + to_string(data.image)};
  }
  auto method = make_method(config, network, classifier);
  if (!method) return method.error();
  const Status fits = (*method)->check_output(network, data);
  if (!fits) return fits.error();
  auto split = split_validation(data, config.validation, config.seed);
  if (split.train.empty()) return Error{"no training images are left beside the validation images"};
  const OptimiserKind kind = config.optimiser.kind;
  const std::size_t size = network.parameters().size();
  auto state = std::make_unique<State>(State{std::move(config),
                                             std::move(network),
                                             &data,
                                             &pool,
                                             std::move(*method),
                                             OptimiserState(kind, size),
                                             {},
                                             std::move(split.train),
                                             std::move(split.validation),
                                             {},
                                             {},
                                             {},
                                             {},
                                             0,
                                             0,
                                             {},
                                             {},
                                             false,
                                             0});
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
  Trainer trainer(std::move(state));
  State& made = *trainer.state_;
  if (!open_course) {
    trainer.make_shards();
    return trainer;
  }
  auto course = open_course(made.config, made.network, data, trainer.sources_per_batch(),
                            made.capacity, classifier);
  if (!course) return course.error();
  made.device = std::move(*course);
  trainer.send_to_device();
  if (!made.failure) return made.failure.error();
  return trainer;
}

Trainer::Trainer(std::unique_ptr<State> state) : state_(std::move(state)) {
  const std::size_t sources = sources_per_batch();
  state_->method->weights_changed(state_->network);
  state_->most_shards = (sources * state_->method->copies() + kShard - 1) / kShard;
  state_->capacity = (sources + state_->most_shards - 1) / state_->most_shards;
}

void Trainer::make_shards() {
  const std::size_t size = state_->network.input_shape().size();
  for (std::size_t s = 0; s < state_->most_shards; ++s) {
    auto shard = std::make_unique<Shard>();
    shard->method = state_->method->new_shard(state_->network, state_->capacity);
    shard->images.resize(state_->capacity * size);
    shard->buffer.resize(size);
    state_->shards.push_back(std::move(shard));
  }
  state_->pieces = cut_parameters(state_->network);
  std::size_t largest = 0;
  for (const ParameterPiece& piece : state_->pieces) largest = std::max(largest, piece.size());
  state_->gradient.resize(state_->config.clip > 0
                              ? state_->network.parameters().size()
                              : static_cast<std::size_t>(state_->pool->threads()) * largest);
}

std::size_t Trainer::sources_per_batch() const {
  return static_cast<std::size_t>(state_->config.batch_size) / state_->method->copies();
}

std::vector<std::uint32_t> Trainer::draw_order() const {
  const State& state = *state_;
  Rng rng = stream(state.config, Purpose::order, state.epochs_done + 1, 0);
  std::vector<std::uint32_t> order = state.train;
  if (!state.train_by_class.empty()) {
    // As many images as ever, shared out among the classes, each class in turns of its own.
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
  return order;
}

void Trainer::run_shard(Shard& shard, std::span<const std::uint32_t> sources, std::size_t first,
                        const Step& step) {
  const TrainingConfig& config = state_->config;
  const Dataset& data = *state_->data;
  const int epoch = state_->epochs_done + 1;
  const std::size_t image = data.image.size();
  const auto images = std::span(shard.images).first(sources.size() * image);
  data.copy_images(sources, images);
  shard.numbers.assign(sources.begin(), sources.end());
  shard.labels.clear();
  for (std::size_t n = 0; n < sources.size(); ++n) {
    shard.labels.push_back(data.labels[sources[n]]);
    // The place in the epoch, not the image, names the stream: a balanced epoch repeats images.
    Rng rng =
        stream(config, Purpose::augmentation, epoch, config.balance > 0 ? first + n : sources[n]);
    augment(config.augmentation, data.image, rng, images.subspan(n * image, image), shard.buffer);
  }
  shard.marks = shard.method->train({images, shard.labels, shard.numbers,
                                     stream(config, Purpose::attack, epoch, 0).next(),
                                     stream(config, Purpose::dropout, epoch, first),
                                     config.epsilon_at(step.epochs), step.gradient_scale});
}

Trainer::Step Trainer::step_at(std::size_t batch, std::size_t batches, std::size_t sources) const {
  const double epochs = static_cast<double>(state_->epochs_done) +
                        (static_cast<double>(batch) + 0.5) / static_cast<double>(batches);
  return {epochs, epochs / static_cast<double>(state_->config.epochs),
          1.0F / static_cast<float>(sources * state_->method->copies())};
}

float Trainer::learning_rate_at(const Step& step) const {
  const TrainingConfig& config = state_->config;
  return static_cast<float>(config.learning_rate *
                            learning_rate_factor(config.schedule, step.progress));
}

float Trainer::average_decay_at(std::size_t optimiser_step) const {
  // Early on the average follows the weights closely, so that it does not remember their start.
  const auto step = static_cast<double>(optimiser_step);
  return static_cast<float>(std::min(state_->config.average, (1.0 + step) / (10.0 + step)));
}

void Trainer::apply_gradients(std::size_t shards_used, const Step& where) {
  constexpr float kStatisticsMomentum = 0.1F;  // PyTorch's default
  State& state = *state_;
  const auto parameters = state.network.parameters(), statistics = state.network.statistics();
  const std::size_t step = ++state.optimiser.steps;
  const float rate = learning_rate_at(where), warm = average_decay_at(step);
  const auto follow = [&](std::size_t at, std::span<const float> values) {
    if (state.average.empty()) return;
    for (std::size_t i = 0; i < values.size(); ++i) {
      state.average[at + i] = warm * state.average[at + i] + (1.0F - warm) * values[i];
    }
  };
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    float mean = 0.0F;
    for (std::size_t s = 0; s < shards_used; ++s)
      mean += state.shards[s]->method->batch_statistics()[i];
    mean /= static_cast<float>(shards_used);
    statistics[i] += kStatisticsMomentum * (mean - statistics[i]);
  }
  // Averaged weights need the statistics that belong to them, not the latest.
  follow(parameters.size(), statistics);

  const auto each_piece = [&](const auto& work) {
    state.pool->for_each(state.pieces.size(),
                         [&](std::size_t i, int worker) { work(state.pieces[i], worker); });
  };
  const auto add_up = [&](const ParameterPiece& piece, std::span<float> sum) {
    std::fill(sum.begin(), sum.end(), 0.0F);
    for (std::size_t s = 0; s < shards_used; ++s) {
      state.shards[s]->method->add_gradients(piece, sum.data());
    }
  };
  const auto move = [&](const ParameterPiece& piece, std::span<const float> gradient) {
    update(state.config.optimiser, state.optimiser, step, rate, gradient, parameters, piece.begin);
    follow(piece.begin, parameters.subspan(piece.begin, piece.size()));
    state.network.prepare(piece.layer, piece.rows);
  };
  const std::span<float> gradient(state.gradient);
  if (state.config.clip > 0) {  // needs the whole gradient first
    const auto part = [&](const ParameterPiece& piece) {
      return gradient.subspan(piece.begin, piece.size());
    };
    each_piece([&](const ParameterPiece& piece, int) { add_up(piece, part(piece)); });
    clip_gradient_norm(gradient, static_cast<float>(state.config.clip));
    each_piece([&](const ParameterPiece& piece, int) { move(piece, part(piece)); });
  } else {
    const std::size_t room = gradient.size() / static_cast<std::size_t>(state.pool->threads());
    each_piece([&](const ParameterPiece& piece, int worker) {
      const auto sum = gradient.subspan(static_cast<std::size_t>(worker) * room, piece.size());
      add_up(piece, sum);
      move(piece, sum);
    });
  }
  state.method->weights_changed(state.network);
}

std::optional<EpochReport> Trainer::train_epoch(
    const std::function<bool(const TrainingProgress&)>& progress) {
  State& state = *state_;
  const TrainingConfig& config = state.config;
  const auto start = std::chrono::steady_clock::now();
  const int epoch = state.epochs_done + 1;
  const std::vector<std::uint32_t> order = draw_order();
  state.method->begin_epoch(epoch, state.network, *state.data, *state.pool);
  const Memory before = remember();

  EpochReport report;
  report.epoch = epoch;
  const auto marks =
      state.device.training ? run_batches_on_device(order, progress) : run_batches(order, progress);
  if ((marks && !memory_is_finite(order.size())) || state.diverged) go_back(before);
  if (!marks || state.diverged) return std::nullopt;
  const std::size_t batch = sources_per_batch(), batches = (order.size() + batch - 1) / batch;
  report.learning_rate =
      config.learning_rate *
      learning_rate_factor(config.schedule, step_at(batches - 1, batches, 1).progress);
  ++state.epochs_done;
  report.loss = marks->loss / static_cast<double>(marks->images);
  report.train_accuracy = static_cast<double>(marks->correct) / static_cast<double>(marks->images);
  report.undone = state.method->watches() && !keep_epoch(before);
  if (!state.validation.empty()) {
    const ValidationFigures figures = validate(state.validation);
    report.validation_accuracy = figures.accuracy;
    report.validation_robust_accuracy = figures.robust_accuracy;
  }
  if (!state.failure) return std::nullopt;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::optional<Marks> Trainer::run_batches(
    std::span<const std::uint32_t> order,
    const std::function<bool(const TrainingProgress&)>& progress) {
  State& state = *state_;
  const std::size_t batch = sources_per_batch();
  const std::size_t batches = (order.size() + batch - 1) / batch;
  Marks sum;
  for (std::size_t b = 0; b < batches; ++b) {
    const auto sources = order.subspan(b * batch, std::min(batch, order.size() - b * batch));
    const std::size_t used = (sources.size() + state.capacity - 1) / state.capacity;
    const Step step = step_at(b, batches, sources.size());
    state.pool->for_each(used, [&](std::size_t s, int) {
      const std::size_t begin = s * sources.size() / used, end = (s + 1) * sources.size() / used;
      run_shard(*state.shards[s], sources.subspan(begin, end - begin), b * batch + begin, step);
    });
    for (std::size_t s = 0; s < used; ++s) {
      const Marks& marks = state.shards[s]->marks;
      sum.loss += marks.loss;
      sum.correct += marks.correct;
      sum.images += marks.images;
    }
    const std::size_t done = b * batch + sources.size();
    apply_gradients(used, step);
    if (!still_finite(sum.loss, done, order.size())) return std::nullopt;
    if (progress && !progress({state.epochs_done + 1, done, order.size(),
                               sum.loss / static_cast<double>(sum.images)})) {
      return std::nullopt;
    }
  }
  return sum;
}

Sequential Trainer::result() const {
  Sequential network = state_->network;
  if (!state_->average.empty()) {
    const auto average = std::span<const float>(state_->average);
    const std::size_t weights = network.parameters().size();
    std::copy_n(average.begin(), weights, network.parameters().begin());
    std::copy(average.begin() + static_cast<std::ptrdiff_t>(weights), average.end(),
              network.statistics().begin());
    network.prepare();
  }
  return network;
}

}  // namespace signflip
