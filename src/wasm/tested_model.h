// A classifier as the page's view of whole test sets asks it: attacks on stretches of a longer run,
// the features in front of the last layer, and a slice through its decision surface. Plain C++;
// bindings_model.cpp translates it to JavaScript. One image under the magnifying glass is
// session.h.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attack/runner.h"
#include "nn/model_file.h"

namespace signflip {

/// Two directions of one length through an image, each value in [-1,1], N = H·W·C values each.
struct Plane {
  std::vector<float> u;  ///< sign of the loss's gradient: where FGSM goes
  std::vector<float> v;  ///< random signs, exactly orthogonal to u
};

/// A classifier, or a classifier behind a denoiser. Images are N×H×W×C.
class TestedModel {
 public:
  /// `denoiser` may be empty: then the classifier stands alone.
  static Result<TestedModel> load(std::span<const std::uint8_t> classifier,
                                  std::span<const std::uint8_t> denoiser);

  const Sequential& classifier() const { return parts_->classifier.network; }
  /// What is attacked: the gradients run through the denoiser where there is one.
  const DifferentiableModel& model() const { return *parts_->model; }

  /// Stored bytes as pixels in [0,1]; a sentence unless they are whole images.
  Result<Tensor> images(std::span<const std::uint8_t> bytes) const;
  Result<Tensor> images(std::vector<float> pixels) const;

  struct Reading {
    std::vector<int> labels;         ///< N
    std::vector<float> confidences;  ///< N, the probability of that label
  };
  Reading read(const Tensor& images) const;

  struct AttackOptions {
    std::string name;
    std::vector<std::pair<std::string, std::string>> parameters;  ///< kebab-case names, as text
    std::uint64_t seed = 0;
    std::size_t first_image = 0;  ///< its number in the whole run: pieces give the same as one go
    Progress progress;
    Observer observer;
  };
  /// Attacks and judges with this model.
  Result<AttackOutcome> attack(const AttackOptions& options, const Tensor& images,
                               std::span<const int> labels) const;

  /// Values of one image in front of the last dense layer; 0 where the network has none.
  std::size_t feature_count() const;
  /// N×feature_count(): what the last dense layer sees of each image.
  Result<std::vector<float>> features(const Tensor& images) const;

  /// The plane through one image (1×H×W×C) of the church-window plots (Warde-Farley and Goodfellow
  /// 2016). With |u|,|v| ≤ 1 everywhere and equal signs as often as not, the L∞ ball of radius ε
  /// cuts the plane in |a| + |b| ≤ ε. A sentence where the gradient is exactly 0.
  Result<Plane> plane(const Tensor& image, int label, std::uint64_t seed) const;

  /// Reads clip(image + a[i]·u + b[i]·v) for each i.
  Result<Reading> slice(const Tensor& image, const Plane& plane, std::span<const float> a,
                        std::span<const float> b) const;

 private:
  // On the heap and never moved: the denoised model points at its parts.
  struct Parts {
    explicit Parts(ModelFile file) : classifier(std::move(file)) {}
    ModelFile classifier;
    std::unique_ptr<ModelFile> denoiser;
    std::unique_ptr<DifferentiableModel> denoised;
    const DifferentiableModel* model = nullptr;
  };
  explicit TestedModel(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

  std::unique_ptr<Parts> parts_;
};

}  // namespace signflip
