// JPEG against libjpeg (tests/golden/make_jpeg_golden.py) and against what must hold of any
// quality; its smooth approximation by finite differences.
#include "defence/jpeg.h"

#include <gtest/gtest.h>

#include "nn/safetensors.h"
#include "support/numeric.h"

namespace signflip::test {
namespace {

constexpr std::uint8_t kGolden[] = {
#include "golden/jpeg_round_trips.inc"
};

/// The largest difference in levels of 255.
double levels_between(std::span<const float> a, std::span<const float> b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return 255 * most;
}

TEST(Jpeg, RoundTripsAreThoseOfLibjpeg) {
  const auto file = parse_safetensors(kGolden, "jpeg_round_trips");
  ASSERT_TRUE(file);
  for (const auto& [name, shape] :
       {std::pair{"grey", ImageShape{28, 28, 1}}, std::pair{"colour", ImageShape{19, 21, 3}}}) {
    const auto image = to_floats(*file->find(name));
    ASSERT_TRUE(image);
    std::vector<float> made(image->size());
    for (const int quality : {1, 20, 75, 100}) {
      const std::string golden = std::string(name) + "." + std::to_string(quality);
      const auto expected = to_floats(*file->find(golden));
      ASSERT_TRUE(expected);
      jpeg_round_trip(quality, shape, *image, made);
      // At 100 the steps are as small as what libjpeg loses in single precision.
      EXPECT_LE(levels_between(made, *expected), quality < 100 ? 0.01 : 2.01) << golden;
      if (quality < 100) {
        EXPECT_GT(levels_between(made, *image), 5) << golden;
      }
    }
  }
}

TEST(Jpeg, KeepsWhatIsFlatAndLosesLessWithQuality) {
  const ImageShape shape{13, 10, 3};
  std::vector<float> image(shape.size(), 0.6F), made(shape.size());
  jpeg_round_trip(90, shape, image, made);
  EXPECT_LE(levels_between(image, made), 1.51);
  Rng rng(4);
  image = random_values<float>(shape.size(), rng, 0, 1);
  double before = 1000;
  for (const int quality : {5, 30, 80, 100}) {
    jpeg_round_trip(quality, shape, image, made);
    double squares = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      ASSERT_TRUE(made[i] >= 0 && made[i] <= 1);
      const double level = 255 * static_cast<double>(made[i]);
      EXPECT_NEAR(level, std::round(level), 1e-4);
      squares += std::pow(static_cast<double>(made[i] - image[i]), 2);
    }
    EXPECT_LT(squares, 0.9 * before) << quality;
    before = squares;
  }
}

TEST(Jpeg, SmoothApproximationIsNearTheRoundTrip) {
  const ImageShape shape{16, 16, 3};
  Rng rng(5);
  // In the middle, so that nothing is cut to the box.
  const auto image = random_values<float>(shape.size(), rng, 0.4F, 0.6F);
  std::vector<float> exact(image.size()), smooth(image.size());
  jpeg_round_trip(75, shape, image, exact);
  jpeg_smooth(75, shape, image, smooth);
  double gap = 0, change = 0;
  for (std::size_t i = 0; i < image.size(); ++i) {
    gap += std::pow(static_cast<double>(smooth[i] - exact[i]), 2);
    change += std::pow(static_cast<double>(image[i] - exact[i]), 2);
  }
  EXPECT_LT(gap, 0.35 * change);
}

TEST(Jpeg, SmoothGradientIsThatOfFiniteDifferences) {
  for (const ImageShape shape : {ImageShape{9, 8, 1}, ImageShape{10, 11, 3}}) {
    Rng rng(6);
    const auto image = random_values<float>(shape.size(), rng, 0.2F, 0.8F);
    const auto dy = random_values<float>(shape.size(), rng);
    std::vector<float> dx(shape.size());
    jpeg_smooth_gradient(60, shape, image, dy, dx);
    const auto numeric =
        numeric_gradient(converted<double>(image), 1e-4, [&](const std::vector<double>& at) {
          std::vector<float> smooth(at.size());
          jpeg_smooth(60, shape, converted<float>(at), smooth);
          return dot(converted<double>(smooth), converted<double>(dy));
        });
    EXPECT_TRUE(close(dx, numeric, 0.01)) << to_string(shape);
  }
}

}  // namespace
}  // namespace signflip::test
