// Distances between images, and the set that a fixed-budget attack may not leave: the ε-ball around
// the clean image cut with the box of pixel values. Bounds hold strictly, in double precision and
// (L∞) in float as well, whatever order of operations measures them later.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "attack/geometry/norm.h"
#include "core/differentiable_model.h"
#include "core/rng.h"
#include "core/rows.h"
#include "core/tensor.h"

namespace signflip {

/// "linf" or "l2".
Norm norm_from(std::string_view name);

/// Differences are taken and summed in double.
struct Distances {
  double l2, linf;
};
Distances distances(std::span<const float> a, std::span<const float> b);
double linf_distance(std::span<const float> a, std::span<const float> b);
double l2_distance(std::span<const float> a, std::span<const float> b);
/// Pixels (positions, whatever the number of channels) that differ.
std::size_t l0_distance(std::span<const float> a, std::span<const float> b, int channels);
double l2_norm(std::span<const float> values);

/// image += step·(the unit step of the norm along `direction`): its sign, with sign(0) = 0, for L∞;
/// direction/‖direction‖₂ for L2. Nothing moves where the direction is zero or not finite.
void steepest_step(Norm norm, std::span<const float> direction, double step,
                   std::span<float> image);

/// The balls around the images of one shard. `clean` must outlive it.
class Ball {
 public:
  /// How often it is projected onto: `once` does not pay to write down what the L∞ bounds are.
  enum class Use { once, often };

  Ball(std::span<const float> clean, std::size_t image_size, Norm norm, double epsilon,
       Bounds bounds, Use use = Use::often)
      : Ball(Rows<const float>(clean, image_size), norm, epsilon, bounds, use) {}
  Ball(Rows<const float> clean, Norm norm, double epsilon, Bounds bounds, Use use = Use::often);

  Norm norm() const { return norm_; }
  double epsilon() const { return epsilon_; }
  Bounds bounds() const { return bounds_; }

  /// Moves `image` to a point of ball i ∩ box near it: for L∞ the nearest one; for L2 scaled
  /// towards the clean image, then clipped. What is not a number becomes the clean pixel.
  void project(std::size_t i, std::span<float> image) const;

  /// A random point: L∞ uniform in the cube, L2 uniform in the ball; then projected.
  void random_point(std::size_t i, Rng& rng, std::span<float> image) const;

  /// A random point of the ball's surface (before clipping): a point of the cube, or a normal one,
  /// scaled to length epsilon in the norm. How AutoAttack starts.
  void random_surface_point(std::size_t i, Rng& rng, std::span<float> image) const;

  /// L∞ and often only: the lowest and highest values that the pixels of image i may take.
  std::span<const float> low(std::size_t i) const { return low_[i]; }
  std::span<const float> high(std::size_t i) const { return high_[i]; }

  std::span<const float> clean(std::size_t i) const { return clean_[i]; }

 private:
  Rows<const float> clean_;
  Norm norm_;
  double epsilon_;
  Bounds bounds_;
  RowBuffer<float> low_, high_;  ///< empty where not written down
};

}  // namespace signflip
