// What the browser asks for, in plain C++: a model to load, images to classify, an attack to run.
// bindings.cpp translates it to JavaScript; nothing here knows of Embind.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attack/runner.h"
#include "nn/model_file.h"

namespace signflip {

/// A loaded model, and what may be done with it. Images are N×H×W×C floats in [0,1].
class Session {
 public:
  static Result<Session> load(std::span<const std::uint8_t> bytes);

  const Sequential& network() const { return model_.network; }

  struct Prediction {
    std::vector<float> logits, probabilities;  ///< N×K
    std::vector<int> labels;
  };
  /// For a denoiser `logits` holds the images, and the rest is empty.
  Result<Prediction> predict(std::vector<float> images) const;

  /// The gradient of each image's cross-entropy with respect to its pixels, N×H×W×C.
  Result<std::vector<float>> gradient(std::vector<float> images,
                                      const std::vector<int>& labels) const;

  struct AttackOptions {
    std::string name;
    std::vector<std::pair<std::string, std::string>> parameters;  ///< kebab-case names, as text
    std::uint64_t seed = 0;
    Progress progress;
    Observer observer;
  };
  /// `labels` may be empty: then what the model says of the clean images. `targets` empty:
  /// untargeted.
  Result<AttackOutcome> attack(const AttackOptions& options, std::vector<float> images,
                               std::vector<int> labels, const std::vector<int>& targets) const;

 private:
  explicit Session(ModelFile model) : model_(std::move(model)) {}

  Result<Tensor> to_tensor(std::vector<float> images) const;

  ModelFile model_;
};

}  // namespace signflip
