// A loaded model and what the page asks of it: for one image and for whole test sets alike. Plain
// C++; src/wasm translates it to JavaScript.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attack/runner.h"
#include "defence/defended_model.h"
#include "nn/safetensors.h"

namespace signflip {

/// A model, perhaps behind a denoiser or an input transform. Images are N×H×W×C floats in [0,1]; N
/// is any number.
class ModelSession {
 public:
  /// Errors begin with `name`.
  static Result<ModelSession> load(std::span<const std::uint8_t> bytes,
                                   std::string_view name = "the model file");

  /// How many bytes the model file has that begins so, by its own header: for those who read it.
  /// An error where its first kBeginning bytes are no beginning of a model file.
  static Result<std::size_t> file_size(std::span<const std::uint8_t> beginning) {
    return safetensors_size(beginning, "the model file");
  }
  static constexpr std::size_t kBeginning = sizeof(std::uint64_t) + kMaximumHeader;

  /// This classifier with `denoiser` in front of it; both stay usable by themselves.
  Result<ModelSession> behind(const ModelSession& denoiser) const;
  /// This classifier with an input transform in front of it: "jpeg:75", "blur:1" and the others of
  /// transform_from_text(). `gradient`: "identity" or "own"; empty: its own where it has one.
  Result<ModelSession> behind(std::string_view transform, std::string_view gradient) const;

  /// The network itself; of a denoised model the classifier.
  const Sequential& network() const { return model_.network(); }
  /// What classifies, and what attacks see: with the defence where there is one.
  const DifferentiableModel& model() const { return model_.judge(); }
  bool defended() const { return model_.defended(); }

  /// Images as the network gets them, N×H×W×C: through what stands in front of it.
  Result<std::vector<float>> seen_by_network(const std::vector<float>& images) const;

  /// Grad-CAM (nn/saliency.h) of the network for each image's class, N×H×W, not negative; behind a
  /// defence of the images as the network gets them.
  Result<std::vector<float>> grad_cam(const std::vector<float>& images,
                                      std::span<const int> classes) const;

  /// Values as images of the network's input shape, of whatever size. Error if they are not whole
  /// images.
  Result<Tensor> to_tensor(std::vector<float> images) const;

  struct Prediction {
    std::vector<float> logits, probabilities;  ///< N×K
    std::vector<int> labels;
  };
  /// For a denoiser `logits` holds the images, and the rest is empty.
  Result<Prediction> predict(const std::vector<float>& images) const;

  /// The gradient of each image's cross-entropy with respect to its pixels, N×H×W×C.
  Result<std::vector<float>> gradient(const std::vector<float>& images,
                                      std::span<const int> labels) const;

  struct AttackOptions {
    std::string name;
    std::vector<std::pair<std::string, std::string>> parameters;  ///< kebab-case names, as text
    std::uint64_t seed = 0;
    /// The first image's number in the whole run: a test set attacked in pieces gives the same
    /// bytes as in one call.
    std::size_t first_image = 0;
    /// Crafted on the classifier alone, judged with the defence in front. Needs defended().
    bool gray_box = false;
    bool judge = true;  ///< false: only crafted (attack/runner.h)
    Progress progress;
    Observer observer;
  };
  /// `labels` may be empty: then what the model says of the clean images. `targets` empty:
  /// untargeted.
  Result<AttackOutcome> attack(const AttackOptions& options, const std::vector<float>& images,
                               std::vector<int> labels, std::span<const int> targets) const;

  /// The adversarial image as a picture of 8 bits, H·W·C bytes: rounded towards the clean one where
  /// the attack has a budget that the nearest values would break (attack/written_image.h).
  Result<std::vector<std::uint8_t>> written(const AttackOptions& options,
                                            const std::vector<float>& clean,
                                            const std::vector<float>& adversarial) const;

  /// Values per image in front of the last dense layer; 0 where the network has none.
  std::size_t feature_count() const;
  /// N×feature_count(): the input of the last dense layer for each image.
  Result<std::vector<float>> features(const std::vector<float>& images) const;

  /// The largest L∞ radius per image, up to 1, within which interval bounds prove that the model
  /// gives the label; 0 where they prove none. Error for a defended model, of which nothing can be
  /// proved.
  Result<std::vector<double>> certified_radii(const std::vector<float>& images,
                                              std::span<const int> labels) const;

 private:
  /// As to_tensor(); an error, too, where a value is not in [0,1].
  Result<Tensor> to_pictures(const std::vector<float>& images) const;
  /// An error unless there is a class of the model for each image.
  Status check_labels(const char* what, const Tensor& images, std::span<const int> labels) const;

  explicit ModelSession(DefendedModel model) : model_(std::move(model)) {}

  DefendedModel model_;
};

}  // namespace signflip
