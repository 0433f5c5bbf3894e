#include "train/classifier_method.h"

#include <algorithm>
#include <vector>

#include "core/exact/softmax.h"
#include "train/fixed_attack.h"
#include "train/losses.h"
#include "train/pass_trainer.h"
#include "train/validation.h"

namespace signflip {
namespace {

/// What the network sees of each training image.
enum class TrainingInput {
  clean,
  attacked,
  both,    ///< a clean and an attacked copy, each with its own cross-entropy
  trades,  ///< the same, with the clean copy's cross-entropy and the divergence between the two
};

class ClassifierShard final : public PassTrainer {
 public:
  ClassifierShard(const Sequential& network, std::size_t capacity, const TrainingConfig& config,
                  const TrainingInput& input, const TrainingAttack& attack)
      : PassTrainer(network, capacity * (attack ? 2 : 1)),
        config_(config),
        input_(input),
        attack_(attack),
        shape_(network.input_shape()),
        attack_pass_(attack ? network.new_pass(capacity) : nullptr),
        images_(capacity * shape_.size() * (attack ? 2 : 1)),
        dlogits_(pass_.capacity() * static_cast<std::size_t>(network.classes())) {}

  LossSums train(const TrainingShard& shard) override {
    const std::size_t count = shard.labels.size(), size = count * shape_.size();
    const bool paired = input_ == TrainingInput::both || input_ == TrainingInput::trades;
    auto images = std::span(images_).first(paired ? 2 * size : size);
    if (input_ != TrainingInput::attacked) {
      std::copy(shard.images.begin(), shard.images.end(), images.begin());
    }
    if (input_ != TrainingInput::clean) {
      attack_.run(*attack_pass_, shard.to_attack(shape_), images.last(size));
    }
    const auto logits = pass_.forward(images, paired ? 2 * count : count, shard.dropout);
    const auto dlogits = std::span(dlogits_).first(logits.size());
    const LossSums sums = input_ == TrainingInput::trades
                              ? trades_loss(shard, logits, dlogits)
                              : cross_entropy_loss(shard, logits, dlogits);
    pass_.backward(dlogits);
    return sums;
  }

 private:
  LossSums cross_entropy_loss(const TrainingShard& shard, std::span<const float> logits,
                              std::span<float> dlogits) {
    labels_.assign(shard.labels.begin(), shard.labels.end());
    if (input_ == TrainingInput::both) {
      labels_.insert(labels_.end(), shard.labels.begin(), shard.labels.end());
    }
    return cross_entropy_losses(logits, labels_, static_cast<float>(config_.label_smoothing),
                                shard.gradient_scale, dlogits);
  }

  LossSums trades_loss(const TrainingShard& shard, std::span<const float> logits,
                       std::span<float> dlogits) {
    const std::size_t count = shard.labels.size(), half = logits.size() / 2;
    const std::size_t classes = half / count;
    const auto dclean = dlogits.first(half), dattacked = dlogits.last(half);
    LossSums sums = cross_entropy_losses(logits.first(half), shard.labels,
                                         static_cast<float>(config_.label_smoothing),
                                         shard.gradient_scale, dclean);
    std::fill(dattacked.begin(), dattacked.end(), 0.0F);
    const auto scale = static_cast<float>(config_.beta) * shard.gradient_scale;
    sums.correct = 0;  // on the attacked copies, as the other methods count
    for (std::size_t n = 0; n < count; ++n) {
      const auto clean = logits.subspan(n * classes, classes);
      const auto attacked = logits.subspan(half + n * classes, classes);
      sums.loss +=
          config_.beta * divergence(clean, attacked, scale, dclean.subspan(n * classes, classes),
                                    dattacked.subspan(n * classes, classes));
      sums.correct += argmax(attacked) == shard.labels[n] ? 1U : 0U;
    }
    return sums;
  }

  const TrainingConfig& config_;
  const TrainingInput& input_;
  const TrainingAttack& attack_;
  ImageShape shape_;
  std::unique_ptr<Pass> attack_pass_;
  std::vector<float> images_, dlogits_;
  std::vector<int> labels_;
};

class ClassifierMethod : public TrainingMethod {
 public:
  ClassifierMethod(const TrainingConfig& config, TrainingInput input, TrainingAttack attack)
      : config_(config), input_(input), attack_(std::move(attack)) {}

  std::unique_ptr<ShardTrainer> new_shard(const Sequential& network,
                                          std::size_t capacity) const override {
    return std::make_unique<ClassifierShard>(network, capacity, config_, input_, attack_);
  }
  std::size_t copies() const override { return input_ == TrainingInput::both ? 2 : 1; }
  const TrainingAttack* attack() const override {
    return input_ == TrainingInput::clean ? nullptr : &attack_;
  }
  ValidationFigures validate(const Sequential& network, const Dataset& data,
                             std::span<const std::uint32_t> images,
                             ThreadPool& pool) const override {
    return validate_classifier(network, data, images, config_.robust_epsilon(), pool);
  }

