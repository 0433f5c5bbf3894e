// Which pixels a prediction hangs on: the gradient of the loss with respect to the input (Simonyan,
// Vedaldi and Zisserman 2014, arXiv:1312.6034) and Grad-CAM (Selvaraju et al. 2017,
// arXiv:1610.02391). Numbers, not pictures: scaling and colours are the caller's.
#pragma once

#include <span>
#include <vector>

#include "core/differentiable_model.h"
#include "core/result.h"
#include "core/tensor.h"
#include "nn/sequential.h"

namespace signflip {

/// ∂ cross-entropy(class) / ∂x at each image: N×H×W×C, with its sign. Of any model, one with a
/// defence in front, too. Each class in 0 … K−1, one per image; images of the model's shape.
Tensor loss_gradients(const DifferentiableModel& model, const Tensor& images,
                      std::span<const int> classes);

/// N×H×W×1: of each pixel the largest absolute value of its channels.
Tensor pixel_strengths(const Tensor& gradients);

/// Grad-CAM of each image for its class, N×H×W×1, not negative: ReLU of the channels of the last
/// convolution's output (before any activation), each weighted with the mean gradient of the
/// class's logit with respect to it; then made as large as the image, bilinear between the middles
/// of its cells. Last is the convolution after which no other comes in the file's order. Error for
/// a network without convolutions.
Result<Tensor> grad_cam(const Sequential& network, const Tensor& images,
                        std::span<const int> classes);

/// Makes one channel h×w as large as height×width: bilinear between the middles of the cells, as
/// PyTorch's interpolate() does with align_corners=False. `to` has height·width values.
void resize_map(std::span<const float> map, ImageShape shape, int height, int width,
                std::span<float> to);

}  // namespace signflip
