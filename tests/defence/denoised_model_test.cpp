// A denoiser in front of a classifier: one model, with gradients through both.
#include "defence/denoised_model.h"

#include <gtest/gtest.h>

#include "core/rng.h"

namespace signflip {
namespace {

constexpr ImageShape kShape{6, 6, 1};

Sequential classifier() {
  Architecture architecture;
  architecture.input = kShape;
  architecture.classes = {"a", "b", "c"};
  architecture.layers = {Flatten{}, Dense{8}, Relu{}, Dense{3}};
  auto made = Sequential::create(architecture);
  made->initialise(5);
  return std::move(*made);
}

Sequential denoiser() {
  Architecture architecture;
  architecture.input = kShape;
  architecture.layers = {Conv2d{4, {3, 3}, {1, 1}, {1, 1}}, Relu{},
                         Conv2d{1, {3, 3}, {1, 1}, {1, 1}}, Sigmoid{}};
  auto made = Sequential::create(architecture);
  made->initialise(6);
  return std::move(*made);
}

Tensor images(std::size_t count) {
  Tensor tensor(count, kShape);
  Rng rng(9);
  for (float& pixel : tensor.values()) pixel = rng.uniform();
  return tensor;
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
