// Linear lower bounds, followed back through single layers. A layer without a rule here
// ends the way: the interval bounds of its output are taken there (certify/linear_pass.h).
//
// Rounding. The bounds hold for the float32 network. Its own rounding in an affine layer is taken
// from the layer's interval rule, which allows for it. Sums of doubles here have at most as many
// terms as an image has activations, 2^26 (nn/layers/rules.h), so that their rounding is below
// 2^-26 of the terms' magnitudes, which `slack` gathers.
#pragma once

#include <cstddef>
#include <eigen3/Eigen/Core>
#include <span>
#include <type_traits>

#include "certify/layers/rules.h"
#include "nn/sequential.h"

namespace signflip {

/// Rows of linear functions of the values v between two layers, each never above what it bounds:
/// coefficients.row(k)·v + constant[k] − slack[k].
struct LinearBounds {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  static constexpr double kRounding = 0x1p-26;

  Matrix coefficients;              ///< rows × values
  Eigen::VectorXd constant, slack;  ///< one a row

  /// The margins z[label] − z[k], at the logits: a row for each class.
  void begin_margins(std::size_t classes, std::size_t label);
  /// The values themselves, of `size`: first those of `which`, then what is minus each.
  void begin_values(std::span<const std::size_t> which, std::size_t size);
  /// The least values over the interval that the values lie in; not finite where that is unbounded.
  Eigen::VectorXd lowest(Interval values) const;
};

/// One layer on the way back.
struct LinearCall {
  IntervalCall interval;
  Interval x;                           ///< where its input lies
  const LinearBounds::Matrix& weights;  ///< inputs × outputs, of a layer with a weight matrix
  const Eigen::VectorXd& rounding;      ///< of an affine layer, what rounding may cost an output

  const Placement& place() const { return interval.place(); }
};

/// Whether float32 rounds in the layer as in sums, so that it needs LinearCall::rounding.
template <class Layer>
concept AffineLayer = std::is_same_v<Layer, Dense> || std::is_same_v<Layer, Conv2d> ||
    std::is_base_of_v<BatchNorm, Layer>;

/// Whether the lines that bound the layer are closer, the closer its input is known.
template <class Layer>
concept KinkedLayer = std::is_same_v<Layer, Relu> || std::is_same_v<Layer, ClippedRelu> ||
    std::is_same_v<Layer, MaxPool2d>;

/// From the layer's output to its input.
void linear_backward(const Dense& layer, const LinearCall& call, LinearBounds& b);
void linear_backward(const Conv2d& layer, const LinearCall& call, LinearBounds& b);
void linear_backward(const BatchNorm& layer, const LinearCall& call, LinearBounds& b);
/// The line below is 0 or x, whichever leaves the smaller triangle; the line above is the chord.
void linear_backward(const Relu& layer, const LinearCall& call, LinearBounds& b);
/// Lines that touch the curve at two of its kinks and ends.
void linear_backward(const ClippedRelu& layer, const LinearCall& call, LinearBounds& b);
/// Below: the value with the greatest lower bound. Above: the only one that can be the greatest,
/// or else the greatest upper bound.
void linear_backward(const MaxPool2d& layer, const LinearCall& call, LinearBounds& b);
void linear_backward(const Flatten& layer, const LinearCall& call, LinearBounds& b);
/// At inference it does nothing.
inline void linear_backward(const Dropout&, const LinearCall&, LinearBounds&) {}

/// What rounding in an affine layer may cost each output, for any input in x: the radius that its
/// interval rule gives exact values as great. Scratch memory is the caller's to lend.
Eigen::VectorXd rounding_of(const PlacedLayer& placed, const IntervalCall& call, Interval x);

/// A layer's weight matrix.
LinearBounds::Matrix weights_of(const LayerCall& layer);

}  // namespace signflip
