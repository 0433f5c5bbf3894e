// Intervals through a ReLU with ceilings, which is monotone.
#include "certify/layers/declared.h"

#include "backend/clipped_relu.h"

namespace signflip {

IntervalStep interval_step(const ClippedRelu&, const Placement&) { return IntervalStep::in_place; }

void interval_forward(const ClippedRelu& relu, const IntervalCall& call, Interval x, Interval y) {
  const LayerCall& layer = call.layer;
  to_bounds(layer.inputs(), x, y.centre, y.radius, call.elementwise());
  relu.forward(layer, y.centre, y.centre);
  relu.forward(layer, y.radius, y.radius);
  from_bounds(layer.inputs(), y.centre, y.radius, y, call.elementwise());
}

void interval_input_gradient(const ClippedRelu&, const IntervalTrainingCall& call, Interval x,
                             Interval dy, Interval dx) {
  const LayerCall& layer = call.interval.layer;
  const std::size_t ceilings = layer.place.shape.weight();
  const auto passes = [](float at, float ceiling) { return at > 0.0F && at < ceiling; };
  for (std::size_t i = 0; i < layer.inputs(); ++i) {
    const float ceiling = layer.weight[i % ceilings];
    const EndGradients d = at_ends(dy, i);
    put_ends(dx, i, passes(x.centre[i] - x.radius[i], ceiling) ? d.lower : 0.0F,
             passes(x.centre[i] + x.radius[i], ceiling) ? d.upper : 0.0F);
  }
}

void interval_weight_gradient(const ClippedRelu&, const IntervalTrainingCall& call, Interval x,
                              Interval dy, IntervalWeightGradient gradient) {
  const LayerCall& layer = call.interval.layer;
  const std::size_t ceilings = layer.place.shape.weight();
  for (std::size_t i = 0; i < layer.inputs(); ++i) {
    const std::size_t k = i % ceilings;
    const EndGradients d = at_ends(dy, i);
    if (plain::is_cut(x.centre[i] - x.radius[i], layer.weight[k])) gradient.weight[k] += d.lower;
    if (plain::is_cut(x.centre[i] + x.radius[i], layer.weight[k])) gradient.weight[k] += d.upper;
  }
}

}  // namespace signflip
