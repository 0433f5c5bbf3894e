// Intervals through a residual block: the body's and the shortcut's are added, as if their values
// had nothing to do with each other.
#include "certify/layers/declared.h"

namespace signflip {
namespace {

/// The network's own call, on one half of the intervals.
LayerCall half(const IntervalCall& call, float* carried, float* carried_before) {
  LayerCall half = call.layer;
  half.carried = carried;
  half.carried_before = carried_before;
  return half;
}

LayerCall centres(const IntervalCall& call) {
  return half(call, call.carried.centre, call.carried_before.centre);
}
LayerCall radii(const IntervalCall& call) {
  return half(call, call.carried.radius, call.carried_before.radius);
}

}  // namespace

IntervalStep interval_step(const ResidualMark&, const Placement&) { return IntervalStep::apart; }

/// Centres and radii go the same way, because sums add both. The allowance covers three sums: the
/// network's, whose values are at most |centre| + radius, and the two here.
void interval_forward(const ResidualMark& mark, const IntervalCall& call, Interval x, Interval y) {
  mark.forward(centres(call), x.centre, y.centre);
  mark.forward(radii(call), x.radius, y.radius);
  if (call.certain && mark == kResidualEnd) widen(call.layer.inputs(), y, call.elementwise());
}

void interval_input_gradient(const ResidualMark& mark, const IntervalTrainingCall& call, Interval,
                             Interval dy, Interval dx) {
  mark.input_gradient(centres(call.interval), nullptr, dy.centre, dx.centre);
  mark.input_gradient(radii(call.interval), nullptr, dy.radius, dx.radius);
}

}  // namespace signflip
