// A denoiser for the tiny classifier.
#pragma once

#include "support/tiny_classifier.h"

namespace signflip::test {

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
