#include "train/interval_training.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "certify/certify.h"
#include "core/exact/softmax.h"
#include "core/exact/training_rules.h"
#include "nn/training_pass.h"
#include "train/interval_training_pass.h"
#include "train/losses.h"
#include "train/validation.h"

namespace signflip {
namespace {

class IntervalShard final : public ShardTrainer {
 public:
  IntervalShard(const IntervalNetwork& intervals, std::size_t capacity,
                const TrainingConfig& config, TrainingAttack attack)
      : config_(config),
        attack_(std::move(attack)),
        shape_(intervals.network().input_shape()),
        classes_(static_cast<std::size_t>(intervals.network().classes())),
        pass_(intervals.network(), capacity),
        bounds_(intervals, capacity),
        attack_pass_(attack_ ? intervals.network().new_pass(capacity) : nullptr),
        gradients_(intervals.network().parameters().size()),
        attacked_(attack_ ? capacity * shape_.size() : 0),
        dlogits_(capacity * classes_),
        dmargins_(capacity * classes_),
        worst_(classes_) {}

  LossSums train(const TrainingShard& shard) override {
    const auto kappa =
        static_cast<float>(plain_loss_share(config_.kappa, shard.epsilon, config_.epsilon));
    std::fill(gradients_.begin(), gradients_.end(), 0.0F);
    LossSums sums = plain_loss(shard, kappa);
    std::span<const float> dstatistics;
    if (kappa < 1.0F) {
      sums.loss += worst_case_loss(shard, 1.0F - kappa);
      dstatistics =
          bounds_.backward(std::span(dmargins_).first(shard.labels.size() * classes_), gradients_);
    }
    if (kappa > 0.0F || !dstatistics.empty()) {
      pass_.backward(std::span(dlogits_).first(shard.labels.size() * classes_), {}, dstatistics);
      pass_.add_gradients(gradients_);
    }
    return sums;
  }

  void add_gradients(const ParameterPiece& piece, float* sum) override {
    for (std::size_t i = piece.begin; i < piece.end; ++i) *sum++ += gradients_[i];
  }
  std::span<const float> batch_statistics() const override { return pass_.batch_statistics(); }

 private:
  /// Runs the shard even where `share` is 0: batch norm's statistics come from here.
  LossSums plain_loss(const TrainingShard& shard, float share) {
    const std::size_t count = shard.labels.size();
    auto images = shard.images;
    if (attack_) {
      const auto attacked = std::span(attacked_).first(images.size());
      attack_.run(*attack_pass_, shard.to_attack(shape_), attacked);
      images = attacked;
    }
    const auto logits = pass_.forward(images, count, shard.dropout);
    LossSums sums = cross_entropy_losses(
        logits, shard.labels, static_cast<float>(config_.label_smoothing),
        share * shard.gradient_scale, std::span(dlogits_).first(count * classes_));
    sums.loss *= static_cast<double>(share);
    return sums;
  }

  double worst_case_loss(const TrainingShard& shard, float share) {
    const std::size_t count = shard.labels.size();
    const auto margins =
        bounds_.forward(shard.images, shard.labels, count, shard.epsilon, pass_.batch_statistics());
    double loss = 0.0;
    for (std::size_t n = 0; n < count; ++n) {
      const auto dmargin = std::span(dmargins_).subspan(n * classes_, classes_);
      for (std::size_t k = 0; k < classes_; ++k) worst_[k] = -margins[n * classes_ + k];
      const std::span<const float> worst(worst_);
      loss += static_cast<double>(share * cross_entropy(worst, shard.labels[n]));
      cross_entropy_gradient(worst, shard.labels[n], dmargin);
      for (float& value : dmargin) value *= -share * shard.gradient_scale;
    }
    return loss;
  }

  const TrainingConfig config_;
  const TrainingAttack attack_;
  ImageShape shape_;
  std::size_t classes_;
  TrainingPass pass_;
  IntervalTrainingPass bounds_;
  std::unique_ptr<Pass> attack_pass_;
  std::vector<float> gradients_;  // of the parameters
  std::vector<float> attacked_, dlogits_, dmargins_, worst_;
};

class IntervalMethod final : public TrainingMethod {
 public:
  IntervalMethod(const TrainingConfig& config, TrainingAttack attack)
      : config_(config), attack_(std::move(attack)) {}

  std::unique_ptr<ShardTrainer> new_shard(const Sequential&, std::size_t capacity) const override {
    return make_interval_shard(*intervals_, capacity, config_, attack_);
  }

  /// The trainer calls this before the first shard is made, always with the same network.
  void weights_changed(const Sequential& network) override {
    if (!intervals_) {
      intervals_.emplace(network, IntervalNetwork::Purpose::training);
    } else {
      intervals_->update();
    }
  }

  const TrainingAttack* attack() const override { return attack_ ? &attack_ : nullptr; }

  ValidationFigures validate(const Sequential& network, const Dataset& data,
                             std::span<const std::uint32_t> images,
                             ThreadPool& pool) const override {
    const std::vector<std::uint32_t> some = robust_validation_images(images);
    Tensor pixels(some.size(), data.image);
    data.copy_images(some, pixels.values());
    std::vector<int> labels;
    for (const std::uint32_t n : some) labels.push_back(data.labels[n]);
    const auto certificates =
        certify(network, {config_.robust_epsilon(), 0.0}, pixels, labels, pool);
    return {validation_accuracy(network, network, data, images, {}, 0.0, pool),
            certificates ? summarise(*certificates).verified_accuracy : 0.0};
  }

 private:
  const TrainingConfig config_;
  const TrainingAttack attack_;
  std::optional<IntervalNetwork> intervals_;
};

}  // namespace

std::unique_ptr<ShardTrainer> make_interval_shard(const IntervalNetwork& intervals,
                                                  std::size_t capacity,
                                                  const TrainingConfig& config,
                                                  TrainingAttack attack) {
  return std::make_unique<IntervalShard>(intervals, capacity, config, std::move(attack));
}

Result<std::unique_ptr<TrainingMethod>> make_interval_method(const TrainingConfig& config) {
  TrainingAttack attack;
  if (!config.attack.empty() && config.attack != "none") {
    auto made = catalogue_attack(config.attack, config.steps);
    if (!made) return made.error();
    attack = std::move(*made);
  }
  return std::unique_ptr<TrainingMethod>(
      std::make_unique<IntervalMethod>(config, std::move(attack)));
}

}  // namespace signflip
