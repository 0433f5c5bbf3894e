#include "certify/layers/upsample.h"

#include "backend/plain_ops.h"

namespace signflip {

IntervalStep interval_step(const Upsample2d&, const Placement&) { return IntervalStep::apart; }

void interval_forward(const Upsample2d& upsample, const IntervalCall& call, Interval x,
                      Interval y) {
  const LayerCall& layer = call.layer;
  plain::upsample2d_forward(layer.place.in, upsample.scale, layer.count, x.centre, y.centre);
  plain::upsample2d_forward(layer.place.in, upsample.scale, layer.count, x.radius, y.radius);
}

void interval_input_gradient(const Upsample2d& upsample, const IntervalTrainingCall& call, Interval,
                             Interval dy, Interval dx) {
  const LayerCall& layer = call.interval.layer;
  plain::upsample2d_input_gradient(layer.place.in, upsample.scale, layer.count, dy.centre,
                                   dx.centre);
  plain::upsample2d_input_gradient(layer.place.in, upsample.scale, layer.count, dy.radius,
                                   dx.radius);
}

}  // namespace signflip
