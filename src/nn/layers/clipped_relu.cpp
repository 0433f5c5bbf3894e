#include "nn/layers/clipped_relu.h"

#include "backend/clipped_relu.h"

namespace signflip {

WeightShape ClippedRelu::weight_shape(ImageShape in) const {
  switch (ceilings) {
    case Ceilings::layer:
      return {1, 1, 0};
    case Ceilings::neuron:
      return {in.size(), 1, 0};  // rows as a convolution's: (pixel, channel)
    default:
      return {1, static_cast<std::size_t>(in.channels), 0};
  }
}

WeightTensor ClippedRelu::weight_tensor(const Placement& place) const {
  const auto side = [](int value) { return static_cast<std::size_t>(value); };
  WeightTensor tensor{"ceiling", {place.shape.columns}, 1, true};
  if (ceilings == Ceilings::neuron) {
    tensor.sides = {side(place.in.channels), side(place.in.height), side(place.in.width)};
    tensor.channels = tensor.sides[0];
  }
  return tensor;
}

void ClippedRelu::forward(const LayerCall& call, const float* x, float* y) const {
  plain::clipped_relu_forward(call.inputs(), call.place.shape.weight(), x, call.weight, y);
}

void ClippedRelu::input_gradient(const LayerCall& call, const float*, const float* dy,
                                 float* dx) const {
  plain::clipped_relu_input_gradient(call.inputs(), call.place.shape.weight(), call.input,
                                     call.weight, dy, dx);
}

void ClippedRelu::weight_gradient(const TrainingCall& call, const float* x, const float* dy,
                                  float* dweight, float*) const {
  const LayerCall& layer = call.layer;
  plain::clipped_relu_weight_gradient(layer.inputs(), layer.place.shape.weight(), x, layer.weight,
                                      dy, dweight);
}

}  // namespace signflip
