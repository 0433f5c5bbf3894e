// A three-class network on 6×6 images, and noise to show it: for tests that need some network and
// do not care which.
#pragma once

#include "core/rng.h"
#include "nn/sequential.h"

namespace signflip::test {

inline constexpr ImageShape kShape{6, 6, 1};

inline Sequential classifier() {
  Architecture architecture;
  architecture.input = kShape;
  architecture.classes = {"a", "b", "c"};
  architecture.layers = {Flatten{}, Dense{8}, Relu{}, Dense{3}};
  auto made = Sequential::create(architecture);
  made->initialise(5);
  return std::move(*made);
}

inline Tensor images(std::size_t count) {
  Tensor tensor(count, kShape);
  Rng rng(9);
  for (float& pixel : tensor.values()) pixel = rng.uniform();
  return tensor;
}

}  // namespace signflip::test
