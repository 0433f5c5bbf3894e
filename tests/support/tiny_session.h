// The tiny classifier as the page holds it, and images as the page hands them over.
#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "nn/model_file.h"
#include "page/model_session.h"
#include "support/tiny_classifier.h"

namespace signflip::test {

/// The tiny classifier, alone or behind its denoiser.
inline ModelSession session(bool behind_denoiser = false) {
  auto model = ModelSession::load(format_model(classifier(), {}));
  EXPECT_TRUE(model) << model.error().message;
  if (!behind_denoiser) return std::move(*model);
  const auto front = ModelSession::load(format_model(denoiser(), {}));
  auto denoised = model->behind(*front);
  EXPECT_TRUE(denoised) << denoised.error().message;
  return std::move(*denoised);
}

/// `count` images of noise, one after the other.
inline std::vector<float> pixels(std::size_t count) {
  const Tensor some = images(count);
  return {some.values().begin(), some.values().end()};
}

}  // namespace signflip::test
