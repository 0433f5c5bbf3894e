// Small random networks for attack tests: convolution, pooling and dense layers, mild or so
// confident that float32 probabilities are 0 and 1.
#pragma once

#include <gtest/gtest.h>

#include "core/rng.h"
#include "nn/sequential.h"

namespace signflip::test {

/// `gain` multiplies the last layer's weights.
inline Sequential random_net(ImageShape shape, int classes, float gain, Rng& rng) {
  Architecture architecture;
  architecture.input = shape;
  architecture.layers = {Conv2d{4, {3, 3}, {1, 1}, {1, 1}}, Relu{}};
  if (rng.below(2) == 0) architecture.layers.push_back(MaxPool2d{{2, 2}, {2, 2}});
  architecture.layers.push_back(Flatten{});
  architecture.layers.push_back(Dense{12});
  architecture.layers.push_back(rng.below(4) == 0 ? Layer{Sigmoid{}} : Layer{Relu{}});
  architecture.layers.push_back(Dense{classes});
  auto made = Sequential::create(architecture);
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  Sequential network = std::move(*made);
  network.initialise(rng.next());
  const PlacedLayer& last = network.layers().back();
  for (float& w : network.parameters().subspan(last.weight, last.shape.weight())) w *= gain;
  network.prepare();
  return network;
}

}  // namespace signflip::test
