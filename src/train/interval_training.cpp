#include "train/interval_training.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "certify/certify.h"
#include "core/softmax.h"
#include "nn/training_pass.h"
#include "train/interval_training_pass.h"
#include "train/validation.h"

namespace signflip {
namespace {

class IntervalShard final : public ShardTrainer {
 public:
  IntervalShard(const IntervalNetwork& intervals, std::size_t capacity,
                const TrainingConfig& config, Craft craft)
      : config_(config),
        craft_(std::move(craft)),
        shape_(intervals.network().input_shape()),
        classes_(static_cast<std::size_t>(intervals.network().classes())),
        pass_(intervals.network(), capacity),
        bounds_(intervals, capacity),
        attack_pass_(craft_ ? intervals.network().new_pass(capacity) : nullptr),
        gradients_(intervals.network().parameters().size()),
        attacked_(craft_ ? capacity * shape_.size() : 0),
        gradient_(capacity * classes_),
        worst_(classes_) {}

  Marks train(const Lesson& lesson) override {
    const auto kappa = static_cast<float>(share_of_plain_loss(lesson.epsilon));
    std::fill(gradients_.begin(), gradients_.end(), 0.0F);
    Marks marks = plain_loss(lesson, kappa);
    if (kappa < 1.0F) marks.loss += worst_case_loss(lesson, 1.0F - kappa);
    return marks;
  }

  void add_gradients(const ParameterPiece& piece, float* sum) override {
    for (std::size_t i = piece.begin; i < piece.end; ++i) *sum++ += gradients_[i];
  }
  std::span<const float> batch_statistics() const override { return pass_.batch_statistics(); }

 private:
  double share_of_plain_loss(double epsilon) const {
    const double risen = config_.epsilon > 0 ? std::min(epsilon / config_.epsilon, 1.0) : 1.0;
    return 1.0 - (1.0 - config_.kappa) * risen;
  }

  /// Runs the shard even where `share` is 0: batch norm's statistics come from here.
  Marks plain_loss(const Lesson& lesson, float share) {
    const std::size_t count = lesson.labels.size();
    auto images = lesson.images;
    if (craft_) {
      const auto attacked = std::span(attacked_).first(images.size());
      craft_(*attack_pass_,
             {shape_, lesson.images, lesson.labels, lesson.numbers, lesson.attack_seed,
              lesson.epsilon},
             attacked);
      images = attacked;
    }
    const auto logits = pass_.forward(images, count, lesson.dropout);
    const auto smoothing = static_cast<float>(config_.label_smoothing);
    Marks marks{0.0, 0, count};
    for (std::size_t n = 0; n < count; ++n) {
      const auto z = logits.subspan(n * classes_, classes_);
      const auto dz = std::span(gradient_).subspan(n * classes_, classes_);
      const int label = lesson.labels[n];
      marks.loss += static_cast<double>(share * cross_entropy(z, label, smoothing));
      marks.correct += argmax(z) == label ? 1U : 0U;
      cross_entropy_gradient(z, label, dz, smoothing);
      for (float& value : dz) value *= share * lesson.gradient_scale;
    }
    if (share > 0.0F) {
      pass_.backward(std::span(gradient_).first(count * classes_));
      pass_.add_gradients(gradients_);
    }
    return marks;
  }

  double worst_case_loss(const Lesson& lesson, float share) {
    const std::size_t count = lesson.labels.size();
    const auto margins = bounds_.forward(lesson.images, lesson.labels, count, lesson.epsilon,
                                         pass_.batch_statistics());
    double loss = 0.0;
    for (std::size_t n = 0; n < count; ++n) {
      const auto dmargin = std::span(gradient_).subspan(n * classes_, classes_);
      for (std::size_t k = 0; k < classes_; ++k) worst_[k] = -margins[n * classes_ + k];
      const std::span<const float> worst(worst_);
      loss += static_cast<double>(share * cross_entropy(worst, lesson.labels[n]));
      cross_entropy_gradient(worst, lesson.labels[n], dmargin);
      for (float& value : dmargin) value *= -share * lesson.gradient_scale;
    }
    bounds_.backward(std::span(gradient_).first(count * classes_), gradients_);
    return loss;
  }

  const TrainingConfig config_;
  const Craft craft_;
  ImageShape shape_;
  std::size_t classes_;
  TrainingPass pass_;
  IntervalTrainingPass bounds_;
  std::unique_ptr<Pass> attack_pass_;
  std::vector<float> gradients_;  // of the parameters; the others are of logits and margins
  std::vector<float> attacked_, gradient_, worst_;
};

class IntervalMethod final : public TrainingMethod {
 public:
  IntervalMethod(const TrainingConfig& config, Craft craft)
      : config_(config), craft_(std::move(craft)) {}

  std::unique_ptr<ShardTrainer> new_shard(const Sequential&, std::size_t capacity) const override {
    return make_interval_shard(*intervals_, capacity, config_, craft_);
  }

  /// The trainer calls this before the first shard is made, always with the same network.
  void weights_changed(const Sequential& network) override {
    if (!intervals_) {
      intervals_.emplace(network, IntervalNetwork::Purpose::training);
    } else {
      intervals_->update();
    }
  }

  ValidationFigures validate(const Sequential& network, const Dataset& data,
                             std::span<const std::uint32_t> images,
                             ThreadPool& pool) const override {
    const std::vector<std::uint32_t> some = watched_images(images);
    Tensor pixels(some.size(), data.image);
    data.copy_images(some, pixels.values());
    std::vector<int> labels;
    for (const std::uint32_t n : some) labels.push_back(data.labels[n]);
    const auto certificates =
        certify(network, {config_.robust_epsilon(), 0.0}, pixels, labels, pool);
    return {watched_accuracy(network, network, data, images, {}, 0.0, pool),
            certificates ? summarise(*certificates).verified_accuracy : 0.0};
  }

 private:
  const TrainingConfig config_;
  const Craft craft_;
  std::optional<IntervalNetwork> intervals_;
};

}  // namespace

std::unique_ptr<ShardTrainer> make_interval_shard(const IntervalNetwork& intervals,
                                                  std::size_t capacity,
                                                  const TrainingConfig& config, Craft craft) {
  return std::make_unique<IntervalShard>(intervals, capacity, config, std::move(craft));
}

Result<std::unique_ptr<TrainingMethod>> make_interval_method(const TrainingConfig& config) {
  Craft craft;
  if (!config.attack.empty() && config.attack != "none") {
    auto made = catalogue_craft("--attack", config.attack, config.steps);
    if (!made) return made.error();
    craft = std::move(*made);
  }
  return std::unique_ptr<TrainingMethod>(
      std::make_unique<IntervalMethod>(config, std::move(craft)));
}

}  // namespace signflip
