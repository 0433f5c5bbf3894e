// Where a model's linearisation at a point puts the boundaries between a class and its rivals: what
// DeepFool, FAB and the untargeted L-BFGS attack aim at. Not a search: one look from one point.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "attack/geometry/norms.h"
#include "core/differentiable_model.h"
#include "core/rows.h"

namespace signflip {

/// The boundary z_rival = z_label, seen from one image.
struct Boundary {
  std::size_t rival = 0;
  double gap = 0;    ///< z_rival − z_label at the image; not positive where the label leads
  double slope = 0;  ///< the gap's gradient, in the dual norm: its L2 norm for L2, L1 for L∞
  /// |gap| / slope: how far the boundary is in the norm, were the model affine.
  double distance = std::numeric_limits<double>::infinity();
};

/// The `limit` classes with the largest logits but `label`, likeliest first, the first of equals;
/// all of them where there are no more.
std::vector<std::size_t> likeliest_rivals(std::span<const float> logits, int label,
                                          std::size_t limit);

/// Finds the nearest boundary of several images at once.
class BoundaryFinder {
 public:
  /// For at most `most` images of `image_size` values.
  BoundaryFinder(Pass& pass, Norm norm, std::size_t image_size, std::size_t most);

  /// Looks from the images of the pass's last forward(), which had these `labels`. `logits` N×K are
  /// what it returned; `rivals` N×R the classes to choose from. Costs R gradients per image; fewer
  /// where `bounds` N×R, if given, say how near the rivals can be at best, ascending for each
  /// image: those that cannot be nearer than one already seen are not looked at. Of the others the
  /// bounds come back as their distances.
  void find(Rows<const float> logits, std::span<const int> labels,
            std::span<const std::size_t> rivals, std::span<double> bounds = {});

  /// The nearest boundary of image `slot`; distance ∞ and slope 0 where the gradients of all are 0
  /// or not finite.
  const Boundary& boundary(std::size_t slot) const { return boundaries_[slot]; }
  /// The gradient of that boundary's gap, H·W·C values.
  std::span<const float> gradient(std::size_t slot) const { return nearest_[slot]; }

 private:
  Pass& pass_;
  Norm norm_;
  std::vector<Boundary> boundaries_;
  RowBuffer<float> logits_, dlogits_, gradient_, nearest_;
};

/// The length of a gradient in the norm dual to `norm`.
double dual_norm(Norm norm, std::span<const float> gradient);

}  // namespace signflip
