// A Sequential evaluated in double precision with plain_ops.h, straight from the definition of each
// layer: what the float network and its gradients are checked against. No buffers are shared and no
// weights are packed; slow on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "backend/clipped_relu.h"
#include "backend/contrast.h"
#include "backend/plain_ops.h"
#include "backend/plain_products.h"
#include "core/rng.h"
#include "nn/sequential.h"

namespace signflip::test {

/// Inference: batch norm uses the running statistics, dropout does nothing.
/// Training: batch norm uses the batch's, and dropout draws masks as TrainingPass does.
enum class Mode { inference, training };

/// Straight from PyTorch's definition, output by output.
inline void double_convolution(const Conv2d& conv, const Placement& place, std::size_t count,
                               const double* x, const double* weight, const double* bias,
                               double* y) {
  const ImageShape in = place.in, out = place.out;
  const int channels = in.channels / conv.groups, filters = out.channels / conv.groups;
  Size2 before = conv.padding;
  if (conv.same) {  // what is odd goes behind
    before.height = conv.dilation.height * (conv.kernel.height - 1) / 2;
    before.width = conv.dilation.width * (conv.kernel.width - 1) / 2;
  }
  for (std::size_t i = 0; i < count * out.size(); ++i) {
    const auto at = static_cast<int>(i % out.size());
    const int f = at % out.channels, ow = at / out.channels % out.width;
    const int oh = at / out.channels / out.width;
    y[i] = conv.bias ? bias[f] : 0.0;
    for (int row = 0; row < static_cast<int>(place.shape.rows); ++row) {
      const int c = row % channels, tap = row / channels;
      const int h =
          oh * conv.stride.height - before.height + tap / conv.kernel.width * conv.dilation.height;
      const int w =
          ow * conv.stride.width - before.width + tap % conv.kernel.width * conv.dilation.width;
      if (h < 0 || w < 0 || h >= in.height || w >= in.width) continue;
      const int from = (h * in.width + w) * in.channels + f / filters * channels + c;
      y[i] += weight[row * out.channels + f] * x[i / out.size() * in.size() + from];
    }
  }
}

/// The layer as `Base`, which several derive from; null where it is another.
template <class Base>
const Base* layer_as(const Layer& layer) {
  return std::visit(
      []<class L>(const L& l) -> const Base* {
        if constexpr (std::is_base_of_v<Base, L>) return &l;
        return nullptr;
      },
      layer);
}

/// Images (pixels) to outputs. `parameters` is laid out like network.parameters().
inline std::vector<double> double_forward(const Sequential& network,
                                          const std::vector<double>& parameters,
                                          const std::vector<double>& images, std::size_t count,
                                          Mode mode, Rng masks = Rng(0)) {
  std::vector<double> x = images;
  const Architecture& architecture = network.architecture();
  const auto input_channels = static_cast<std::size_t>(architecture.input.channels);
  for (std::size_t i = 0; i < x.size() && !architecture.mean.empty(); ++i) {
    const std::size_t c = i % input_channels;
    x[i] = (x[i] - static_cast<double>(architecture.mean[c])) /
           static_cast<double>(architecture.deviation[c]);
  }
  std::vector<std::vector<double>> kept;  // what residual blocks still need
  for (const PlacedLayer& placed : network.layers()) {
    std::vector<double> y(count * placed.out.size());
    const double* const weight = parameters.data() + placed.weight;
    const double* const bias = parameters.data() + placed.bias;
    const auto channels = static_cast<std::size_t>(placed.in.channels);
    if (const auto* conv = std::get_if<Conv2d>(&placed.layer)) {
      double_convolution(*conv, placed, count, x.data(), weight, bias, y.data());
    } else if (std::holds_alternative<Dense>(placed.layer)) {
      const DenseShape shape = {placed.in.channels, placed.out.channels};
      plain::dense_forward(shape, count, x.data(), weight, bias, y.data());
    } else if (const auto* pool = std::get_if<MaxPool2d>(&placed.layer)) {
      std::vector<std::int32_t> winner(y.size());
      const PoolShape shape = {placed.in, placed.out, pool->kernel, pool->stride};
      plain::maxpool_forward(shape, count, x.data(), y.data(), winner.data());
    } else if (const auto* upsample = std::get_if<Upsample2d>(&placed.layer)) {
      plain::upsample2d_forward(placed.in, upsample->scale, count, x.data(), y.data());
    } else if (std::holds_alternative<Flatten>(placed.layer)) {
      plain::flatten_forward(placed.in, count, x.data(), y.data());
    } else if (std::holds_alternative<Relu>(placed.layer)) {
      plain::relu_forward(x.size(), x.data(), y.data());
    } else if (std::holds_alternative<Sigmoid>(placed.layer)) {
      plain::sigmoid_forward(x.size(), x.data(), y.data());
    } else if (std::holds_alternative<ClippedRelu>(placed.layer)) {
      plain::clipped_relu_forward(x.size(), placed.shape.weight(), x.data(), weight, y.data());
    } else if (const auto* contrast = std::get_if<ContrastNormalise>(&placed.layer)) {
      plain::contrast_normalise_forward(placed.in.size(), count,
                                        static_cast<double>(contrast->epsilon), x.data(), y.data());
    } else if (const auto* average = layer_as<Average>(placed.layer)) {
      plain::average_pool(average->pool_shape(placed), count, x.data(), y.data(), false);
    } else if (const auto* activation = layer_as<Elementwise>(placed.layer)) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = plain::activation(*activation, x[i]).value;
      }
    } else if (placed.layer == Layer(kResidualBegin)) {
      kept.push_back(x);
      y = x;
    } else if (placed.layer == Layer(kResidualTurn)) {
      y = kept.back();
      kept.back() = x;
    } else if (placed.layer == Layer(kResidualEnd)) {
      for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] + kept.back()[i];
      kept.pop_back();
    } else if (const auto* dropout = std::get_if<Dropout>(&placed.layer)) {
      const double keep = 1 / (1 - static_cast<double>(dropout->rate));
      for (std::size_t i = 0; i < x.size(); ++i) {
        const bool dropped = mode == Mode::training && masks.uniform() < dropout->rate;
        y[i] = mode == Mode::inference ? x[i] : dropped ? 0 : x[i] * keep;
      }
    } else {
      const BatchNorm& norm = *layer_as<BatchNorm>(placed.layer);
      const std::vector<double> ones(channels, 1.0), zeros(channels);
      const double* const scale = norm.affine ? weight : ones.data();
      const double* const shift = norm.affine ? bias : zeros.data();
      const double epsilon = static_cast<double>(norm.epsilon);
      if (mode == Mode::training) {
        std::vector<double> mean(channels), variance(channels), inverse(channels);
        plain::batchnorm_train_forward(x.size() / channels, channels, x.data(), scale, shift,
                                       epsilon, y.data(), mean.data(), variance.data(),
                                       inverse.data());
      } else {
        const auto running = network.statistics().subspan(placed.statistics, 2 * channels);
        for (std::size_t i = 0; i < x.size(); ++i) {
          const std::size_t c = i % channels;
          y[i] = scale[c] * (x[i] - static_cast<double>(running[c])) /
                     std::sqrt(static_cast<double>(running[channels + c]) + epsilon) +
                 shift[c];
        }
      }
    }
    x = std::move(y);
  }
  return x;
}

}  // namespace signflip::test
