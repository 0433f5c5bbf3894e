// Maps of points: known directions are found, and every point lands where the definition says.
#include "wasm/projection.h"

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
  EXPECT_TRUE(fit_projection(ProjectionKind::pca, points, std::vector<int>{0, 1, 1}, 2));
}

}  // namespace
}  // namespace signflip
