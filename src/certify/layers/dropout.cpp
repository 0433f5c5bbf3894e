#include "certify/layers/dropout.h"

#include <algorithm>

namespace signflip {

IntervalStep interval_step(const Dropout&, const Placement&) { return IntervalStep::identity; }

void interval_forward(const Dropout&, const IntervalCall& call, Interval x, Interval y) {
  if (x.centre == y.centre) return;
  std::copy_n(x.centre, call.layer.inputs(), y.centre);
  std::copy_n(x.radius, call.layer.inputs(), y.radius);
}

void interval_input_gradient(const Dropout&, const IntervalTrainingCall& call, Interval,
                             Interval dy, Interval dx) {
  if (dx.centre == dy.centre) return;
  std::copy_n(dy.centre, call.interval.layer.inputs(), dx.centre);
  std::copy_n(dy.radius, call.interval.layer.inputs(), dx.radius);
}

}  // namespace signflip
