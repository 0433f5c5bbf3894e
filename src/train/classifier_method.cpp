// What each method feeds the network, and the losses of it.
#include "train/classifier_method.h"

#include <algorithm>
#include <vector>

#include "core/softmax.h"
#include "nn/training_pass.h"
#include "train/fixed_attack.h"
#include "train/validation.h"

namespace signflip {
namespace {

/// The cross-entropy of `count` images of a forward pass: dlogits, multiplied by `scale`.
Marks grade(std::span<const float> logits, std::span<const int> labels, float smoothing,
            float scale, std::span<float> dlogits) {
  Marks marks;
  const std::size_t classes = logits.size() / labels.size();
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const auto z = logits.subspan(n * classes, classes);
    const auto dz = dlogits.subspan(n * classes, classes);
    marks.loss += static_cast<double>(cross_entropy(z, labels[n], smoothing));
    marks.correct += argmax(z) == labels[n] ? 1U : 0U;
    cross_entropy_gradient(z, labels[n], dz, smoothing);
    for (float& value : dz) value *= scale;
  }
  marks.images = labels.size();
  return marks;
}

/// What the network sees of each training image.
enum class Diet {
  clean,
  attacked,
  both,    ///< a clean and an attacked copy, each with its own cross-entropy
  trades,  ///< the same, with the clean copy's cross-entropy and the divergence between the two
};

class ClassifierShard final : public ShardTrainer {
 public:
  ClassifierShard(const Sequential& network, std::size_t capacity, const TrainingConfig& config,
                  const Diet& diet, const Craft& craft)
      : config_(config),
        diet_(diet),
        craft_(craft),
        shape_(network.input_shape()),
        pass_(network, capacity * (craft ? 2 : 1)),
        attack_pass_(craft ? network.new_pass(capacity) : nullptr),
        images_(capacity * shape_.size() * (craft ? 2 : 1)),
        dlogits_(pass_.capacity() * static_cast<std::size_t>(network.classes())) {}

  Marks train(const Lesson& lesson) override {
    const std::size_t count = lesson.labels.size(), size = count * shape_.size();
    const bool paired = diet_ == Diet::both || diet_ == Diet::trades;
    auto images = std::span(images_).first(paired ? 2 * size : size);
    if (diet_ != Diet::attacked) {
      std::copy(lesson.images.begin(), lesson.images.end(), images.begin());
    }
    if (diet_ != Diet::clean) {
      craft_(*attack_pass_,
             {shape_, lesson.images, lesson.labels, lesson.numbers, lesson.attack_seed,
              lesson.epsilon},
             images.last(size));
    }
    const auto logits = pass_.forward(images, paired ? 2 * count : count, lesson.dropout);
    const auto dlogits = std::span(dlogits_).first(logits.size());
    const Marks marks = diet_ == Diet::trades ? trades_loss(lesson, logits, dlogits)
                                              : cross_entropy_loss(lesson, logits, dlogits);
    pass_.backward(dlogits);
    return marks;
  }

  void add_gradients(const ParameterPiece& piece, float* sum) override {
    pass_.add_gradients(piece, sum);
  }
  std::span<const float> batch_statistics() const override { return pass_.batch_statistics(); }

 private:
  Marks cross_entropy_loss(const Lesson& lesson, std::span<const float> logits,
                           std::span<float> dlogits) {
    labels_.assign(lesson.labels.begin(), lesson.labels.end());
    if (diet_ == Diet::both) {
      labels_.insert(labels_.end(), lesson.labels.begin(), lesson.labels.end());
    }
    return grade(logits, labels_, static_cast<float>(config_.label_smoothing),
                 lesson.gradient_scale, dlogits);
  }

  Marks trades_loss(const Lesson& lesson, std::span<const float> logits, std::span<float> dlogits) {
    const std::size_t count = lesson.labels.size(), half = logits.size() / 2;
    const std::size_t classes = half / count;
    const auto dclean = dlogits.first(half), dattacked = dlogits.last(half);
    Marks marks = grade(logits.first(half), lesson.labels,
                        static_cast<float>(config_.label_smoothing), lesson.gradient_scale, dclean);
    std::fill(dattacked.begin(), dattacked.end(), 0.0F);
    const auto scale = static_cast<float>(config_.beta) * lesson.gradient_scale;
    marks.correct = 0;  // on the attacked copies, as the other methods count
    for (std::size_t n = 0; n < count; ++n) {
      const auto clean = logits.subspan(n * classes, classes);
      const auto attacked = logits.subspan(half + n * classes, classes);
      marks.loss +=
          config_.beta * divergence(clean, attacked, scale, dclean.subspan(n * classes, classes),
                                    dattacked.subspan(n * classes, classes));
      marks.correct += argmax(attacked) == lesson.labels[n] ? 1U : 0U;
    }
    return marks;
  }

