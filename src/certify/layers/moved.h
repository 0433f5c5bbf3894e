// Intervals through layers that compute nothing at inference: each output is one of the inputs. The
// centre and the radius each pass through the layer itself; so do their gradients.
#pragma once

#include <type_traits>

#include "certify/layers/rules.h"
#include "nn/layers/dropout.h"
#include "nn/layers/flatten.h"
#include "nn/layers/upsample.h"

namespace signflip {

template <class Layer>
concept MovesValues = std::is_same_v<Layer, Dropout> || std::is_same_v<Layer, Flatten> ||
    std::is_same_v<Layer, Upsample2d>;

template <MovesValues Layer>
IntervalStep interval_step(const Layer& layer, const Placement& place) {
  return layer.overwrites_input(place) ? IntervalStep::identity : IntervalStep::apart;
}

template <MovesValues Layer>
void interval_forward(const Layer& layer, const IntervalCall& call, Interval x, Interval y) {
  layer.forward(call.layer, x.centre, y.centre);
  layer.forward(call.layer, x.radius, y.radius);
}

template <MovesValues Layer>
void interval_input_gradient(const Layer& layer, const IntervalTrainingCall& call, Interval,
                             Interval dy, Interval dx) {
  layer.input_gradient(call.interval.layer, nullptr, dy.centre, dx.centre);
  layer.input_gradient(call.interval.layer, nullptr, dy.radius, dx.radius);
}

}  // namespace signflip
