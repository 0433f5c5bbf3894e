// A plan's layers as the steps that a device takes: fewer than there are layers, because ReLU
// belongs to the product or normalisation before it, and at inference batch norm to the product
// before it (its values are folded into the weights: weights.h) and dropout to nothing.
#pragma once

#include <vector>

#include "device/device.h"
#include "device/kernels/convolution.h"
#include "device/kernels/elementwise.h"

namespace signflip::device {

struct Stage {
  PlanLayer layer;
  bool relu = false;  ///< followed by max(0, ·)
  int layer_number = 0;
  int folded = -1;  ///< number of the batch norm layer that is folded into this one
};

inline bool has_weights(PlanLayer::Kind kind) {
  return kind == PlanLayer::Kind::conv2d || kind == PlanLayer::Kind::dense ||
         kind == PlanLayer::Kind::batchnorm2d;
}

inline Dims dims(ImageShape shape) { return {shape.height, shape.width, shape.channels}; }

/// Of a conv2d, or of a dense layer seen as one.
inline ConvDims conv_dims(const PlanLayer& layer) {
  if (layer.kind == PlanLayer::Kind::dense) {
    ConvDims d;
    d.in = {1, 1, static_cast<int>(layer.in.size())};
    d.out = {1, 1, static_cast<int>(layer.out.size())};
    return d;
  }
  return {dims(layer.in),      dims(layer.out),    layer.kernel.height,  layer.kernel.width,
          layer.stride.height, layer.stride.width, layer.padding.height, layer.padding.width};
}

inline PoolDims pool_dims(const PlanLayer& layer) {
  return {dims(layer.in),     dims(layer.out),     layer.kernel.height,
          layer.kernel.width, layer.stride.height, layer.stride.width};
}

inline std::vector<Stage> make_stages(const Plan& plan, bool training) {
  using Kind = PlanLayer::Kind;
  std::vector<Stage> stages;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const PlanLayer& layer = plan.layers[i];
    Stage* const before = stages.empty() ? nullptr : &stages.back();
    const bool product = before != nullptr && !before->relu &&
                         (before->layer.kind == Kind::conv2d || before->layer.kind == Kind::dense);
    if (layer.kind == Kind::flatten && (layer.in.channels == 1 || layer.in.pixels() == 1)) {
      continue;  // the values lie in that order already
    }
    if (layer.kind == Kind::dropout && !training) continue;
    if (layer.kind == Kind::batchnorm2d && !training && product && before->folded < 0) {
      before->folded = static_cast<int>(i);
      continue;
    }
    if (layer.kind == Kind::relu && (product || (before != nullptr && !before->relu &&
                                                 before->layer.kind == Kind::batchnorm2d))) {
      before->relu = true;
      continue;
    }
    stages.push_back({layer, false, static_cast<int>(i), -1});
  }
  if (stages.empty()) {  // nothing but layers that do nothing
    PlanLayer identity;
    identity.kind = Kind::upsample2d;
    identity.in = identity.out = plan.input;
    stages.push_back({identity, false, 0, -1});
  }
  return stages;
}

}  // namespace signflip::device
