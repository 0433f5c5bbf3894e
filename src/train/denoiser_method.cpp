#include "train/denoiser_method.h"

#include <vector>

#include "core/exact/training_rules.h"
#include "defence/denoised_model.h"
#include "train/losses.h"
#include "train/pass_trainer.h"
#include "train/validation.h"

namespace signflip {
namespace {

class DenoiserShard final : public PassTrainer {
 public:
  DenoiserShard(const Sequential& network, std::size_t capacity, const TrainingConfig& config,
                const Sequential& classifier, const TrainingAttack& attack)
      : PassTrainer(network, capacity),
        config_(config),
        attack_(attack),
        shape_(network.input_shape()),
        classifier_pass_(classifier.new_pass(capacity)),
        inputs_(capacity * shape_.size()),
        doutput_(inputs_.size()),
        dimage_(inputs_.size()),
        dlogits_(capacity * classifier_pass_->classes()) {}

  LossSums train(const TrainingShard& shard) override {
    const std::size_t count = shard.labels.size(), size = shape_.size();
    const auto inputs = std::span(inputs_).first(count * size);
    corrupt(shard, inputs);
    const auto outputs = pass_.forward(inputs, count, shard.dropout);
    const auto doutput = std::span(doutput_).first(count * size);

    const std::size_t classes = classifier_pass_->classes();
    const auto logits = classifier_pass_->forward(outputs, count);
    const auto dlogits = std::span(dlogits_).first(count * classes);
    LossSums sums = cross_entropy_losses(logits, shard.labels, 0, 1, dlogits);
    double squares = 0;
    const auto dimage = std::span(dimage_).first(count * size);
    classifier_pass_->input_gradient(dlogits, dimage);
    const auto guidance = static_cast<float>(config_.guidance);
    const float share = 2.0F / static_cast<float>(size);
    for (std::size_t i = 0; i < count * size; ++i) {
      const float error = outputs[i] - shard.images[i];
      squares += static_cast<double>(error * error);
      doutput[i] = shard.gradient_scale * (share * error + guidance * dimage[i]);
    }
    sums.loss = squares / static_cast<double>(size) + config_.guidance * sums.loss;
    pass_.backward(doutput);
    return sums;
  }

 private:
  /// Attacked, noisy and clean inputs, drawn for each image from a stream of its own.
  void corrupt(const TrainingShard& shard, std::span<float> inputs) {
    attack_.run(*classifier_pass_, shard.to_attack(shape_), inputs);
    const std::size_t size = shape_.size();
    const auto epsilon = static_cast<float>(shard.epsilon);
    for (std::size_t n = 0; n < shard.labels.size(); ++n) {
      Rng rng(~shard.attack_seed, shard.numbers[n]);
      const std::uint32_t kind = rng.below(kInputKinds);
      const float part = rng.uniform();
      for (std::size_t i = n * size; i < (n + 1) * size; ++i) {
        const float noise = kind == kNoisyInput ? epsilon * rng.uniform(-1.0F, 1.0F) : 0.0F;
        inputs[i] = corrupted_input(kind, part, noise, shard.images[i], inputs[i]);
      }
    }
  }

  const TrainingConfig& config_;
  const TrainingAttack& attack_;
  ImageShape shape_;
  std::unique_ptr<Pass> classifier_pass_;
  std::vector<float> inputs_, doutput_, dimage_, dlogits_;
};

class DenoiserMethod final : public TrainingMethod {
 public:
  DenoiserMethod(const TrainingConfig& config, const Sequential& classifier, TrainingAttack attack)
      : config_(config), classifier_(classifier), attack_(std::move(attack)) {}

  Status check_output(const Sequential& network, const Dataset&) const override {
    return check_denoiser(network, classifier_);
  }
  std::unique_ptr<ShardTrainer> new_shard(const Sequential& network,
                                          std::size_t capacity) const override {
    return std::make_unique<DenoiserShard>(network, capacity, config_, classifier_, attack_);
  }
  const TrainingAttack* attack() const override { return &attack_; }
  ValidationFigures validate(const Sequential& network, const Dataset& data,
                             std::span<const std::uint32_t> images,
                             ThreadPool& pool) const override {
    const DenoisedModel denoised(network, classifier_);
    return {validation_accuracy(classifier_, denoised, data, images, {}, 0, pool),
            validation_accuracy(classifier_, denoised, data, robust_validation_images(images),
                                attack_, config_.robust_epsilon(), pool)};
  }

 private:
  const TrainingConfig config_;
  const Sequential& classifier_;
  TrainingAttack attack_;
};

}  // namespace

Result<std::unique_ptr<TrainingMethod>> make_denoiser_method(const TrainingConfig& config,
                                                             const Sequential& classifier) {
  auto attack = catalogue_attack(config.attack, config.steps);
  if (!attack) return attack.error();
  return std::unique_ptr<TrainingMethod>(
      std::make_unique<DenoiserMethod>(config, classifier, std::move(*attack)));
}

}  // namespace signflip
