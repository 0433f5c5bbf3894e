// The denoiser's lessons.
#include "train/denoiser_method.h"

#include <algorithm>
#include <vector>

#include "core/softmax.h"
#include "defence/denoised_model.h"
#include "nn/training_pass.h"
#include "train/validation.h"

namespace signflip {
namespace {

class DenoiserShard final : public ShardTrainer {
 public:
  DenoiserShard(const Sequential& network, std::size_t capacity, const TrainingConfig& config,
                const Sequential& classifier, const Craft& craft)
      : config_(config),
        craft_(craft),
        shape_(network.input_shape()),
        pass_(network, capacity),
        classifier_pass_(classifier.new_pass(capacity)),
        inputs_(capacity * shape_.size()),
        doutput_(inputs_.size()),
        dimage_(inputs_.size()),
        dlogits_(capacity * classifier_pass_->classes()) {}

  Marks train(const Lesson& lesson) override {
    const std::size_t count = lesson.labels.size(), size = shape_.size();
    const auto inputs = std::span(inputs_).first(count * size);
    spoil(lesson, inputs);
    const auto outputs = pass_.forward(inputs, count, lesson.dropout);
    const auto doutput = std::span(doutput_).first(count * size);

    const std::size_t classes = classifier_pass_->classes();
    const auto logits = classifier_pass_->forward(outputs, count);
    const auto dlogits = std::span(dlogits_).first(count * classes);
    Marks marks;
    marks.images = count;
    double classifier_loss = 0, squares = 0;
    for (std::size_t n = 0; n < count; ++n) {
      const auto z = logits.subspan(n * classes, classes);
      classifier_loss += static_cast<double>(cross_entropy(z, lesson.labels[n]));
      marks.correct += argmax(z) == lesson.labels[n] ? 1U : 0U;
      cross_entropy_gradient(z, lesson.labels[n], dlogits.subspan(n * classes, classes));
    }
    const auto dimage = std::span(dimage_).first(count * size);
    classifier_pass_->input_gradient(dlogits, dimage);
    const auto guidance = static_cast<float>(config_.guidance);
    const float share = 2.0F / static_cast<float>(size);
    for (std::size_t i = 0; i < count * size; ++i) {
      const float error = outputs[i] - lesson.images[i];
      squares += static_cast<double>(error * error);
      doutput[i] = lesson.gradient_scale * (share * error + guidance * dimage[i]);
    }
    marks.loss = squares / static_cast<double>(size) + config_.guidance * classifier_loss;
    pass_.backward(doutput);
    return marks;
  }

  void add_gradients(const ParameterPiece& piece, float* sum) override {
    pass_.add_gradients(piece, sum);
  }
  std::span<const float> batch_statistics() const override { return pass_.batch_statistics(); }

 private:
  /// Attacked, noisy and clean inputs, drawn for each image from a stream of its own.
  void spoil(const Lesson& lesson, std::span<float> inputs) {
    craft_(
        *classifier_pass_,
        {shape_, lesson.images, lesson.labels, lesson.numbers, lesson.attack_seed, lesson.epsilon},
        inputs);
    const std::size_t size = shape_.size();
    const auto epsilon = static_cast<float>(lesson.epsilon);
    for (std::size_t n = 0; n < lesson.labels.size(); ++n) {
      Rng rng(~lesson.attack_seed, lesson.numbers[n]);
      const std::uint32_t kind = rng.below(6);
      if (kind < 2) continue;  // attacked in full
      const float part = rng.uniform();
      const auto clean = lesson.images.subspan(n * size, size);
      const auto input = inputs.subspan(n * size, size);
      for (std::size_t i = 0; i < size; ++i) {
        const float change = kind < 4    ? part * (input[i] - clean[i])
                             : kind == 4 ? epsilon * rng.uniform(-1.0F, 1.0F)
                                         : 0.0F;
        input[i] = std::clamp(clean[i] + change, 0.0F, 1.0F);
      }
    }
  }

  const TrainingConfig& config_;
  const Craft& craft_;
  ImageShape shape_;
  TrainingPass pass_;
  std::unique_ptr<Pass> classifier_pass_;
  std::vector<float> inputs_, doutput_, dimage_, dlogits_;
};

class DenoiserMethod final : public TrainingMethod {
 public:
  DenoiserMethod(const TrainingConfig& config, const Sequential& classifier, Craft craft)
      : config_(config), classifier_(classifier), craft_(std::move(craft)) {}

  Status check_output(const Sequential& network, const Dataset&) const override {
    return check_denoiser(network, classifier_);
  }
  std::unique_ptr<ShardTrainer> new_shard(const Sequential& network,
                                          std::size_t capacity) const override {
    return std::make_unique<DenoiserShard>(network, capacity, config_, classifier_, craft_);
  }
  ValidationFigures validate(const Sequential& network, const Dataset& data,
                             std::span<const std::uint32_t> images,
                             ThreadPool& pool) const override {
    const DenoisedModel denoised(network, classifier_);
    return {watched_accuracy(classifier_, denoised, data, images, {}, 0, pool),
            watched_accuracy(classifier_, denoised, data, watched_images(images), craft_,
                             config_.robust_epsilon(), pool)};
  }

 private:
  const TrainingConfig config_;
  const Sequential& classifier_;
  Craft craft_;
};

}  // namespace

Result<std::unique_ptr<TrainingMethod>> make_denoiser_method(const TrainingConfig& config,
                                                             const Sequential& classifier) {
  auto craft = catalogue_craft("--attack", config.attack, config.steps);
  if (!craft) return craft.error();
  return std::unique_ptr<TrainingMethod>(
      std::make_unique<DenoiserMethod>(config, classifier, std::move(*craft)));
}

}  // namespace signflip
