// Figures of an evaluation, counted again by hand.
#include "evaluate/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/softmax.h"
#include "support/tiny_classifier.h"

namespace signflip {
namespace {

using test::classifier;
using test::images;
using test::kShape;

std::vector<int> labels(std::size_t count) {
  std::vector<int> result;
  for (std::size_t n = 0; n < count; ++n) result.push_back(static_cast<int>(n % 3));
  return result;
}

TEST(Evaluate, CleanFiguresAreCounted) {
  const Sequential network = classifier();
  const Tensor x = images(70);
  const auto y = labels(70);
  ThreadPool pool(2);
  const auto row = evaluate_clean(network, x, y, pool);
  ASSERT_TRUE(row);
  const auto pass = network.new_pass(1);
  std::size_t correct = 0;
  double loss = 0.0;
  std::vector<std::vector<std::size_t>> confusion(3, std::vector<std::size_t>(3));
  for (std::size_t n = 0; n < 70; ++n) {
    const auto z = pass->forward(x.image(n), 1);
    const int predicted = argmax(z);
    correct += predicted == y[n] ? 1U : 0U;
    ++confusion[static_cast<std::size_t>(y[n])][static_cast<std::size_t>(predicted)];
    loss += static_cast<double>(cross_entropy(z, y[n])) / 70.0;
  }
  EXPECT_DOUBLE_EQ(row->accuracy, static_cast<double>(correct) / 70.0);
  EXPECT_NEAR(row->loss, loss, 1e-6);
  EXPECT_EQ(row->confusion, confusion);
}

TEST(Evaluate, AttackFiguresAreCounted) {
  const Sequential network = classifier();
  const Tensor x = images(40);
  const auto y = labels(40);
  ThreadPool pool(2);
  const AttackEntry* const fgsm = find_attack("fgsm");
  ASSERT_NE(fgsm, nullptr);
  auto parameters =
      make_parameters(*fgsm, std::vector<std::pair<std::string, std::string>>{{"epsilon", "0.1"}});
  ASSERT_TRUE(parameters);
  const AttackRequest request{fgsm, *parameters, 0};
  const auto outcome = run_attack(network, network, request, x, y, {}, pool);
  ASSERT_TRUE(outcome);
  const EvaluationRow row = summarise(request, *outcome, y, 3);
  std::size_t correct = 0;
  double largest = 0.0;
  for (std::size_t n = 0; n < 40; ++n) {
    correct += outcome->predicted[n] == y[n] ? 1U : 0U;
    for (std::size_t i = 0; i < kShape.size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(outcome->adversarial.image(n)[i]) -
                                           static_cast<double>(x.image(n)[i])));
    }
  }
  EXPECT_DOUBLE_EQ(row.accuracy, static_cast<double>(correct) / 40.0);
  EXPECT_DOUBLE_EQ(row.success_rate, 1.0 - row.accuracy);
  EXPECT_NEAR(row.max_linf, largest, 1e-7);
  EXPECT_LE(largest, 0.1);
  const OrderedJson json = to_json(row);
  EXPECT_EQ(json["attack"], "fgsm");
  EXPECT_EQ(json["norm"], "linf");
  EXPECT_EQ(json["epsilon"], 0.1);
  for (const auto* key :
       {"accuracy", "accuracy_8bit", "loss", "success_rate", "mean_l0", "mean_l2", "mean_linf",
        "max_linf", "gradients", "queries", "seconds", "confusion"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
}

TEST(Evaluate, WorstNeedsAllRowsRight) {
  EvaluationRow a, b;
  a.correct = {1, 1, 0, 1};
  a.correct_8bit = {1, 1, 1, 1};
  b.correct = {1, 0, 1, 1};
  b.correct_8bit = {0, 1, 1, 1};
  a.loss = 1.0;
  b.loss = 2.0;
  const EvaluationRow worst = worst_of(std::vector{a, b});
  EXPECT_EQ(worst.accuracy, 0.5);
  EXPECT_EQ(worst.accuracy_8bit, 0.75);
  EXPECT_EQ(worst.loss, 2.0);
}

}  // namespace
}  // namespace signflip
