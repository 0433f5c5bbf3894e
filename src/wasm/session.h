// What the browser asks for, in plain C++: a model to load, images to classify, an attack to run.
// bindings.cpp translates it to JavaScript; nothing here knows of Embind.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attack/runner.h"
#include "defence/denoised_model.h"
#include "nn/model_file.h"

namespace signflip {

/// A loaded model, perhaps behind a denoiser, and what may be done with it. Images are N×H×W×C
/// floats in [0,1].
class Session {
 public:
  static Result<Session> load(std::span<const std::uint8_t> bytes);

  /// This classifier with `denoiser` in front of it; both stay usable by themselves.
  Result<Session> behind(const Session& denoiser) const;

  /// The network itself; of a denoised model the classifier.
  const Sequential& network() const { return file_->network; }
  bool denoised() const { return denoised_ != nullptr; }

  /// Values as images of the network's input shape, or a sentence with what was found.
  Result<Tensor> to_tensor(std::vector<float> images) const;

  struct Prediction {
    std::vector<float> logits, probabilities;  ///< N×K
    std::vector<int> labels;
  };
  /// For a denoiser `logits` holds the images, and the rest is empty.
  Result<Prediction> predict(const std::vector<float>& images) const;

  /// The gradient of each image's cross-entropy with respect to its pixels, N×H×W×C.
  Result<std::vector<float>> gradient(const std::vector<float>& images,
                                      const std::vector<int>& labels) const;

  struct AttackOptions {
    std::string name;
    std::vector<std::pair<std::string, std::string>> parameters;  ///< kebab-case names, as text
    std::uint64_t seed = 0;
    /// Crafted on the classifier alone, judged with the denoiser in front. Needs denoised().
    bool gray_box = false;
    bool judge = true;  ///< false: only crafted (attack/runner.h)
    Progress progress;
    Observer observer;
  };
  /// `labels` may be empty: then what the model says of the clean images. `targets` empty:
  /// untargeted.
  Result<AttackOutcome> attack(const AttackOptions& options, const std::vector<float>& images,
                               std::vector<int> labels, const std::vector<int>& targets) const;

 private:
  explicit Session(ModelFile file) : file_(std::make_shared<const ModelFile>(std::move(file))) {}

  /// What classifies, with the denoiser where there is one.
  const DifferentiableModel& model() const;
  // Shared, so that a denoised session outlives the two that it was made of.
  std::shared_ptr<const ModelFile> file_, denoiser_;
  std::shared_ptr<const DenoisedModel> denoised_;
};

}  // namespace signflip
