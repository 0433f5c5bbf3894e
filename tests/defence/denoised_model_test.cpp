// A denoiser in front of a classifier: one model, with gradients through both.
#include "defence/denoised_model.h"

#include <gtest/gtest.h>

#include "support/tiny_classifier.h"

namespace signflip {
namespace {

using test::classifier;
using test::images;
using test::kShape;

Sequential denoiser() {
  Architecture architecture;
  architecture.input = kShape;
  architecture.layers = {Conv2d{4, {3, 3}, {1, 1}, {1, 1}}, Relu{},
                         Conv2d{1, {3, 3}, {1, 1}, {1, 1}}, Sigmoid{}};
  auto made = Sequential::create(architecture);
  made->initialise(6);
  return std::move(*made);
}

TEST(DenoisedModel, GradientRunsThroughBoth) {
  const Sequential front = denoiser(), back = classifier();
  ASSERT_TRUE(check_denoiser(front, back));
  const DenoisedModel model(front, back);
  const auto pass = model.new_pass(2);
  const Tensor x = images(2);
  const auto value = [&](const Tensor& at) {
    return static_cast<double>(pass->forward(at.values(), 2)[1]);
  };
  pass->forward(x.values(), 2);
  std::vector<float> dlogits(6), dx(x.size());
  dlogits[1] = 1.0F;
  pass->input_gradient(dlogits, dx);
  for (std::size_t i = 0; i < kShape.size(); i += 5) {
    Tensor up = x, down = x;
    up.values()[i] += 1e-2F;
    down.values()[i] -= 1e-2F;
    EXPECT_NEAR(static_cast<double>(dx[i]), (value(up) - value(down)) / 2e-2, 2e-3) << i;
  }
  EXPECT_FALSE(check_denoiser(back, back));
}

}  // namespace
}  // namespace signflip
