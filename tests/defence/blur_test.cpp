// Gaussian blur against its definition, and its gradient by finite differences.
#include "defence/blur.h"

#include <gtest/gtest.h>

#include "support/numeric.h"

namespace signflip::test {
namespace {

TEST(Blur, APointBecomesTheWindow) {
  const ImageShape shape{9, 11, 2};
  std::vector<float> image(shape.size()), made(shape.size());
  const auto at = [](int h, int w, int c) {
    return static_cast<std::size_t>((h * 11 + w) * 2 + c);
  };
  image[at(4, 5, 1)] = 1;
  gaussian_blur(1, shape, image, made);
  double sum = 0;
  for (int k = -3; k <= 3; ++k) sum += std::exp(-0.5 * k * k);
  for (int h = 0; h < 9; ++h) {
    for (int w = 0; w < 11; ++w) {
      const int y = h - 4, x = w - 5;
      const bool seen = std::abs(y) <= 3 && std::abs(x) <= 3;
      const double expected = seen ? std::exp(-0.5 * (y * y + x * x)) / (sum * sum) : 0;
      EXPECT_NEAR(made[at(h, w, 1)], expected, 1e-6);
      EXPECT_EQ(made[at(h, w, 0)], 0.0F);
    }
  }
}

TEST(Blur, KeepsWhatIsFlatAndStaysInTheBox) {
  const ImageShape shape{5, 3, 1};
  std::vector<float> made(shape.size());
  for (const double deviation : {0.1, 0.7, 2.5, 8.0}) {
    gaussian_blur(deviation, shape, std::vector<float>(shape.size(), 1.0F), made);
    for (const float value : made) {
      EXPECT_LE(value, 1.0F);
      EXPECT_NEAR(value, 1, 1e-6);
    }
  }
}

TEST(Blur, GradientIsThatOfFiniteDifferences) {
  const ImageShape shape{5, 4, 2};
  Rng rng(3);
  const auto image = random_values<float>(shape.size(), rng, 0, 1);
  const auto dy = random_values<float>(shape.size(), rng);
  std::vector<float> dx(shape.size());
  for (const double deviation : {0.5, 1.3, 4.0}) {
    gaussian_blur_gradient(deviation, shape, dy, dx);
    const auto numeric =
        numeric_gradient(converted<double>(image), 0.25, [&](const std::vector<double>& at) {
          std::vector<float> made(at.size());
          gaussian_blur(deviation, shape, converted<float>(at), made);
          return dot(converted<double>(made), converted<double>(dy));
        });
    EXPECT_TRUE(close(dx, numeric, 1e-5)) << deviation;
  }
}

}  // namespace
}  // namespace signflip::test
