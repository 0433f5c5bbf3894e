// FAB's own: the projection onto a hyperplane within the box, restarts, cost, the final search.
#include "attack/methods/fab.h"

#include <gtest/gtest.h>

#include <numeric>

#include "attack/geometry/hyperplane.h"
#include "support/attacks.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

double inner(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    sum += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  }
  return sum;
}

/// The smallest length by bisection over the common time, without Newton steps.
double bisected(Norm norm, std::span<const float> x, std::span<const float> w, double rise) {
  const auto reach = [&](double time, double& length) {
    double gained = 0;
    length = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double pull = std::fabs(static_cast<double>(w[j])), at = static_cast<double>(x[j]);
      if (pull == 0) continue;
      const double room = static_cast<double>(w[j]) * rise > 0 ? 1 - at : at;
      const double move = std::min(norm == Norm::l2 ? time * pull : time, room);
      gained += pull * move;
      length = norm == Norm::l2 ? length + move * move : std::max(length, move);
    }
    if (norm == Norm::l2) length = std::sqrt(length);
    return gained;
  };
  double low = 0, high = 1e7, length = 0;
  for (int round = 0; round < 200; ++round) {
    const double middle = (low + high) / 2;
    (reach(middle, length) < std::fabs(rise) ? low : high) = middle;
  }
  reach(high, length);
  return length;
}

TEST(HyperplaneProjection, IsExactWithinTheBox) {
  HyperplaneProjection projection({});
  std::size_t met = 0;
  for (std::uint64_t round = 0; round < 2000; ++round) {
    Rng rng(9, round);
    const std::size_t size = 1 + rng.below(40);
    const auto images = inked_images(1, {1, static_cast<int>(size), 1}, rng);
    const std::span<const float> x = images.values();
    std::vector<float> w(size), delta(size);
    for (float& v : w) {
      v = rng.below(5) == 0 ? 0.0F : rng.normal() * std::pow(10.0F, rng.uniform(-2, 1));
    }
    // Somewhere between what the box allows and a little more.
    double most = 0;
    const double sign = rng.below(2) == 0 ? 1 : -1;
    for (std::size_t j = 0; j < size; ++j) {
      const double v = static_cast<double>(w[j]), at = static_cast<double>(x[j]);
      most += std::fabs(v) * (v * sign > 0 ? 1 - at : at);
    }
    const double rise = sign * most * static_cast<double>(rng.uniform(0.01F, 1.2F));
    for (const Norm norm : {Norm::linf, Norm::l2}) {
      const bool meets = projection.project(norm, x, w, rise, delta);
      const double tolerance = 1e-5 * (1 + most);
      for (std::size_t j = 0; j < size; ++j) {
        ASSERT_TRUE(x[j] + delta[j] >= -1e-6F && x[j] + delta[j] <= 1 + 1e-6F);
        if (w[j] == 0) {
          ASSERT_EQ(delta[j], 0);
        }
      }
      if (std::fabs(rise) < most * (1 - 1e-6)) {
        ASSERT_TRUE(meets);
        ASSERT_NEAR(inner(w, delta), rise, tolerance);
        const double length =
            norm == Norm::l2 ? l2_norm(delta) : linf_distance(delta, std::vector<float>(size));
        const double best = bisected(norm, x, w, rise);
        ASSERT_NEAR(length, best, 1e-5 * (1 + best));
        ++met;
      } else if (std::fabs(rise) > most * (1 + 1e-6)) {
        ASSERT_FALSE(meets && most > 0);
        ASSERT_NEAR(inner(w, delta), sign * most, tolerance);
      }
    }
  }
  EXPECT_GT(met, 2000U);
}

TEST(HyperplaneProjection, StaysWhereNothingPulls) {
  HyperplaneProjection projection({});
  const std::vector<float> x{0.2F, 0.8F}, none{0, 0}, some{1, -1};
  std::vector<float> delta(2, 7);
  EXPECT_FALSE(projection.project(Norm::l2, x, none, 1, delta));
  EXPECT_EQ(delta, none);
  EXPECT_TRUE(projection.project(Norm::linf, x, some, 0, delta));
  EXPECT_EQ(delta, none);
}

