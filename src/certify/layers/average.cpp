// Intervals through average pooling: centre and radius are averaged alike.
#include "certify/layers/declared.h"

namespace signflip {

IntervalStep interval_step(const Average&, const Placement&) { return IntervalStep::apart; }

void interval_forward(const Average& pool, const IntervalCall& call, Interval x, Interval y) {
  const LayerCall& layer = call.layer;
  // No window has more terms than the image has pixels.
  if (call.certain) widen(layer.inputs(), x, call.affine(layer.place.in.pixels()));
  pool.forward(layer, x.centre, y.centre);
  pool.forward(layer, x.radius, y.radius);
}

void interval_input_gradient(const Average& pool, const IntervalTrainingCall& call, Interval,
                             Interval dy, Interval dx) {
  pool.input_gradient(call.interval.layer, nullptr, dy.centre, dx.centre);
  pool.input_gradient(call.interval.layer, nullptr, dy.radius, dx.radius);
}

}  // namespace signflip
