// Intervals through a convolution: the centre by W, the radius by |W|.
#include "certify/layers/declared.h"

#include <cmath>
#include <vector>

#include "backend/ops.h"

namespace signflip {
namespace {

/// Widens what a convolution made by what the network's own kernels may round beyond plain sums
/// (ConvPlan::rounding).
void allow_for_transforms(const LayerCall& layer, float rounding, Interval x, Interval y) {
  const Placement& place = layer.place;
  const std::size_t columns = place.shape.columns;
  std::vector<float> magnitudes(columns);
  for (std::size_t k = 0; k < place.shape.weight(); ++k) {
    magnitudes[k % columns] += std::abs(layer.weight[k]);
  }
  const float slack = 1.0F + affine_allowance(place.shape.rows);  // of the sums above
  for (std::size_t n = 0; n < layer.count; ++n) {
    float largest = 0;
    for (std::size_t j = n * place.in.size(); j < (n + 1) * place.in.size(); ++j) {
      const float end = std::abs(x.centre[j]) + x.radius[j];
      largest = end > largest || std::isnan(end) ? end : largest;
    }
    for (std::size_t j = n * place.out.size(); j < (n + 1) * place.out.size(); ++j) {
      y.radius[j] += rounding * slack * largest * magnitudes[j % columns];
    }
  }
}

}  // namespace

IntervalStep interval_step(const Conv2d&, const Placement&) { return IntervalStep::apart; }

/// Radii must not turn negative, nor round as freely as transforms do: hence plain sums.
void interval_forward(const Conv2d& conv, const IntervalCall& call, Interval x, Interval y) {
  const LayerCall& layer = call.layer;
  const float* const bias = conv_bias(conv, layer);
  if (call.certain) widen(layer.inputs(), x, call.affine(layer.place.shape.rows));
  if (!conv.ordinary()) {
    const GroupedConv2dShape shape = grouped_shape(conv, layer.place);
    grouped_conv2d(shape, ConvDirection::forward, layer.count, x.centre, layer.packed, bias,
                   y.centre);
    grouped_conv2d(shape, ConvDirection::forward, layer.count, x.radius, call.packed_absolute,
                   call.radius_bias, y.radius);
    return;
  }
  const Ops& ops = cpu_ops();
  const ConvPlan& own = layer.place.conv;
  const ConvPlan plan = ops.plan_conv2d(own.shape, own.fusion, Sums::plain);
  ops.conv2d_forward({plan, layer.weight, layer.packed}, layer.count, x.centre, bias, y.centre,
                     layer.scratch);
  ops.conv2d_forward({plan, call.absolute, call.packed_absolute}, layer.count, x.radius,
                     call.radius_bias, y.radius, layer.scratch);
  if (call.certain && own.rounding > 0) allow_for_transforms(layer, own.rounding, x, y);
}

void interval_input_gradient(const Conv2d& own, const IntervalTrainingCall& call, Interval,
                             Interval dy, Interval dx) {
  const LayerCall& layer = call.interval.layer;
  if (!own.ordinary()) {
    const GroupedConv2dShape shape = grouped_shape(own, layer.place);
    grouped_conv2d(shape, ConvDirection::input_gradient, layer.count, dy.centre,
                   layer.packed_transposed, nullptr, dx.centre);
    grouped_conv2d(shape, ConvDirection::input_gradient, layer.count, dy.radius,
                   call.interval.packed_absolute_transposed, nullptr, dx.radius);
    return;
  }
  PreparedConv conv = prepared_conv(layer);
  cpu_ops().conv2d_input_gradient(conv, layer.count, dy.centre, dx.centre, layer.scratch);
  conv.packed_transposed = call.interval.packed_absolute_transposed;
  cpu_ops().conv2d_input_gradient(conv, layer.count, dy.radius, dx.radius, layer.scratch);
}

void interval_weight_gradient(const Conv2d& conv, const IntervalTrainingCall& call, Interval x,
                              Interval dy, IntervalWeightGradient gradient) {
  const LayerCall& layer = call.interval.layer;
  if (!conv.bias) gradient.bias = call.unused_bias;
  if (!conv.ordinary()) {
    const GroupedConv2dShape shape = grouped_shape(conv, layer.place);
    grouped_conv2d_weight_gradient(shape, layer.count, x.centre, dy.centre, gradient.weight,
                                   gradient.bias);
    grouped_conv2d_weight_gradient(shape, layer.count, x.radius, dy.radius, gradient.absolute,
                                   call.unused_bias);
    return;
  }
  const TrainingOps& ops = cpu_training_ops();
  ops.conv2d_weight_gradient(layer.place.conv, layer.count, x.centre, dy.centre, gradient.weight,
                             gradient.bias, layer.scratch, call.packed_dy);
  ops.conv2d_weight_gradient(layer.place.conv, layer.count, x.radius, dy.radius, gradient.absolute,
                             call.unused_bias, layer.scratch, call.packed_dy);
}

}  // namespace signflip
