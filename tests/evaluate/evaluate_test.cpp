// Figures of an evaluation, counted again by hand.
#include "evaluate/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "attack/automatic.h"
#include "core/exact/softmax.h"
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
  ASSERT_TRUE(row->loss);
  EXPECT_NEAR(*row->loss, loss, 1e-6);
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
  const EvaluationRow row = summarise(request, *outcome, y, {}, {}, 3);
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
  const OrderedJson json = to_json(row, y);
  EXPECT_EQ(json["attack"], "fgsm");
  EXPECT_EQ(json["norm"], "linf");
  EXPECT_EQ(json["epsilon"], 0.1);
  for (const auto* key :
       {"accuracy", "accuracy_8bit", "loss", "success_rate", "mean_l0", "mean_l2", "mean_linf",
        "max_linf", "gradients", "queries", "seconds", "confusion", "successes", "failures"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  // Class by class: the diagonal of the confusion by the images of the class.
  ASSERT_EQ(json["per_class"].size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) {
    const OrderedJson& of_class = json["per_class"][k];
    const auto count = static_cast<std::size_t>(std::ranges::count(y, static_cast<int>(k)));
    std::size_t right = 0;
    for (std::size_t n = 0; n < 40; ++n)
      right += y[n] == static_cast<int>(k) && outcome->predicted[n] == y[n] ? 1U : 0U;
    EXPECT_EQ(of_class["count"], count);
    ASSERT_GT(count, 0U);
    EXPECT_DOUBLE_EQ(of_class["accuracy"].get<double>(),
                     static_cast<double>(right) / static_cast<double>(count));
  }
}

Parameters parameters_of(const AttackEntry& attack,
                         const std::vector<std::pair<std::string, std::string>>& given) {
  auto parameters = make_parameters(attack, given);
  EXPECT_TRUE(parameters);
  return *parameters;
}

/// What an attack found on images of label 0: one entry per image.
struct Found {
  int predicted;
  float loss, l2, linf;
};

AttackOutcome outcome_of(const std::vector<Found>& found, std::span<const int> targets = {}) {
  AttackOutcome outcome;
  for (std::size_t n = 0; n < found.size(); ++n) {
    const Found& image = found[n];
    outcome.predicted.push_back(image.predicted);
    outcome.predicted_8bit.push_back(image.predicted);
    const bool reached = targets.empty() ? image.predicted != 0 : image.predicted == targets[n];
    outcome.success.push_back(reached ? 1 : 0);
    outcome.loss.push_back(image.loss);
    outcome.l0.push_back(1.0F);
    outcome.l2.push_back(image.l2);
    outcome.linf.push_back(image.linf);
  }
  return outcome;
}

EvaluationRow row_of(const char* name, const std::vector<Found>& found,
                     const std::vector<std::pair<std::string, std::string>>& given = {}) {
  const AttackEntry* const attack = find_attack(name);
  const AttackRequest request{attack, parameters_of(*attack, given)};
  return summarise(request, outcome_of(found), std::vector<int>(found.size()), {}, {}, 3);
}

TEST(Evaluate, MeansAreOverTheImagesThatWereFooled) {
  const EvaluationRow row =
      row_of("deepfool", {{1, 1.0F, 4.0F, 0.5F}, {0, 0.1F, 0.0F, 0.0F}, {2, 2.0F, 2.0F, 0.25F}});
  EXPECT_EQ(row.mean_l2, 3.0);
  EXPECT_EQ(row.mean_linf, 0.375);
  EXPECT_EQ(row.successes, 2U);
  EXPECT_EQ(row.failures, 1U);
  EXPECT_DOUBLE_EQ(row.success_rate, 2.0 / 3.0);
  EXPECT_FALSE(row.epsilon) << "no budget";
  const std::string table = format_table(std::vector{row});
  EXPECT_NE(table.find("deepfool failed on 1 of 3 images"), std::string::npos) << table;
  const EvaluationRow none = row_of("deepfool", {{0, 0.1F, 0.0F, 0.0F}});
  EXPECT_FALSE(none.mean_l2);
  EXPECT_TRUE(to_json(none, std::vector<int>{0})["mean_l2"].is_null());
}

TEST(Evaluate, AnImageThatIsTheTargetAlreadyIsNoSuccess) {
  const AttackEntry* const pgd = find_attack("pgd");
  const AttackRequest request{pgd, parameters_of(*pgd, {})};
  const std::vector<int> labels = {0, 0, 0, 2}, targets = {2, 2, 2, 2}, before = {0, 2, 0, 0};
  const auto outcome = outcome_of(
      {{2, 1.0F, 1.0F, 0.1F}, {2, 1.0F, 9.0F, 0.1F}, {1, 1.0F, 9.0F, 0.1F}, {2, 1.0F, 9.0F, 0.1F}},
      targets);
  const EvaluationRow row = summarise(request, outcome, labels, targets, before, 3);
  EXPECT_EQ(row.successes, 1U);
  EXPECT_EQ(row.failures, 1U) << "the second and fourth image were there before";
  EXPECT_EQ(row.success_rate, 0.5);
  EXPECT_EQ(row.mean_l2, 1.0);
}

TEST(Evaluate, AutomaticParametersAreSaidAsTheyWereUsed) {
  const EvaluationRow pgd = row_of("pgd", {{0, 0.1F, 0.1F, 0.1F}}, {{"epsilon", "0.4"}});
  const OrderedJson json = to_json(pgd, std::vector<int>{0});
  EXPECT_DOUBLE_EQ(json["step-size"].get<double>(), 2.5 * 0.4 / 40);
  EXPECT_EQ(json["automatic"], OrderedJson::array({"step-size"}));
  EXPECT_EQ(json["correct"], "1");
  const EvaluationRow given = row_of("pgd", {{0, 0.1F, 0.1F, 0.1F}}, {{"step-size", "0.1"}});
  EXPECT_EQ(to_json(given, std::vector<int>{0})["step-size"], 0.1);
  EXPECT_FALSE(to_json(given, std::vector<int>{0}).contains("automatic"));
  for (const AttackEntry& attack : catalog()) {
    const Parameters parameters(attack.parameters);
    for (const ParameterSpec& spec : attack.parameters) {
      if (!spec.automatic) continue;
      EXPECT_GT(used_value(attack, parameters, spec), 0.0) << attack.name;
    }
  }
}

TEST(Evaluate, TheWorstIsMeasuredPerImage) {
  const std::vector<std::pair<std::string, std::string>> budget = {{"epsilon", "0.3"}};
  const std::vector<EvaluationRow> rows = {
      row_of("fgsm", {{1, 2.0F, 3.0F, 0.3F}, {0, 0.5F, 3.0F, 0.3F}, {0, 0.1F, 3.0F, 0.3F}}, budget),
      row_of("mim", {{2, 3.0F, 2.0F, 0.2F}, {2, 1.0F, 1.0F, 0.25F}, {0, 0.2F, 2.5F, 0.3F}},
             budget)};
  const auto worst = worst_rows(rows, std::vector<int>(3), false, 3);
  ASSERT_EQ(worst.size(), 1U);
  EXPECT_EQ(worst[0].norm, "linf");
  EXPECT_EQ(worst[0].epsilon, 0.3);
  EXPECT_DOUBLE_EQ(worst[0].accuracy, 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(worst[0].success_rate, 2.0 / 3.0);
  EXPECT_NEAR(worst[0].loss.value(), (3.0 + 1.0 + 0.2) / 3.0, 1e-6) << "mean of maxima";
  EXPECT_EQ(worst[0].mean_l2, 1.5) << "of the images with the larger loss";
  EXPECT_NEAR(worst[0].max_linf, 0.3, 1e-6);
  EXPECT_EQ(worst[0].confusion[0], (std::vector<std::size_t>{1, 0, 2}));
}

TEST(Evaluate, TheWorstCostsWhatItsAttacksCost) {
  auto rows = std::vector{row_of("fgsm", {{1, 2.0F, 3.0F, 0.3F}}, {{"epsilon", "0.3"}}),
                          row_of("mim", {{2, 3.0F, 2.0F, 0.2F}}, {{"epsilon", "0.3"}})};
  rows[0].queries = 30, rows[1].queries = 12;
  rows[0].gradients = 5, rows[1].gradients = 20;
  rows[0].seconds = 0.5, rows[1].seconds = 0.25;
  const auto worst = worst_rows(rows, std::vector<int>(1), false, 3);
  ASSERT_EQ(worst.size(), 1U);
  EXPECT_EQ(worst[0].queries, 42U);
  EXPECT_EQ(worst[0].gradients, 25U);
  EXPECT_EQ(worst[0].seconds, 0.75);
}

TEST(Evaluate, ATableOfSeveralBudgetsSaysWhichIsWhich) {
  const auto at = [](const char* epsilon) {
    return row_of("fgsm", {{1, 2.0F, 3.0F, 0.3F}}, {{"epsilon", epsilon}});
  };
  const std::string one = format_table(std::vector{at("0.125"), at("0.125")});
  EXPECT_EQ(one.find("0.125"), std::string::npos) << one;
  const std::string two = format_table(std::vector{at("0.125"), at("0.25")});
  EXPECT_NE(two.find("0.125"), std::string::npos) << two;
  EXPECT_NE(two.find("0.25"), std::string::npos) << two;
}

TEST(Evaluate, TheWorstJudgesAttacksWithoutABudgetAtEpsilon) {
  const EvaluationRow fgsm =
      row_of("fgsm", {{0, 0.1F, 1.0F, 0.2F}, {0, 0.1F, 1.0F, 0.2F}}, {{"epsilon", "0.2"}});
  // The first change is too large for the budget, the second within it.
  const EvaluationRow free =
      row_of("fab", {{1, 9.0F, 1.0F, 0.21F}, {2, 4.0F, 1.0F, 0.19F}}, {{"norm", "linf"}});
  const EvaluationRow larger =
      row_of("fgsm", {{1, 9.0F, 1.0F, 0.4F}, {1, 9.0F, 1.0F, 0.4F}}, {{"epsilon", "0.4"}});
  const auto worst = worst_rows(std::vector{fgsm, free, larger}, std::vector<int>(2), false, 3);
  ASSERT_EQ(worst.size(), 2U) << "one per budget";
  EXPECT_EQ(worst[0].epsilon, 0.2);
  EXPECT_EQ(worst[0].accuracy, 0.5);
  EXPECT_NEAR(worst[0].loss.value(), (0.1 + 4.0) / 2.0, 1e-6);
  EXPECT_NEAR(worst[0].max_linf, 0.2, 1e-6);
  EXPECT_EQ(worst[1].epsilon, 0.4);
  EXPECT_EQ(worst[1].accuracy, 0.0);
  EXPECT_TRUE(worst_rows(std::vector{free, free}, std::vector<int>(2), false, 3).empty())
      << "no budget to be judged at";
}

TEST(Evaluate, AnAnswerThatIsNotANumberIsWrongAndSaid) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<EvaluationRow> rows = {
      row_of("fgsm", {{kNoClass, nan, 1.0F, 0.3F}, {0, 0.5F, 1.0F, 0.3F}}),
      row_of("mim", {{0, 0.1F, 1.0F, 0.3F}, {0, 0.5F, 1.0F, 0.3F}})};
  EXPECT_EQ(rows[0].accuracy, 0.5);
  EXPECT_EQ(rows[0].success_rate, 0.5);
  EXPECT_EQ(rows[0].without_class, 1U);
  EXPECT_FALSE(rows[0].loss);
  const OrderedJson json = to_json(rows[0], std::vector<int>{0, 0});
  EXPECT_TRUE(json["loss"].is_null());
  EXPECT_EQ(json["without_class"], 1);
  EXPECT_EQ(json["correct"], "01");
  EXPECT_NE(format_table(rows).find("1 images is not a number"), std::string::npos);
  const auto worst = worst_rows(rows, std::vector<int>(2), false, 3);
  EXPECT_EQ(worst.at(0).accuracy, 0.5);
  EXPECT_FALSE(worst.at(0).loss) << "not 0";
}

}  // namespace
}  // namespace signflip
