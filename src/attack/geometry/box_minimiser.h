// Minimises a smooth function within a box by projected L-BFGS (Nocedal 1980; the projection after
// Bertsekas 1982), for one image at a time and without owning the function: it proposes points, and
// whoever holds the model evaluates many images' proposals together. Not for functions with kinks:
// it stops where backtracking finds nothing better.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/differentiable_model.h"

namespace signflip {

class BoxMinimiser {
 public:
  /// Finishes where a step gains less than `tolerance`, relative to the value.
  BoxMinimiser(std::size_t size, Bounds bounds, double tolerance);

  /// Begins anew at `x`, with the function's value and gradient there. The first step will be
  /// first_step·gradient, before projection.
  void start(std::span<const float> x, double value, std::span<const float> gradient,
             double first_step);

  /// True: there is nothing more to gain.
  bool finished() const { return finished_; }
  /// The point where the function's value is wanted next.
  std::span<const float> proposal() const { return proposal_; }
  /// Tells the value there. True: the point is accepted, and take() must follow with the gradient;
  /// false: there is another proposal, nearer by, unless finished.
  bool accept(double value);
  void take(std::span<const float> gradient);

 private:
  static constexpr std::size_t kMemory = 6;

  struct Pair {
    std::vector<float> move, bend;  ///< x_{k+1} − x_k and g_{k+1} − g_k
    double curvature = 0;           ///< move·bend
  };

  void aim();
  void propose();

  Bounds bounds_;
  double tolerance_;
  bool finished_ = true;
  double value_ = 0, proposed_value_ = 0, step_ = 0, first_step_ = 0;
  int backtracks_ = 0;
  std::vector<float> x_, gradient_, direction_, proposal_;
  std::vector<char> held_;   ///< at the edge of the box, and drawn outwards
  std::vector<Pair> pairs_;  ///< a ring; the newest is at newest_
  std::size_t newest_ = 0, known_ = 0;
};

}  // namespace signflip
