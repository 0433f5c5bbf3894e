// The nearest point of a hyperplane within the box, exactly: FAB's projection.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "attack/geometry/norms.h"
#include "core/differentiable_model.h"

namespace signflip {

/// Keeps scratch memory from one projection to the next.
class HyperplaneProjection {
 public:
  explicit HyperplaneProjection(Bounds bounds) : bounds_(bounds) {}

  /// The smallest `delta` in the norm with weight·delta = rise and x + delta in the box, for x in
  /// the box. Every pixel moves at the same pace (L∞) or at a pace proportional to its weight (L2)
  /// until it meets the box; the others then make up for it. Where the hyperplane does not meet the
  /// box, delta goes to the corner nearest to it and the answer is false; where all weights are 0,
  /// delta is 0.
  bool project(Norm norm, std::span<const float> x, std::span<const float> weight, double rise,
               std::span<float> delta);

 private:
  struct Mover {
    std::size_t index;
    double pull;  ///< |weight|
    double room;  ///< to the edge of the box
  };

  Bounds bounds_;
  std::vector<Mover> movers_;
};

}  // namespace signflip