  const TrainingConfig& config_;
  const Diet& diet_;
  const Craft& craft_;
  ImageShape shape_;
  TrainingPass pass_;
  std::unique_ptr<Pass> attack_pass_;
  std::vector<float> images_, dlogits_;
  std::vector<int> labels_;
};

class ClassifierMethod : public TrainingMethod {
 public:
  ClassifierMethod(const TrainingConfig& config, Diet diet, Craft craft)
      : config_(config), diet_(diet), craft_(std::move(craft)) {}

  std::unique_ptr<ShardTrainer> new_shard(const Sequential& network,
                                          std::size_t capacity) const override {
    return std::make_unique<ClassifierShard>(network, capacity, config_, diet_, craft_);
  }
  std::size_t copies() const override { return diet_ == Diet::both ? 2 : 1; }
  ValidationFigures validate(const Sequential& network, const Dataset& data,
                             std::span<const std::uint32_t> images,
                             ThreadPool& pool) const override {
    return validate_classifier(network, data, images, config_.robust_epsilon(), pool);
  }

 protected:
  const TrainingConfig config_;
  Diet diet_;
  Craft craft_;
};

/// Single-step training, watched: where robust accuracy against PGD collapses (catastrophic
/// overfitting), the epoch is undone and the attack gets one step more.
class FastMethod final : public ClassifierMethod {
 public:
  explicit FastMethod(const TrainingConfig& config)
      : ClassifierMethod(config, Diet::attacked, nullptr) {}

  Status choose_attack() {
    auto craft = single_step_craft(config_.attack, steps_);
    if (!craft) return craft.error();
    craft_ = std::move(*craft);
    return {};
  }

  void begin_epoch(int, const Sequential&, const Dataset&, ThreadPool&) override {
    steps_ = 1 + static_cast<int>(memory_[0]);
  }
  bool watches() const override { return true; }
  int attack_steps() const override { return steps_; }
  bool accept_epoch(double robust_accuracy) override {
    // Before the network has learned anything there is nothing to lose.
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
  int steps_ = 1;
  std::vector<float> memory_ = {0, 0};  // recoveries so far, best robust accuracy
};

/// Clean epochs; then the training set is attacked once, and the rest learns from these images.
class FinetuneMethod final : public ClassifierMethod {
 public:
  FinetuneMethod(const TrainingConfig& config, Craft craft, std::size_t values)
      : ClassifierMethod(config, Diet::clean, nullptr), attack_(std::move(craft)), memory_(values) {
    craft_ = [this](Pass&, const Victims& victims, std::span<float> adversarial) {
      attacked_.copy(victims.numbers, adversarial);
    };
  }

  void begin_epoch(int epoch, const Sequential& network, const Dataset& data,
                   ThreadPool& pool) override {
    const int first = config_.epochs - config_.finetune_epochs + 1;
    diet_ = epoch < first ? Diet::clean : Diet::attacked;
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
    attacked_.craft(then, data, attack_, config_.epsilon, config_.seed, pool);
  }
  std::span<const std::uint8_t> own_images() const override {
    return diet_ == Diet::attacked ? attacked_.pixels() : std::span<const std::uint8_t>();
  }
  std::span<float> memory() override { return memory_; }

 private:
  Craft attack_;
  FixedAttack attacked_;
  std::vector<float> memory_;  // the weights that were attacked
};

}  // namespace

Result<std::unique_ptr<TrainingMethod>> make_classifier_method(const TrainingConfig& config,
                                                               const Sequential& network) {
  using Made = std::unique_ptr<TrainingMethod>;
  if (config.method == Method::standard) {
    return Made(std::make_unique<ClassifierMethod>(config, Diet::clean, nullptr));
  }
  if (config.method == Method::trades) {
    return Made(
        std::make_unique<ClassifierMethod>(config, Diet::trades, divergence_craft(config.steps)));
  }
  if (config.method == Method::fast) {
    auto fast = std::make_unique<FastMethod>(config);
    const Status chosen = fast->choose_attack();
    if (!chosen) return chosen.error();
    return Made(std::move(fast));
  }
  auto craft = catalogue_craft("--attack", config.attack, config.steps);
  if (!craft) return craft.error();
  if (config.method == Method::finetune) {
    const std::size_t values = network.parameters().size() + network.statistics().size();
    return Made(std::make_unique<FinetuneMethod>(config, std::move(*craft), values));
  }
  const Diet diet = config.method == Method::mixed ? Diet::both : Diet::attacked;
  return Made(std::make_unique<ClassifierMethod>(config, diet, std::move(*craft)));
}

ValidationFigures validate_classifier(const Sequential& network, const Dataset& data,
                                      std::span<const std::uint32_t> images, double epsilon,
                                      ThreadPool& pool) {
  return {watched_accuracy(network, network, data, images, {}, 0, pool),
          watched_accuracy(network, network, data, watched_images(images), watching_attack(),
                           epsilon, pool)};
}

}  // namespace signflip
