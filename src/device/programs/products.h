// The layers that are matrix products, conv2d and dense, as launches: forward, input gradient and
// weight gradient of one layer, given where its weights lie.
#pragma once

#include "device/kernels/convolution.h"
#include "device/kernels/product.h"
#include "device/programs/stages.h"

namespace signflip::device {

/// x, y, dx, dy: `count` images of the layer's input and output; gradients take dy only where y > 0
/// if `relu`, which y = max(0, ·) goes with.
template <class Executor>
class Products {
 public:
  explicit Products(Executor& executor)
      : executor_(executor), workspace_(executor.template allocate<float>(kWorkspace)) {}

  /// A null bias is 0.
  void forward(const PlanLayer& layer, int count, const float* x, const float* weight,
               const float* bias, float* y, bool relu) {
    ConvForward forward;
    forward.index = ConvIndex(conv_dims(layer));
    forward.count = count;
    forward.x = x;
    forward.weight = weight;
    forward.bias = bias;
    forward.y = y;
    forward.relu = relu;
    multiply(executor_, forward, workspace_.data(), workspace_.size());
  }

  /// Overwrites dweight, and dbias behind it.
  void weight_gradient(const PlanLayer& layer, int count, const float* x, const float* y,
                       const float* dy, float* dweight, bool relu) {
    ConvWeightGradient gradient;
    gradient.index = ConvIndex(conv_dims(layer));
    gradient.count = count;
    gradient.x = x;
    gradient.y = y;
    gradient.dy = dy;
    gradient.dweight = dweight;
    gradient.relu = relu;
    multiply(executor_, gradient, workspace_.data(), workspace_.size());
  }

  void input_gradient(const PlanLayer& layer, int count, const float* y, const float* dy,
                      const float* weight, float* dx, bool relu) {
    constexpr int kFewChannels = 4;
    const ConvDims d = conv_dims(layer);
    if (d.in.channels <= kFewChannels || !ConvInputGradient::fits(d)) {
      executor_.for_each(count * static_cast<std::int64_t>(layer.in.size()),
                         ConvInputGradientDirect{d, y, dy, weight, dx, relu});
      return;
    }
    ConvInputGradient gradient(d);
    gradient.count = count;
    gradient.y = y;
    gradient.dy = dy;
    gradient.weight = weight;
    gradient.dx = dx;
    gradient.relu = relu;
    multiply(executor_, gradient, workspace_.data(), workspace_.size());
  }

 private:
  static constexpr std::size_t kWorkspace = std::size_t{1} << 22;  // floats, for split products

  Executor& executor_;
  typename Executor::template Array<float> workspace_;
};

}  // namespace signflip::device
