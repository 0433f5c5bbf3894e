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

/// A denoiser for it.
inline Sequential denoiser() {
  Architecture architecture;
  architecture.input = kShape;
  architecture.layers = {Conv2d{2, {3, 3}, {1, 1}, {1, 1}}, Relu{},
                         Conv2d{1, {3, 3}, {1, 1}, {1, 1}}, Sigmoid{}};
  auto made = Sequential::create(architecture);
  made->initialise(6);
  return std::move(*made);
}

}  // namespace signflip::test
