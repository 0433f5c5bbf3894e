// One perturbation for all images (Moosavi-Dezfooli, Fawzi, Fawzi and Frossard 2017,
// arXiv:1610.08401), found by projected gradient ascent on minibatches (Shafahi et al. 2020,
// arXiv:1811.11304).
#pragma once

#include "attack/geometry/norms.h"
#include "attack/shared/shared_change.h"

namespace signflip {

class UniversalPerturbation final : public SharedChange {
 public:
  /// δ = 0. `epsilon` ≥ 0, pixels in [0,1]; `step` > 0 is how far one step goes in the norm.
  UniversalPerturbation(ImageShape shape, Norm norm, double epsilon, double step, Bounds bounds);
  /// Signs at random, as large as ε allows: what any perturbation must be better than.
  static UniversalPerturbation noise(ImageShape shape, Norm norm, double epsilon, Bounds bounds,
                                     std::uint64_t seed);

  /// δ, H×W×C, within ε in the norm.
  std::span<const float> values() const override { return delta_; }
  /// clean + δ cut to the box, no further from clean than ε.
  void apply(std::span<const float> clean, Rng, std::span<float> image) const override;
  /// Of clean + δ as if nothing were cut: where all images are black or white there, a pixel of δ
  /// would else never move again.
  void add_gradient(Rng, std::span<const float> dimage, std::span<double> sum) const override;
  /// L∞: by the sign; L2: along the gradient. Then into the ball.
  void ascend(std::span<const double> gradient) override;

 private:
  Norm norm_;
  double epsilon_, step_;
  Bounds bounds_;
  std::vector<float> delta_;
};

struct UniversalSettings {
  Norm norm = Norm::linf;  ///< of `epsilon` and of the steps
  double epsilon = 0;      ///< above 0; L∞: up to 1, L2: up to 100
  double step_size = 0;    ///< 0: ε/10, which crosses the ball in twenty steps

  double step() const { return step_size > 0 ? step_size : epsilon / 10; }
};

/// An error that names the setting that is out of its range.
Status check_universal(const UniversalSettings& settings);
/// δ = 0, and noise by `seed`. Settings must pass check_universal().
SharedChanges universal_changes(const UniversalSettings& settings, ImageShape shape, Bounds bounds,
                                std::uint64_t seed);

}  // namespace signflip