TEST(Fab, FinalSearchAndRestartsOnlyBringItNearer) {
  const ImageShape shape{7, 7, 1};
  Rng rng(5);
  const auto net = random_net(shape, 6, 3, rng);
  const auto images = inked_images(20, shape, rng);
  const auto labels = predictions(net, images);
  for (const char* norm : {"linf", "l2"}) {
    const auto found = [&](const char* name, const char* search, const char* restarts) {
      const Settings settings{
          {"norm", norm}, {"steps", "20"}, {"final-search", search}, {"restarts", restarts}};
      const auto outcome = attack(net, request_for(name, settings, 1), images, labels);
      EXPECT_EQ(successes(outcome), images.count());
      return std::string_view(norm) == "l2" ? outcome.l2 : outcome.linf;
    };
    for (const char* name : {"fab", "fab-t"}) {
      const auto rough = found(name, "0", "1"), near = found(name, "3", "1");
      const auto again = found(name, "0", "3");
      for (std::size_t i = 0; i < images.count(); ++i) {
        EXPECT_LE(near[i], rough[i]);
        EXPECT_LE(again[i], rough[i]);
      }
      EXPECT_NE(near, rough);
    }
  }
}

TEST(Fab, OneStepOfTheFinalSearchMeetsAnAffineBoundary) {
  // Where margins are linear along the line, the secant's zero is the boundary; the answer is a
  // thousandth of the gap beyond it.
  const ImageShape shape{5, 5, 1};
  Rng rng(8);
  const auto model = LinearModel::random(shape, 2, 1, rng);
  const auto images = random_images(12, shape, rng);
  const auto labels = predictions(model, images);
  const auto found = [&](const char* search) {
    const Settings settings{
        {"norm", "l2"}, {"steps", "1"}, {"eta", "1.5"}, {"final-search", search}};
    return attack(model, request_for("fab", settings), images, labels);
  };
  const auto rough = found("0"), near = found("1");
  for (std::size_t i = 0; i < images.count(); ++i) {
    if (!rough.success[i]) continue;
    ASSERT_TRUE(near.success[i]);
    const std::span<const float> logits = std::span<const float>(near.logits).subspan(2 * i, 2);
    const std::vector<float> clean = {static_cast<float>(model.logit(0, images.image(i))),
                                      static_cast<float>(model.logit(1, images.image(i)))};
    const Goal goal{labels[i], -1};
    EXPECT_LE(margin_objective(goal, logits), -0.002 * margin_objective(goal, clean)) << i;
  }
  EXPECT_GE(successes(rough), 6U);
}

TEST(Fab, StaysWithinItsCostAndStopsBelow) {
  const ImageShape shape{6, 6, 1};
  Rng rng(6);
  const auto net = random_net(shape, 5, 3, rng);
  const CountingModel model(net);
  const auto images = random_images(16, shape, rng);
  auto labels = predictions(net, images);
  labels[4] = (labels[4] + 1) % 5;
  const auto fab = attack(model, request_for("fab", {{"steps", "10"}}), images, labels);
  EXPECT_EQ(fab.gradients, 15U * 10U * 4U);
  EXPECT_EQ(model.backwards(), fab.gradients);
  const auto each = attack(model, request_for("fab-t", {{"steps", "10"}, {"target-classes", "3"}}),
                           images, labels);
  EXPECT_EQ(each.gradients, 15U * 10U * 3U);
  const auto enough =
      attack(model, request_for("fab-t", {{"steps", "10"}, {"stop-below", "1"}}), images, labels);
  EXPECT_LT(enough.gradients, 15U * 10U);
  EXPECT_EQ(successes(enough), 16U);
}

}  // namespace
}  // namespace signflip::test