 protected:
  const TrainingConfig config_;
  TrainingInput input_;
  TrainingAttack attack_;
};

/// Single-step training, validated after each epoch: where robust accuracy against PGD collapses
/// (catastrophic overfitting), the epoch is undone and the attack gets one step more.
class FastMethod final : public ClassifierMethod {
 public:
  FastMethod(const TrainingConfig& config, const Climb& climb)
      : ClassifierMethod(config, TrainingInput::attacked, attack_of(climb)) {}

  void begin_epoch(int, const Sequential&, const Dataset&, ThreadPool&) override {
    // The name has been checked.
    attack_ = attack_of(*single_step_climb(config_.attack, 1 + static_cast<int>(memory_[0])));
  }
  bool checks_epochs() const override { return true; }
  bool accept_epoch(double robust_accuracy) override {
    // A network that has not learned yet cannot collapse.
    constexpr double kLearned = 0.3, kCollapse = 0.75;
    const auto best = static_cast<double>(memory_[1]);
    if (best > kLearned && robust_accuracy < kCollapse * best) {
      memory_[0] += 1;
      return false;
    }
    memory_[1] = static_cast<float>(std::max(best, robust_accuracy));
    return true;
  }
  std::span<float> memory() override { return memory_; }

 private:
  std::vector<float> memory_ = {0, 0};  // recoveries so far, best robust accuracy
};

/// Clean epochs; then the training set is attacked once, and the rest learns from these images.
class FinetuneMethod final : public ClassifierMethod {
 public:
  FinetuneMethod(const TrainingConfig& config, TrainingAttack attack, std::size_t values)
      : ClassifierMethod(config, TrainingInput::clean, {}),
        whole_set_attack_(std::move(attack)),
        memory_(values) {
    attack_.run = [this](Pass&, const AttackInput& input, std::span<float> adversarial) {
      attacked_.copy(input.numbers, adversarial);
    };
  }

  const TrainingAttack* attack() const override { return nullptr; }  // batches are not
  void begin_epoch(int epoch, const Sequential& network, const Dataset& data,
                   ThreadPool& pool) override {
    const int first = config_.epochs - config_.finetune_epochs + 1;
    input_ = epoch < first ? TrainingInput::clean : TrainingInput::attacked;
    if (epoch < first || !attacked_.empty()) return;
    // A resumed run attacks the network as it was then, which the checkpoint remembers.
    const std::size_t weights = network.parameters().size();
    if (epoch == first) {
      std::copy_n(network.parameters().begin(), weights, memory_.begin());
      std::copy_n(network.statistics().begin(), network.statistics().size(),
                  memory_.begin() + static_cast<std::ptrdiff_t>(weights));
    }
    Sequential then = network;
    std::copy_n(memory_.begin(), weights, then.parameters().begin());
    std::copy(memory_.begin() + static_cast<std::ptrdiff_t>(weights), memory_.end(),
              then.statistics().begin());
    then.prepare();
    attacked_.attack(then, data, whole_set_attack_, config_.epsilon, config_.seed, pool);
  }
  std::span<const std::uint8_t> own_images() const override {
    return input_ == TrainingInput::attacked ? attacked_.pixels() : std::span<const std::uint8_t>();
  }
  std::span<float> memory() override { return memory_; }

 private:
  TrainingAttack whole_set_attack_;
  FixedAttack attacked_;
  std::vector<float> memory_;  // the weights that were attacked
};

}  // namespace

Result<std::unique_ptr<TrainingMethod>> make_classifier_method(const TrainingConfig& config,
                                                               const Sequential& network) {
  using Made = std::unique_ptr<TrainingMethod>;
  if (config.method == Method::standard) {
    return Made(std::make_unique<ClassifierMethod>(config, TrainingInput::clean, TrainingAttack()));
  }
  if (config.method == Method::trades) {
    return Made(std::make_unique<ClassifierMethod>(config, TrainingInput::trades,
                                                   attack_of(divergence_climb(config.steps))));
  }
  if (config.method == Method::fast) {
    const auto climb = single_step_climb(config.attack, 1);
    if (!climb) return climb.error();
    return Made(std::make_unique<FastMethod>(config, *climb));
  }
  auto attack = catalogue_attack(config.attack, config.steps);
  if (!attack) return attack.error();
  if (config.method == Method::finetune) {
    const std::size_t values = network.parameters().size() + network.statistics().size();
    return Made(std::make_unique<FinetuneMethod>(config, std::move(*attack), values));
  }
  const bool mixed = config.method == Method::mixed;
  return Made(std::make_unique<ClassifierMethod>(
      config, mixed ? TrainingInput::both : TrainingInput::attacked, std::move(*attack)));
}

ValidationFigures validate_classifier(const Sequential& network, const Dataset& data,
                                      std::span<const std::uint32_t> images, double epsilon,
                                      ThreadPool& pool) {
  return {validation_accuracy(network, network, data, images, {}, 0, pool),
          validation_accuracy(network, network, data, robust_validation_images(images),
                              validation_attack(), epsilon, pool)};
}

}  // namespace signflip
