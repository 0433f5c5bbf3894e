#include "nn/fold_batchnorm.h"

#include <algorithm>

namespace signflip {

Sequential fold_batchnorm(const Sequential& network) {
  const auto& layers = network.layers();
  const auto folds = [&](std::size_t i) {
    return i > 0 && std::holds_alternative<BatchNorm2d>(layers[i].layer) &&
           std::holds_alternative<Conv2d>(layers[i - 1].layer);
  };
  Architecture architecture = network.architecture();
  architecture.layers.clear();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (folds(i)) {
      std::get<Conv2d>(architecture.layers.back()).bias = true;
    } else {
      architecture.layers.push_back(layers[i].layer);
    }
  }
  Sequential folded = *Sequential::create(std::move(architecture));
  for (std::size_t i = 0, to = 0; i < layers.size(); ++i) {
    if (folds(i)) {
      const PlacedLayer& conv = folded.layers()[to - 1];
      const float* const scale = network.channel_scale(i);
      const float* const shift = network.channel_shift(i);
      const std::size_t filters = conv.shape.columns;
      const auto weight = folded.parameters().subspan(conv.weight, conv.shape.weight());
      for (std::size_t w = 0; w < weight.size(); ++w) weight[w] *= scale[w % filters];
      const auto bias = folded.parameters().subspan(conv.bias, filters);
      for (std::size_t f = 0; f < filters; ++f) bias[f] = bias[f] * scale[f] + shift[f];
      continue;
    }
    const PlacedLayer& from = layers[i];
    const PlacedLayer& place = folded.layers()[to++];
    const auto parameters =
        network.parameters().subspan(from.weight, from.shape.weight() + from.shape.bias);
    std::copy(parameters.begin(), parameters.end(),
              folded.parameters().subspan(place.weight).begin());
    if (traits(from.layer).statistics) {
      const auto statistics = network.statistics().subspan(from.statistics, 2 * from.shape.columns);
      std::copy(statistics.begin(), statistics.end(),
                folded.statistics().subspan(place.statistics).begin());
    }
  }
  folded.prepare();
  return folded;
}

}  // namespace signflip
