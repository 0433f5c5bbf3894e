// The library's public face: load a model, predict, differentiate, attack, evaluate. This header,
// version.h and core/result.h are installed; everything else in src/ may change with any version.
//
// Images are float32 in [0,1], N×H×W×C, the channel fastest; labels are 0 … K−1. Nothing throws but
// std::bad_alloc: what can go wrong comes back as a Result with one sentence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"

namespace signflip {

class ModelSession;

/// An attack by its name in the catalogue, with what differs from its defaults: {"epsilon",
/// "8/255"}. Names and ranges are those of `signflip attack --help`.
struct AttackCall {
  std::string name = "fgsm";
  std::map<std::string, std::string> parameters = {};
  std::uint64_t seed = 0;
};

/// What an attack made of N images. One value per image but for `images`.
struct Attacked {
  std::vector<float> images;          ///< N×H×W×C, in [0,1], within epsilon where there is one
  std::vector<int> labels;            ///< what the classifier says of them; −1: no class
  std::vector<std::uint8_t> success;  ///< 1: not the right label; with targets: the target
  std::vector<float> l0, l2, linf;    ///< pixels changed; length, largest value of the change
};

/// How a classifier fares. Accuracies are fractions of all images.
struct Evaluation {
  std::size_t count = 0;
  double accuracy = 0;
  double robust_accuracy = 0;  ///< still right after the attack
};

/// A trained network that names classes. Cheap to copy; safe to use from several threads.
class Classifier {
 public:
  /// Reads a model file (safetensors with the architecture as metadata) and verifies its self-test.
  static Result<Classifier> load(const std::string& path);
  /// The same from a file's bytes; `name` begins the error's sentence.
  static Result<Classifier> read(std::span<const std::uint8_t> bytes, const std::string& name);

  int height() const;
  int width() const;
  int channels() const;
  const std::vector<std::string>& classes() const;

  /// N×K. Error unless `images` holds whole images with pixels in [0,1].
  Result<std::vector<float>> logits(std::span<const float> images) const;
  /// N classes; −1 where the logits are not numbers.
  Result<std::vector<int>> predict(std::span<const float> images) const;
  /// ∂loss/∂image, N×H×W×C: of the cross-entropy of each image's label.
  Result<std::vector<float>> gradient(std::span<const float> images,
                                      std::span<const int> labels) const;
  /// Attacks N images; `targets` empty: away from the labels, else towards these classes. The same
  /// seed gives the same bytes.
  Result<Attacked> attack(const AttackCall& call, std::span<const float> images,
                          std::span<const int> labels, std::span<const int> targets = {}) const;
  /// Accuracy before and after an attack.
  Result<Evaluation> evaluate(const AttackCall& call, std::span<const float> images,
                              std::span<const int> labels) const;

 private:
  explicit Classifier(std::shared_ptr<const ModelSession> session);

  std::shared_ptr<const ModelSession> session_;
};

}  // namespace signflip
