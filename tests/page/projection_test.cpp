// Maps of points: known directions are found, and every point lands where the definition says.
#include "page/projection.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"

namespace signflip {
namespace {

struct Cloud {
  std::vector<float> points;
  std::vector<int> labels;
};

/// `classes` blobs of 200 points in D dimensions. Axis 0 scatters widely within each class, axes 1
/// and 2 tell the classes apart, the others are noise.
Cloud blobs(std::size_t dimensions, int classes) {
  Cloud cloud;
  Rng rng(3);
  for (int n = 0; n < 200 * classes; ++n) {
    const int label = n % classes;
    const double angle = 6.283185307179586 * label / classes;
    for (std::size_t i = 0; i < dimensions; ++i) {
      float value = 0.1F * rng.normal();
      if (i == 0) value = 20.0F * rng.normal() + 7.0F;
      if (i == 1) value += static_cast<float>(3.0 * std::cos(angle));
      if (i == 2) value += static_cast<float>(2.0 * std::sin(angle));
      cloud.points.push_back(value);
    }
    cloud.labels.push_back(label);
  }
  return cloud;
}

TEST(Projection, PcaFindsTheWidestDirections) {
  const Cloud cloud = blobs(12, 5);
  const auto map = fit_projection(ProjectionKind::pca, cloud.points, cloud.labels, 5);
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_GT(map->axes[0], 0.999);      // axis 0 of the points
  EXPECT_GT(map->axes[12 + 1], 0.99);  // then axis 1
  EXPECT_GT(map->share[0], 0.9);
  EXPECT_LT(map->share[0] + map->share[1], 1.0);
}

TEST(Projection, LdaFindsWhatTellsTheClassesApart) {
  const Cloud cloud = blobs(12, 5);
  const auto map = fit_projection(ProjectionKind::lda, cloud.points, cloud.labels, 5);
  ASSERT_TRUE(map) << map.error().message;
  // The wide axis 0 says nothing about the class; 1 and 2 say all.
  EXPECT_LT(std::abs(map->axes[0]), 0.05);
  EXPECT_GT(map->axes[1], 0.99);
  EXPECT_LT(std::abs(map->axes[12]), 0.05);
  EXPECT_GT(map->axes[12 + 2], 0.99);
  EXPECT_GT(map->share[0], map->share[1]);
  EXPECT_NEAR(map->share[0] + map->share[1], 1.0, 0.01);

  // On the map each point is nearer to its own class' centre than to any other's.
  const std::vector<float> places = map->project(cloud.points);
  ASSERT_EQ(places.size(), 2 * cloud.labels.size());
  double centres[5][2] = {};
  for (std::size_t n = 0; n < cloud.labels.size(); ++n) {
    for (std::size_t k = 0; k < 2; ++k) {
      centres[cloud.labels[n]][k] += static_cast<double>(places[2 * n + k]) / 200.0;
    }
  }
  for (std::size_t n = 0; n < cloud.labels.size(); ++n) {
    int nearest = 0;
    double least = 1e9;
    for (int c = 0; c < 5; ++c) {
      const double distance = std::hypot(static_cast<double>(places[2 * n]) - centres[c][0],
                                         static_cast<double>(places[2 * n + 1]) - centres[c][1]);
      if (distance < least) least = distance, nearest = c;
    }
    ASSERT_EQ(nearest, cloud.labels[n]) << n;
  }
}

TEST(Projection, ProjectsByItsDefinitionAndRepeats) {
  const Cloud cloud = blobs(4, 3);
  for (const ProjectionKind kind : {ProjectionKind::pca, ProjectionKind::lda}) {
    const auto map = fit_projection(kind, cloud.points, cloud.labels, 3);
    const auto again = fit_projection(kind, cloud.points, cloud.labels, 3);
    ASSERT_TRUE(map && again);
    EXPECT_EQ(map->axes, again->axes);
    const std::vector<float> point = {1.0F, -2.0F, 0.5F, 4.0F};
    const std::vector<float> place = map->project(point);
    for (std::size_t k = 0; k < 2; ++k) {
      double expected = 0.0, length = 0.0;
      for (std::size_t i = 0; i < 4; ++i) {
        expected += map->axes[4 * k + i] * (static_cast<double>(point[i]) - map->mean[i]);
        length += map->axes[4 * k + i] * map->axes[4 * k + i];
      }
      EXPECT_NEAR(static_cast<double>(place[k]), expected, 1e-5);
      EXPECT_NEAR(length, 1.0, 1e-12);
    }
  }
}

/// y = S·x, S the scatter of the rows of `points` around their mean.
std::vector<double> scatter_times(const std::vector<float>& points, const std::vector<double>& mean,
                                  std::span<const double> x) {
  const std::size_t d = mean.size();
  std::vector<double> y(d);
  for (std::size_t first = 0; first < points.size(); first += d) {
    double along = 0.0;
    for (std::size_t i = 0; i < d; ++i) {
      along += (static_cast<double>(points[first + i]) - mean[i]) * x[i];
    }
    for (std::size_t i = 0; i < d; ++i) {
      y[i] += along * (static_cast<double>(points[first + i]) - mean[i]);
    }
  }
  return y;
}

/// With more points than dimensions and with fewer: the two ways to decompose.
TEST(Projection, PcaAxesAreEigenvectorsOfTheScatter) {
  for (const std::size_t count : {60U, 10U}) {
    constexpr std::size_t kDimensions = 20;
    Rng rng(5);
    Cloud cloud;
    for (std::size_t i = 0; i < count * kDimensions; ++i) {
      const auto axis = static_cast<float>(i % kDimensions);
      cloud.points.push_back(rng.normal() * (1.0F + axis) + 3.0F * axis);
    }
    cloud.labels.assign(count, 0);
    const auto map = fit_projection(ProjectionKind::pca, cloud.points, cloud.labels, 1);
    ASSERT_TRUE(map) << map.error().message;
    double total = 0.0;
    for (std::size_t i = 0; i < cloud.points.size(); ++i) {
      const double off = static_cast<double>(cloud.points[i]) - map->mean[i % kDimensions];
      total += off * off;
    }
    const auto axes = std::span<const double>(map->axes);
    double across = 0.0;
    for (std::size_t i = 0; i < kDimensions; ++i) across += axes[i] * axes[kDimensions + i];
    EXPECT_NEAR(across, 0.0, 1e-10);
    for (std::size_t k = 0; k < 2; ++k) {
      const auto axis = axes.subspan(k * kDimensions, kDimensions);
      const std::vector<double> scattered = scatter_times(cloud.points, map->mean, axis);
      for (std::size_t i = 0; i < kDimensions; ++i) {
        EXPECT_NEAR(scattered[i], map->share[k] * total * axis[i], 1e-9 * total);
      }
    }
    EXPECT_GE(map->share[0], map->share[1]);
  }
}

TEST(Projection, PointsOnALineHaveAnAxisAcrossIt) {
  // (1, 2, 2)/3 and nothing else: the second axis is any unit vector across.
  std::vector<float> points;
  std::vector<int> labels;
  for (int n = -10; n <= 10; ++n) {
    for (const int part : {1, 2, 2}) points.push_back(static_cast<float>(n * part));
    labels.push_back(n < 0 ? 0 : 1);
  }
  const auto map = fit_projection(ProjectionKind::pca, points, labels, 2);
  ASSERT_TRUE(map) << map.error().message;
  double dot = 0, length = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(std::abs(map->axes[i]), (i == 0 ? 1.0 : 2.0) / 3.0, 1e-6);
    dot += map->axes[i] * map->axes[3 + i];
    length += map->axes[3 + i] * map->axes[3 + i];
  }
  EXPECT_NEAR(dot, 0.0, 1e-6);
  EXPECT_NEAR(length, 1.0, 1e-6);
}

TEST(Projection, TwoClassesStillHaveTwoAxes) {
  const Cloud cloud = blobs(5, 2);
  const auto map = fit_projection(ProjectionKind::lda, cloud.points, cloud.labels, 2);
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_NEAR(map->share[0], 1.0, 1e-9);
  EXPECT_NEAR(map->share[1], 0.0, 1e-9);
  for (std::size_t k = 0; k < 2; ++k) {
    double length = 0.0;
    for (std::size_t i = 0; i < 5; ++i) length += map->axes[5 * k + i] * map->axes[5 * k + i];
    EXPECT_NEAR(length, 1.0, 1e-12);
  }
}

TEST(Projection, IsMadeAgainFromItsValues) {
  const Cloud cloud = blobs(4, 3);
  const auto map = fit_projection(ProjectionKind::lda, cloud.points, cloud.labels, 3);
  ASSERT_TRUE(map);
  const auto again = Projection::from_values(map->values());
  ASSERT_TRUE(again);
  const std::vector<float> places = map->project(cloud.points);
  const std::vector<float> same = again->project(cloud.points);
  for (std::size_t i = 0; i < places.size(); ++i) ASSERT_NEAR(places[i], same[i], 1e-4F);
  EXPECT_FALSE(Projection::from_values(std::vector<float>(4)));
  EXPECT_FALSE(Projection::from_values({}));
}

TEST(Projection, DeadFeaturesDoNoHarm) {
  Cloud cloud = blobs(6, 4);
  for (std::size_t n = 0; n < cloud.labels.size(); ++n) cloud.points[6 * n + 5] = 0.0F;
  for (const ProjectionKind kind : {ProjectionKind::pca, ProjectionKind::lda}) {
    const auto map = fit_projection(kind, cloud.points, cloud.labels, 4);
    ASSERT_TRUE(map);
    for (const float place : map->project(cloud.points)) ASSERT_TRUE(std::isfinite(place));
    EXPECT_NEAR(map->axes[5], 0.0, 1e-6);
  }
}

TEST(Projection, SaysWhatDoesNotFit) {
  const std::vector<float> points = {1, 2, 3, 4, 5, 6};
  EXPECT_FALSE(fit_projection(ProjectionKind::pca, points, std::vector<int>{0, 1, 0, 1}, 2));
  EXPECT_FALSE(fit_projection(ProjectionKind::lda, points, std::vector<int>{0, 0, 0}, 2));
  EXPECT_FALSE(fit_projection(ProjectionKind::lda, points, std::vector<int>{0, 1, 2}, 3));
  EXPECT_FALSE(fit_projection(ProjectionKind::pca, points, std::vector<int>{0, 1, 2}, 2));
  EXPECT_FALSE(fit_projection(ProjectionKind::pca, {}, {}, 2));
  EXPECT_FALSE(
      fit_projection(ProjectionKind::pca, std::span(points).first(3), std::vector<int>{0, 1, 0}, 2))
      << "of one dimension";
  EXPECT_TRUE(fit_projection(ProjectionKind::pca, points, std::vector<int>{0, 1, 1}, 2));
}

}  // namespace
}  // namespace signflip
