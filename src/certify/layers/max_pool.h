// Intervals through max pooling: the maxima of the lower and of the upper bounds.
#pragma once

#include "backend/ops.h"
#include "backend/plain_ops.h"
#include "certify/layers/rules.h"
#include "nn/layers/max_pool.h"

namespace signflip {

inline IntervalStep interval_step(const MaxPool2d&, const Placement&) {
  return IntervalStep::apart;
}

/// Turns x into bounds: nothing reads it as an interval again.
inline void interval_forward(const MaxPool2d& pool, const IntervalCall& call, Interval x,
                             Interval y) {
  const LayerCall& layer = call.layer;
  const PoolShape shape = pool_shape(pool, layer.place);
  to_bounds(layer.inputs(), x, x.centre, x.radius, call.elementwise());
  cpu_ops().maxpool_forward(shape, layer.count, x.centre, y.centre, layer.winners);
  cpu_ops().maxpool_forward(shape, layer.count, x.radius, y.radius, call.upper_winners);
  from_bounds(layer.count * layer.place.out.size(), y.centre, y.radius, y, call.elementwise());
}

inline void interval_input_gradient(const MaxPool2d& pool, const IntervalTrainingCall& call,
                                    Interval, Interval dy, Interval dx) {
  const LayerCall& layer = call.interval.layer;
  const PoolShape shape = pool_shape(pool, layer.place);
  for (std::size_t i = 0; i < layer.count * layer.place.out.size(); ++i) {
    const EndGradients d = at_ends(dy, i);
    dy.centre[i] = d.lower;
    dy.radius[i] = d.upper;
  }
  plain::maxpool_input_gradient(shape, layer.count, dy.centre, layer.winners, dx.centre);
  plain::maxpool_input_gradient(shape, layer.count, dy.radius, call.interval.upper_winners,
                                dx.radius);
  for (std::size_t i = 0; i < layer.inputs(); ++i) put_ends(dx, i, dx.centre[i], dx.radius[i]);
}

}  // namespace signflip
