#include "train/cpu_batches.h"

#include <algorithm>
#include <vector>

namespace signflip {
namespace {

/// One thread's work in a batch: images, labels, and what the method makes of them.
struct ShardWork {
  std::unique_ptr<ShardTrainer> trainer;
  std::vector<float> images, buffer;
  std::vector<int> labels;
  std::vector<std::size_t> numbers;
  LossSums losses;
};

class CpuBatches final : public BatchRunner {
 public:
  explicit CpuBatches(TrainerState& state)
      : state_(state),
        capacity_(state.sources_per_shard()),
        shards_(state.shards_per_batch()),
        pieces_(cut_parameters(state.network)) {
    const std::size_t size = state.network.input_shape().size();
    for (ShardWork& shard : shards_) {
      shard.trainer = state.method->new_shard(state.network, capacity_);
      shard.images.resize(capacity_ * size);
      shard.buffer.resize(size);
    }
    std::size_t largest = 0;
    for (const ParameterPiece& piece : pieces_) largest = std::max(largest, piece.size());
    gradient_.resize(clips() ? state.network.parameters().size()
                             : static_cast<std::size_t>(state.pool->threads()) * largest);
  }

  Result<std::optional<LossSums>> run_epoch(std::span<const std::uint32_t> order,
                                            const TrainingCallback& progress) override {
    const std::size_t batch = state_.sources_per_batch();
    const std::size_t batches = (order.size() + batch - 1) / batch;
    LossSums sums;
    for (std::size_t b = 0; b < batches; ++b) {
      const auto sources = order.subspan(b * batch, std::min(batch, order.size() - b * batch));
      const std::size_t used = (sources.size() + capacity_ - 1) / capacity_;
      const BatchStep step = state_.step_of(b, batches, sources.size());
      state_.pool->for_each(used, [&](std::size_t s, int) {
        const std::size_t begin = s * sources.size() / used, end = (s + 1) * sources.size() / used;
        run_shard(shards_[s], sources.subspan(begin, end - begin), b * batch + begin, step);
      });
      apply_gradients(used, step);
      for (std::size_t s = 0; s < used; ++s) sums += shards_[s].losses;
      const std::size_t done = b * batch + sources.size();
      const Status finite = state_.check_finite(sums.loss, done, order.size());
      if (!finite) return finite.error();
      if (progress && !progress({state_.epochs_done + 1, done, order.size(),
                                 sums.loss / static_cast<double>(sums.images)})) {
        return std::optional<LossSums>();
      }
    }
    return std::optional(sums);
  }

  Result<ValidationFigures> validate(std::span<const std::uint32_t> images) override {
    return state_.method->validate(state_.result(), *state_.data, images, *state_.pool);
  }

 private:
  bool clips() const { return state_.config.clip > 0; }

  /// `first`: the place of the first source in the epoch.
  void run_shard(ShardWork& shard, std::span<const std::uint32_t> sources, std::size_t first,
                 const BatchStep& step) {
    const TrainingConfig& config = state_.config;
    const Dataset& data = *state_.data;
    const int epoch = state_.epochs_done + 1;
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
    shard.losses =
        shard.trainer->train({.images = images,
                              .labels = shard.labels,
                              .numbers = shard.numbers,
                              .attack_seed = stream(config, Purpose::attack, epoch, 0).next(),
                              .dropout = stream(config, Purpose::dropout, epoch, first),
                              .epsilon = step.epsilon,
                              .gradient_scale = step.gradient_scale});
  }

  void move_statistics(std::size_t shards_used, float average_decay) {
    constexpr float kStatisticsMomentum = 0.1F;  // PyTorch's default
    const auto statistics = state_.network.statistics();
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      float mean = 0.0F;
      for (std::size_t s = 0; s < shards_used; ++s) {
        mean += shards_[s].trainer->batch_statistics()[i];
      }
      mean /= static_cast<float>(shards_used);
      statistics[i] += kStatisticsMomentum * (mean - statistics[i]);
    }
    // Averaged weights need the statistics that belong to them, not the latest.
    follow(state_.network.parameters().size(), statistics, average_decay);
  }

  /// Moves the average, from `at` on, towards these values.
  void follow(std::size_t at, std::span<const float> values, float decay) {
    if (state_.average.empty()) return;
    for (std::size_t i = 0; i < values.size(); ++i) {
      float& average = state_.average[at + i];
      average = decay * average + (1.0F - decay) * values[i];
    }
  }

  void apply_gradients(std::size_t shards_used, const BatchStep& where) {
    const auto parameters = state_.network.parameters();
    const std::size_t step = ++state_.optimiser.steps;
    const auto rate = static_cast<float>(where.learning_rate);
    const float decay = state_.average_decay(step);
    move_statistics(shards_used, decay);
    const auto each_piece = [&](const auto& work) {
      state_.pool->for_each(pieces_.size(),
                            [&](std::size_t i, int worker) { work(pieces_[i], worker); });
    };
    const auto add_up = [&](const ParameterPiece& piece, std::span<float> sum) {
      std::fill(sum.begin(), sum.end(), 0.0F);
      for (std::size_t s = 0; s < shards_used; ++s) {
        shards_[s].trainer->add_gradients(piece, sum.data());
      }
    };
    const auto move = [&](const ParameterPiece& piece, std::span<const float> gradient) {
      update(state_.config.optimiser, state_.optimiser, step, rate, gradient, parameters,
             piece.begin);
      follow(piece.begin, parameters.subspan(piece.begin, piece.size()), decay);
      state_.network.prepare(piece.layer, piece.rows);
    };
    const std::span<float> gradient(gradient_);
    if (clips()) {  // needs the whole gradient first
      const auto part = [&](const ParameterPiece& piece) {
        return gradient.subspan(piece.begin, piece.size());
      };
      each_piece([&](const ParameterPiece& piece, int) { add_up(piece, part(piece)); });
      clip_gradient_norm(gradient, static_cast<float>(state_.config.clip));
      each_piece([&](const ParameterPiece& piece, int) { move(piece, part(piece)); });
    } else {
      const std::size_t room = gradient.size() / static_cast<std::size_t>(state_.pool->threads());
      each_piece([&](const ParameterPiece& piece, int worker) {
        const auto sum = gradient.subspan(static_cast<std::size_t>(worker) * room, piece.size());
        add_up(piece, sum);
        move(piece, sum);
      });
    }
    state_.method->weights_changed(state_.network);
  }

  TrainerState& state_;
  std::size_t capacity_;  // sources of a shard
  std::vector<ShardWork> shards_;
  std::vector<ParameterPiece> pieces_;  // of the network
  std::vector<float> gradient_;  // the batch's, where it is clipped; else a piece's per thread
};

}  // namespace

Result<std::unique_ptr<BatchRunner>> make_cpu_batches(TrainerState& state, const Sequential*) {
  return std::unique_ptr<BatchRunner>(std::make_unique<CpuBatches>(state));
}

}  // namespace signflip
