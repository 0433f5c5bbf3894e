#include "nn/saliency.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "core/batches.h"
#include "core/concat.h"
#include "core/exact/softmax.h"
#include "nn/inference.h"

namespace signflip {
namespace {

/// The index of the last convolution; the number of layers where there is none.
std::size_t last_convolution(const Sequential& network) {
  const auto& layers = network.layers();
  for (std::size_t i = layers.size(); i-- > 0;) {
    if (std::holds_alternative<Conv2d>(layers[i].layer)) return i;
  }
  return layers.size();
}

/// The values and gradients behind one layer, of one image at a time.
class Inside {
 public:
  Inside(const Sequential& network, std::size_t layer)
      : network_(network), layer_(layer), activations_(network, 1) {}

  ImageShape shape() const { return network_.layers()[layer_].out; }

  /// What the layer makes of the image. Later layers may overwrite it, so it is copied.
  std::vector<float> forward(std::span<const float> image) {
    normalise_input(network_, image, 1, activations_);
    std::vector<float> values;
    for (std::size_t i = 0; i < network_.layers().size(); ++i) {
      forward_layer(network_, i, 1, activations_);
      if (i != layer_) continue;
      const float* const output = activations_.output_of(i);
      values.assign(output, output + shape().size());
    }
    return values;
  }

  /// The gradient of one class's logit with respect to these values.
  std::span<const float> gradient(int k) {
    int current = 0;
    const std::size_t classes = network_.output_shape().size();
    std::fill_n(activations_.gradient(current), classes, 0.0F);
    activations_.gradient(current)[k] = 1;
    for (std::size_t i = network_.layers().size(); --i > layer_;) {
      const int next = network_.layers()[i].in_place ? current : 1 - current;
      layer_input_gradient(network_, i, 1, activations_.gradient(current),
                           activations_.gradient(next), activations_);
      current = next;
    }
    return {activations_.gradient(current), shape().size()};
  }

 private:
  const Sequential& network_;
  std::size_t layer_;
  Activations activations_;
};

/// ReLU of the channels, each weighted with its mean gradient: one channel.
std::vector<float> weighted_sum(ImageShape shape, std::span<const float> values,
                                std::span<const float> gradient) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  std::vector<double> weights(channels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    weights[i % channels] += static_cast<double>(gradient[i]);
  }
  std::vector<float> map(shape.pixels());
  for (std::size_t p = 0; p < map.size(); ++p) {
    double sum = 0;
    for (std::size_t c = 0; c < channels; ++c) {
      sum += weights[c] * static_cast<double>(values[p * channels + c]);
    }
    map[p] = static_cast<float>(std::max(0.0, sum / static_cast<double>(shape.pixels())));
  }
  return map;
}

/// Between which two of `from` cells the middle of cell `at` of `to` cells lies, and how far on the
/// way from the first to the second.
struct Between {
  std::size_t first, second;
  double part;
};
Between between(int at, int to, int from) {
  const double place = std::max(0.0, (at + 0.5) * from / to - 0.5);
  const auto first = std::min(static_cast<std::size_t>(place), static_cast<std::size_t>(from - 1));
  return {first, std::min(first + 1, static_cast<std::size_t>(from - 1)),
          place - static_cast<double>(first)};
}

}  // namespace

Tensor loss_gradients(const DifferentiableModel& model, const Tensor& images,
                      std::span<const int> classes) {
  Tensor gradients(images.count(), images.image_shape());
  const auto pass = model.new_pass(shard_capacity(images.count()));
  const std::size_t outputs = pass->classes();
  std::vector<float> dlogits(pass->capacity() * outputs);
  for_each_shard(images.count(), [&](std::size_t first, std::size_t count) {
    const auto logits = pass->forward(images.images(first, count), count);
    for (std::size_t i = 0; i < count; ++i) {
      cross_entropy_gradient(logits.subspan(i * outputs, outputs), classes[first + i],
                             std::span<float>(dlogits).subspan(i * outputs, outputs));
    }
    pass->input_gradient(std::span<const float>(dlogits).first(count * outputs),
                         gradients.images(first, count));
  });
  return gradients;
}

Tensor pixel_strengths(const Tensor& gradients) {
  const ImageShape shape = gradients.image_shape();
  Tensor strengths(gradients.count(), {shape.height, shape.width, 1});
  const auto channels = static_cast<std::size_t>(shape.channels);
  for (std::size_t p = 0; p < strengths.size(); ++p) {
    for (std::size_t c = 0; c < channels; ++c) {
      strengths.values()[p] =
          std::max(strengths.values()[p], std::abs(gradients.values()[p * channels + c]));
    }
  }
  return strengths;
}

void resize_map(std::span<const float> map, ImageShape shape, int height, int width,
                std::span<float> to) {
  const auto columns = static_cast<std::size_t>(shape.width);
  for (int h = 0; h < height; ++h) {
    const Between row = between(h, height, shape.height);
    for (int w = 0; w < width; ++w) {
      const Between column = between(w, width, shape.width);
      const auto line = [&](std::size_t y) {
        return (1 - column.part) * static_cast<double>(map[y * columns + column.first]) +
               column.part * static_cast<double>(map[y * columns + column.second]);
      };
      to[static_cast<std::size_t>(h * width + w)] =
          static_cast<float>((1 - row.part) * line(row.first) + row.part * line(row.second));
    }
  }
}

Result<Tensor> grad_cam(const Sequential& network, const Tensor& images,
                        std::span<const int> classes) {
  const std::size_t layer = last_convolution(network);
  if (layer == network.layers().size()) {
    return Error{concat("the network ", network.architecture().name,
                        " has no convolution, and Grad-CAM looks at the output of the last one")};
  }
  const ImageShape input = network.input_shape();
  Tensor maps(images.count(), {input.height, input.width, 1});
  Inside inside(network, layer);
  for (std::size_t n = 0; n < images.count(); ++n) {
    const std::vector<float> values = inside.forward(images.image(n));
    const auto map = weighted_sum(inside.shape(), values, inside.gradient(classes[n]));
    resize_map(map, inside.shape(), input.height, input.width, maps.image(n));
  }
  return maps;
}

}  // namespace signflip
