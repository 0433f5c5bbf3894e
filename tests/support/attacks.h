// What the attack tests share: random images, running by name, and the promises that hold for every
// attack, checked from scratch in double precision.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attack/geometry/norms.h"
#include "attack/runner.h"
#include "core/exact/softmax.h"
#include "support/linear_model.h"

namespace signflip::test {

using Settings = std::vector<std::pair<std::string, std::string>>;

inline Tensor random_images(std::size_t count, ImageShape shape, Rng& rng, float low = 0,
                            float high = 1) {
  Tensor images(count, shape);
  for (float& v : images.values()) v = rng.uniform(low, high);
  return images;
}

/// As random_images, but a third of the pixels are exactly 0 and a third exactly 1.
inline Tensor inked_images(std::size_t count, ImageShape shape, Rng& rng) {
  Tensor images(count, shape);
  for (float& v : images.values()) {
    const auto kind = rng.below(3);
    v = kind == 0 ? 0.0F : kind == 1 ? 1.0F : rng.uniform();
  }
  return images;
}

/// Not std::ranges::equal, which the WASM toolchain's library lacks.
inline bool same_values(std::span<const float> a, std::span<const float> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

inline std::vector<int> predictions(const DifferentiableModel& model, const Tensor& images) {
  std::vector<int> labels;
  const auto pass = model.new_pass(1);
  for (std::size_t i = 0; i < images.count(); ++i) {
    labels.push_back(argmax(pass->forward(images.image(i), 1)));
  }
  return labels;
}

inline AttackRequest request_for(std::string_view name, const Settings& settings = {},
                                 std::uint64_t seed = 0) {
  const auto attack = require_attack(name);
  EXPECT_TRUE(attack) << (attack ? "" : attack.error().message);
  const auto parameters = make_parameters(**attack, settings);
  EXPECT_TRUE(parameters) << (parameters ? "" : parameters.error().message);
  AttackRequest request;
  request.attack = *attack;
  request.parameters = *parameters;
  request.seed = seed;
  return request;
}

/// Runs an attack that must not fail.
inline AttackOutcome attack(const DifferentiableModel& model, const AttackRequest& request,
                            const Tensor& images, const std::vector<int>& labels,
                            const std::vector<int>& targets = {}, int threads = 1) {
  ThreadPool pool(threads);
  auto outcome = run_attack(model, model, request, images, labels, targets, pool);
  EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
  return std::move(*outcome);
}

/// Box, finiteness, budget (strictly, in double), success and norms recomputed. Returns whether all
/// held, so that loops over thousands of cases can stop at the first that did not.
inline bool promises_hold(const DifferentiableModel& model, const AttackRequest& request,
                          const Tensor& images, const std::vector<int>& labels,
                          const std::vector<int>& targets, const AttackOutcome& outcome) {
  const bool budget =
      request.attack->family == Family::fixed_budget || request.attack->family == Family::ensemble;
  const double epsilon = budget ? request.parameters.real("epsilon") : 0;
  const bool l2 = norm_of(*request.attack, request.parameters) == "l2";
  const auto pass = model.new_pass(1);
  for (std::size_t i = 0; i < images.count(); ++i) {
    const auto clean = images.image(i);
    const auto adversarial = std::as_const(outcome.adversarial).image(i);
    double largest = 0, squares = 0;
    for (std::size_t j = 0; j < clean.size(); ++j) {
      const float v = adversarial[j];
      EXPECT_TRUE(std::isfinite(v) && v >= 0 && v <= 1) << v;
      const double difference = static_cast<double>(v) - static_cast<double>(clean[j]);
      largest = std::max(largest, std::fabs(difference));
      squares += difference * difference;
    }
    if (budget) {
      EXPECT_LE(l2 ? std::sqrt(squares) : largest, epsilon);
    }
    EXPECT_FLOAT_EQ(outcome.linf[i], static_cast<float>(largest));
    EXPECT_FLOAT_EQ(outcome.l2[i], static_cast<float>(std::sqrt(squares)));
    const auto logits = pass->forward(adversarial, 1);
    const int predicted = argmax(logits);
    EXPECT_EQ(outcome.predicted[i], predicted);
    const bool success = targets.empty() ? predicted != labels[i] : predicted == targets[i];
    EXPECT_EQ(outcome.success[i] != 0, success);
    EXPECT_FLOAT_EQ(outcome.loss[i], cross_entropy(logits, labels[i]));
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << request.attack->name << ", image " << i;
      return false;
    }
  }
  return true;
}

inline std::size_t successes(const AttackOutcome& outcome) {
  std::size_t sum = 0;
  for (const auto s : outcome.success) sum += s;
  return sum;
}

}  // namespace signflip::test
