// What the interval rules of a layer take and return: interval_step(), interval_forward(),
// interval_input_gradient() and, where the layer has weights, interval_weight_gradient(). A layer
// without one of them compiles neither in certify/interval_network.cpp nor in
// train/interval_training_pass.cpp. With x = (c, r) and y = (c', r'):
//   affine       c' = W·c + b, r' = |W|·r      dW += ∂(c, dc') + sign(W)∘∂(r, dr')
//   monotone f   through l = c−r and u = c+r   dl = (dc'−dr')/2, du = (dc'+dr')/2 and back
#pragma once

#include <cstddef>
#include <cstdint>

#include "certify/interval_layers.h"
#include "nn/layers/rules.h"

namespace signflip {

/// What interval_forward() does with its memory.
enum class IntervalStep {
  identity,  ///< nothing: y is x
  in_place,  ///< y may be the memory of x
  apart,     ///< y must be other memory
};

/// Intervals of `count` images passing through one layer. What the layer does not have is null.
struct IntervalCall {
  /// The network's own values and memory, scratch included. In training, scale and shift are those
  /// of the batch.
  LayerCall layer;
  /// Whether bounds are widened so that they hold for the float32 network; never in training.
  bool certain = false;
  const float* absolute = nullptr;  ///< |W|, then packed as the network packs W
  const float* packed_absolute = nullptr;
  const float* packed_absolute_transposed = nullptr;  ///< in training only
  const float* radius_bias = nullptr;                 ///< what rounding in adding the bias may cost
  Interval carried = {},
           carried_before = {};  ///< of a mark in a residual block, and of the mark before it
  std::int32_t* upper_winners = nullptr;  ///< max pooling's, of upper bounds; lower: layer.winners

  const Placement& place() const { return layer.place; }
  float elementwise() const { return certain ? kElementwiseAllowance : 0.0F; }
  float affine(std::size_t terms) const { return certain ? affine_allowance(terms) : 0.0F; }
};

/// What a gradient needs besides.
struct IntervalTrainingCall {
  IntervalCall interval;
  const float* mean = nullptr;     ///< of the batch, of a layer with statistics
  const float* inverse = nullptr;  ///< 1/deviation
  float* packed_dy = nullptr;      ///< scratch of a layer with a weight matrix
  float* unused_bias = nullptr;    ///< scratch, a value for each column of the widest matrix
};

/// Where a layer's gradients with respect to its parameters are added.
struct IntervalWeightGradient {
  float* weight;
  float* absolute;  ///< with respect to |W|
  float* bias;
  float* statistics;  ///< of batch norm: with respect to mean and unbiased variance
};

/// (dc', dr') to gradients at the ends of the output.
struct EndGradients {
  float lower, upper;
};
inline EndGradients at_ends(Interval dy, std::size_t i) {
  return {0.5F * (dy.centre[i] - dy.radius[i]), 0.5F * (dy.centre[i] + dy.radius[i])};
}
/// Gradients at the ends of the input to (dc, dr).
inline void put_ends(Interval dx, std::size_t i, float lower, float upper) {
  dx.centre[i] = lower + upper;
  dx.radius[i] = upper - lower;
}

}  // namespace signflip
