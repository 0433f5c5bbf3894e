#include "certify/layers/flatten.h"

#include "backend/plain_ops.h"

namespace signflip {

IntervalStep interval_step(const Flatten& flatten, const Placement& place) {
  return flatten.overwrites_input(place) ? IntervalStep::identity : IntervalStep::apart;
}

void interval_forward(const Flatten&, const IntervalCall& call, Interval x, Interval y) {
  if (x.centre == y.centre) return;
  const LayerCall& layer = call.layer;
  plain::flatten_forward(layer.place.in, layer.count, x.centre, y.centre);
  plain::flatten_forward(layer.place.in, layer.count, x.radius, y.radius);
}

void interval_input_gradient(const Flatten&, const IntervalTrainingCall& call, Interval,
                             Interval dy, Interval dx) {
  if (dx.centre == dy.centre) return;
  const LayerCall& layer = call.interval.layer;
  plain::flatten_input_gradient(layer.place.in, layer.count, dy.centre, dx.centre);
  plain::flatten_input_gradient(layer.place.in, layer.count, dy.radius, dx.radius);
}

}  // namespace signflip
