// The plane is spanned by the gradient's sign and an orthogonal direction; its points are read as
// the definition says.
#include "page/decision_plane.h"

#include <gtest/gtest.h>

#include <cmath>

#include "attack/runner.h"
#include "core/exact/softmax.h"
#include "support/linear_model.h"
#include "support/tiny_classifier.h"

namespace signflip {
namespace {

using test::images;
using test::kShape;

std::vector<float> logits(const DifferentiableModel& model, const Tensor& image) {
  const auto pass = model.new_pass(1);
  const auto z = pass->forward(image.values(), 1);
  return {z.begin(), z.end()};
}

TEST(DecisionPlane, IsTheGradientsSignAndAnOrthogonalDirection) {
  const Sequential model = test::classifier();
  const Tensor one = images(1);
  const int label = argmax(std::span<const float>(logits(model, one)));
  const auto plane = decision_plane(model, one, label, 3);
  ASSERT_TRUE(plane) << plane.error().message;
  double dot = 0.0;
  int agree = 0;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    dot += static_cast<double>(plane->u[i]) * static_cast<double>(plane->v[i]);
    EXPECT_LE(std::abs(plane->u[i]), 1.0F);
    EXPECT_LE(std::abs(plane->v[i]), 1.0F);
    agree += plane->u[i] == plane->v[i] ? 1 : 0;
  }
  EXPECT_EQ(dot, 0.0);
  EXPECT_GT(agree, 0);
  EXPECT_NE(decision_plane(model, one, label, 4)->v, plane->v);
  EXPECT_EQ(decision_plane(model, one, label, 3)->v, plane->v);
  EXPECT_FALSE(decision_plane(model, one, 3, 3));
  EXPECT_FALSE(decision_plane(model, images(2), 0, 3));
}

TEST(DecisionPlane, StaysStillWhereTheGradientIsZero) {
  // The second pixel counts for no class, the third for the other one.
  const test::LinearModel model({1, 3, 1}, {1, 0, -1, -1, 0, 1}, {0, 0});
  const Tensor one(1, {1, 3, 1});
  const auto plane = decision_plane(model, one, 0, 3);
  ASSERT_TRUE(plane) << plane.error().message;
  EXPECT_EQ(plane->u, (std::vector<float>{-1, 0, 1}));
}

TEST(DecisionPlane, FgsmIsThePointEpsilonZero) {
  const Sequential model = test::classifier();
  const Tensor one = images(1);
  const int label = argmax(std::span<const float>(logits(model, one)));
  const auto plane = decision_plane(model, one, label, 3);
  ASSERT_TRUE(plane);
  AttackRequest fgsm;
  fgsm.attack = find_attack("fgsm");
  fgsm.parameters = Parameters(fgsm.attack->parameters);
  ASSERT_TRUE(fgsm.parameters.set("epsilon", 0.2));
  ThreadPool pool(1);
  const auto outcome = run_attack(model, model, fgsm, one, std::vector<int>{label}, {}, pool);
  ASSERT_TRUE(outcome);
  const float a[] = {0.0F, 0.2F}, b[] = {0.0F, 0.0F};
  const auto found = read_plane(model, one, *plane, a, b);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->labels[0], label);
  EXPECT_EQ(found->labels[1], outcome->predicted[0]);
  std::vector<float> probabilities(3);
  softmax(std::span<const float>(outcome->logits), std::span(probabilities));
  EXPECT_NEAR(found->confidences[1], probabilities[static_cast<std::size_t>(outcome->predicted[0])],
              1e-5F);
  EXPECT_FALSE(read_plane(model, one, *plane, a, std::span(b).first(1)));
  EXPECT_FALSE(read_plane(model, one, {}, a, b));
  EXPECT_FALSE(read_plane(model, images(2), *plane, a, b));
  for (const bool first : {true, false}) {  // either direction
    DecisionPlane cut = *plane;
    (first ? cut.u : cut.v).pop_back();
    EXPECT_FALSE(read_plane(model, one, cut, a, b));
  }
  EXPECT_FALSE(read_plane(model, one, *plane, {}, {}));
}

}  // namespace
}  // namespace signflip
