// Passes through a network: deterministic, counted, and the same whether layers are taken one by
// one or together. That gradients are gradients is gradients_test.cpp's business.
#include "nn/inference.h"

#include <gtest/gtest.h>

#include <cstring>

#include "support/networks.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;

TEST(SequentialPass, IsDeterministicAndDoesNotDependOnTheBatch) {
  const Sequential network = test::usual_network();
  constexpr std::size_t kCount = 7;
  const std::size_t size = network.input_shape().size();
  Rng rng(2);
  const auto images = test::random_values<float>(kCount * size, rng, 0.0F);
  const auto dy = test::random_values<float>(kCount * 6, rng);
  const auto batch = network.new_pass(kCount), alone = network.new_pass(1);
  const auto y = batch->forward(images, kCount);
  Floats dx(images.size(), NAN), one_dx(size, NAN);
  batch->input_gradient(dy, dx);
  for (std::size_t n = 0; n < kCount; ++n) {
    const auto one = alone->forward(std::span(images).subspan(n * size, size), 1);
    EXPECT_EQ(std::memcmp(one.data(), y.data() + 6 * n, 6 * sizeof(float)), 0);
    alone->input_gradient(std::span(dy).subspan(6 * n, 6), one_dx);
    EXPECT_EQ(std::memcmp(one_dx.data(), dx.data() + n * size, size * sizeof(float)), 0);
  }
  const Floats first(y.begin(), y.end());
  const auto again = batch->forward(images, kCount);
  EXPECT_EQ(first, Floats(again.begin(), again.end()));
}

TEST(SequentialPass, CountsWhatItIsAsked) {
  const Sequential network = test::usual_network();
  const auto pass = network.new_pass(4);
  EXPECT_EQ(pass->capacity(), 4U);
  EXPECT_EQ(pass->classes(), 6U);
  const Floats images(3 * network.input_shape().size(), 0.5F), dy(18, 1.0F);
  Floats dx(images.size());
  pass->forward(images, 3);
  pass->input_gradient(dy, dx);
  pass->input_gradient(dy, dx);
  EXPECT_EQ(pass->queries(), 3U);
  EXPECT_EQ(pass->gradients(), 6U);
}

TEST(SequentialPass, GradientsAreLinearInTheirArgument) {
  const Sequential network = test::usual_network();
  const auto pass = network.new_pass(1);
  Rng rng(4);
  const auto image = test::random_values<float>(network.input_shape().size(), rng, 0.0F);
  const auto a = test::random_values<float>(6, rng), b = test::random_values<float>(6, rng);
  Floats sum(6), da(image.size()), db(image.size()), dsum(image.size()), expected(image.size());
  for (std::size_t k = 0; k < 6; ++k) sum[k] = a[k] + 2 * b[k];
  pass->forward(image, 1);
  pass->input_gradient(a, da);
  pass->input_gradient(b, db);
  pass->input_gradient(sum, dsum);
  for (std::size_t i = 0; i < image.size(); ++i) expected[i] = da[i] + 2 * db[i];
  EXPECT_TRUE(test::close(dsum, expected, 1e-5));
}

/// The gradient layer by layer.
Floats stepwise_gradient(const Sequential& network, const Floats& images, const Floats& dy,
                         std::size_t count) {
  Activations activations(network, count);
  forward(network, images, count, activations);
  Floats current = dy;
  for (std::size_t i = network.layers().size(); i-- > 0;) {
    const PlacedLayer& placed = network.layers()[i];
    Floats next(count * placed.in.size());
    float* const to = placed.in_place ? current.data() : next.data();
    layer_input_gradient(network, i, count, current.data(), to, activations);
    if (!placed.in_place) current = std::move(next);
  }
  return current;
}

TEST(InputGradient, OfAPoolAndTheLayersBeforeItIsTheirStepsInOne) {
  const auto conv = [](int filters, int stride) {
    return Conv2d{filters, {3, 3}, {stride, stride}, {1, 1}};
  };
  const MaxPool2d pool{{2, 2}, {2, 2}};
  struct Case {
    std::vector<Layer> layers;
    std::size_t pool, fuses;  // which layer, and how many before it
  };
  const Case cases[] = {
      {{conv(5, 1), Relu{}, pool}, 2, 2},
      {{conv(5, 1), pool}, 1, 1},
      {{conv(5, 1), pool, Relu{}}, 1, 1},
      {{conv(16, 1), Relu{}, pool, conv(7, 1), Relu{}, pool}, 5, 2},
      {{conv(5, 2), Relu{}, pool}, 2, 0},
      {{conv(5, 1), Relu{}, MaxPool2d{{3, 3}, {2, 2}}}, 2, 0},
      {{conv(5, 1), Relu{}, MaxPool2d{{2, 2}, {1, 1}}}, 2, 0},
      {{conv(5, 1), BatchNorm2d{}, Relu{}, pool}, 3, 0},
      {{conv(5, 1), Sigmoid{}, pool}, 2, 0},
      {{Relu{}, pool}, 1, 0},
      {{pool}, 0, 0},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(&each - cases);
    const Sequential network = test::random_network({9, 8, 2}, each.layers, 11, false);
    EXPECT_EQ(network.layers()[each.pool].fuses, each.fuses);
    constexpr std::size_t kCount = 3;
    Rng rng(5);
    const auto images = test::random_values<float>(kCount * network.input_shape().size(), rng);
    const auto dy = test::random_values<float>(kCount * network.output_shape().size(), rng);
    Activations activations(network, kCount);
    forward(network, images, kCount, activations);
    Floats dx(images.size(), NAN);
    input_gradient(network, dy, kCount, activations, dx);
    EXPECT_TRUE(test::close(dx, stepwise_gradient(network, images, dy, kCount), 1e-6));
  }
}

}  // namespace
}  // namespace signflip
