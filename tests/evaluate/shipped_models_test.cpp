// What we say of the models in models/, checked again on the test images: the accuracy that their
// cards promise, and the order in which attacks must rank. Skipped without the datasets.
#include <gtest/gtest.h>

#include <numeric>

#include "certify/certify.h"
#include "certify/linear_pass.h"
#include "data/dataset.h"
#include "data/file.h"
#include "defence/denoised_model.h"
#include "evaluate/evaluate.h"
#include "nn/model_file.h"

namespace signflip {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

class ShippedModels : public testing::Test {
 protected:
  /// Loads the test images; false where they are not here.
  bool have(const char* dataset) {
    const auto folder = find_dataset_folder(dataset, "");
    if (!folder) {
      missing_ = folder.error().message;
      return false;
    }
    auto data = load_dataset(dataset, *folder, Split::test);
    EXPECT_TRUE(data) << data.error().message;
    if (data) data_ = std::move(*data);
    return true;
  }

  static Sequential load(const std::string& name) {
    const auto bytes = read_file(std::string(SIGNFLIP_MODELS) + "/" + name + ".safetensors");
    if (!bytes) throw std::runtime_error(bytes.error().message);
    auto model = load_model(*bytes, name);
    if (!model) throw std::runtime_error(model.error().message);
    EXPECT_TRUE(model->verified);
    return std::move(model->network);
  }

  double clean(const Sequential& model) {
    return evaluate_clean(model, data_.tensor(0, data_.count()), data_.labels, pool_)->accuracy;
  }

  AttackOutcome attack(const DifferentiableModel& crafted_on, const DifferentiableModel& judged_on,
                       const std::string& name, const Options& options, std::size_t count,
                       std::span<const int> targets = {}) {
    const AttackEntry* const entry = find_attack(name);
    auto parameters = make_parameters(*entry, options);
    EXPECT_TRUE(parameters) << parameters.error().message;
    auto outcome = run_attack(crafted_on, judged_on, {entry, *parameters}, data_.tensor(0, count),
                              labels(count), targets, pool_);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return std::move(*outcome);
  }

  AttackOutcome attack(const Sequential& model, const std::string& name, const Options& options,
                       std::size_t count) {
    return attack(model, model, name, options, count);
  }

  double accuracy(const Sequential& model, const std::string& name, const Options& options,
                  std::size_t count) {
    return survivors(attack(model, name, options, count));
  }

  /// The fraction that an untargeted attack left as they are labelled.
  static double survivors(const AttackOutcome& outcome) {
    const auto won = std::accumulate(outcome.success.begin(), outcome.success.end(), 0.0);
    return 1.0 - won / static_cast<double>(outcome.success.size());
  }

  std::span<const int> labels(std::size_t count) const {
    return std::span<const int>(data_.labels).first(count);
  }

  /// Mean L2 over the images that were right before and are wrong now.
  static double mean_l2_at_success(const AttackOutcome& outcome) {
    double sum = 0, count = 0;
    for (std::size_t n = 0; n < outcome.l2.size(); ++n) {
      if (outcome.success[n] == 0 || outcome.l2[n] == 0) continue;
      sum += static_cast<double>(outcome.l2[n]);
      count += 1;
    }
    return sum / count;
  }

  Dataset data_;
  std::string missing_;
  ThreadPool pool_{2};
};

#define SIGNFLIP_NEEDS(dataset) \
  if (!have(dataset)) GTEST_SKIP() << missing_

TEST_F(ShippedModels, StandardReadsDigitsAndFalls) {
  SIGNFLIP_NEEDS("mnist");
  const Sequential model = load("mnist-standard");
  EXPECT_LE(model.parameters().size(), 250000U);
  EXPECT_GE(clean(model), 0.993);
  EXPECT_LT(accuracy(model, "fgsm", {{"epsilon", "0.25"}}, data_.count()), 0.75);
  EXPECT_LT(accuracy(model, "mim", {{"epsilon", "0.3"}, {"steps", "10"}}, 2000), 0.01);
}

TEST_F(ShippedModels, MixedHoldsUnderFgsm) {
  SIGNFLIP_NEEDS("mnist");
  const Sequential model = load("mnist-mixed");
  EXPECT_LE(model.parameters().size(), 250000U);
  EXPECT_GE(clean(model), 0.992);
  EXPECT_GE(accuracy(model, "fgsm", {{"epsilon", "0.25"}}, data_.count()), 0.975);
}

TEST_F(ShippedModels, RobustDigitsHold) {
  SIGNFLIP_NEEDS("mnist");
  const Sequential model = load("mnist-robust");
  EXPECT_LE(model.parameters().size(), 320000U);
  EXPECT_GE(clean(model), 0.988);
  EXPECT_GE(accuracy(model, "fgsm", {{"epsilon", "0.3"}}, data_.count()), 0.96);
  const double pgd = accuracy(model, "pgd", {{"epsilon", "0.3"}}, 500);
  EXPECT_GE(pgd, 0.92);
  // Its card says so: a black-box attack finds more than PGD does.
  EXPECT_LE(accuracy(model, "square", {{"epsilon", "0.3"}, {"queries", "1000"}}, 100), pgd + 0.02);
  // Nothing is robust to everything: accuracy must fall when the ball is the whole cube.
  EXPECT_LT(accuracy(model, "pgd", {{"epsilon", "0.8"}}, 200), 0.05);
}

TEST_F(ShippedModels, CertifiedDigitsAreProved) {
  SIGNFLIP_NEEDS("mnist");
  struct Figures {
    const char *name, *epsilon;
    double clean, verified;
  };
  for (const Figures& least : {Figures{"mnist-certified", "0.3", 0.973, 0.91},
                               {"mnist-certified-01", "0.1", 0.986, 0.968}}) {
    SCOPED_TRACE(least.name);
    const Sequential model = load(least.name);
    EXPECT_LE(model.parameters().size(), 320000U);
    const auto certificates = certify(model, {std::stod(least.epsilon), 0.0},
                                      data_.tensor(0, data_.count()), data_.labels, pool_);
    ASSERT_TRUE(certificates);
    const CertifiedFigures figures = summarise(*certificates);
    EXPECT_GE(figures.accuracy, least.clean);
    EXPECT_GE(figures.verified_accuracy, least.verified);
    const AttackOutcome pgd = attack(model, "pgd", {{"epsilon", least.epsilon}}, 1000);
    for (std::size_t n = 0; n < pgd.success.size(); ++n) {
      EXPECT_FALSE(certificates->verified[n] == 1 && pgd.success[n] == 1) << n;
    }
  }
}

/// Intervals prove next to nothing of a net that was trained on attacks alone; linear bounds do.
TEST_F(ShippedModels, LinearBoundsProveMoreThanIntervals) {
  SIGNFLIP_NEEDS("mnist");
  const auto verified = [&](const std::string& name, double epsilon, MakeMarginBounds bounds) {
    const auto certificates = certify(load(name), {epsilon, 0.0, bounds, 1}, data_.tensor(0, 6),
                                      std::span(data_.labels).first(6), pool_);
    return certificates ? summarise(*certificates).verified_accuracy : -1.0;
  };
  for (const auto& [name, epsilon] : {std::pair{"mnist-robust", 0.01}, {"mnist-standard", 0.002}}) {
    EXPECT_GT(verified(name, epsilon, linear_margins),
              verified(name, epsilon, interval_margins) + 0.2)
        << name;
  }
}

TEST_F(ShippedModels, TheDenoiserHoldsUntilTheAttackKnowsOfIt) {
  SIGNFLIP_NEEDS("mnist");
  const Sequential denoiser = load("mnist-denoiser"), classifier = load("mnist-standard");
  const DenoisedModel defended(denoiser, classifier);
  EXPECT_GE(survivors(attack(classifier, defended, "fgsm", {{"epsilon", "0.25"}}, data_.count())),
            0.95);
  EXPECT_LT(survivors(attack(defended, defended, "pgd", {{"epsilon", "0.25"}}, 500)), 0.2);
}

TEST_F(ShippedModels, TrafficSignsAreRead) {
  SIGNFLIP_NEEDS("gtsrb");
  const Sequential standard = load("gtsrb-standard"), lenet = load("gtsrb-lenet");
  EXPECT_LE(standard.parameters().size(), 300000U);
  EXPECT_GE(clean(standard), 0.983);
  EXPECT_GE(clean(lenet), 0.95);
}

TEST_F(ShippedModels, RobustTrafficSignsHold) {
  SIGNFLIP_NEEDS("gtsrb");
  const Sequential model = load("gtsrb-robust");
  EXPECT_LE(model.parameters().size(), 300000U);
  EXPECT_GE(clean(model), 0.93);
  EXPECT_GE(accuracy(model, "fgsm", {{"epsilon", "0.0156862745"}}, data_.count()), 0.78);
  EXPECT_GE(accuracy(model, "pgd", {{"epsilon", "0.0156862745"}}, 500), 0.74);
  EXPECT_LT(accuracy(model, "pgd", {{"epsilon", "0.25"}}, 200), 0.05);
}

TEST_F(ShippedModels, StrongerAttacksLeaveLess) {
  SIGNFLIP_NEEDS("mnist");
  const Sequential model = load("mnist-standard");
  for (const char* epsilon : {"0.1", "0.2", "0.3"}) {
    const double fgsm = accuracy(model, "fgsm", {{"epsilon", epsilon}}, 1000);
    const double bim = accuracy(model, "bim", {{"epsilon", epsilon}}, 1000);
    const double pgd = accuracy(model, "pgd", {{"epsilon", epsilon}}, 1000);
    EXPECT_LE(bim, fgsm) << epsilon;
    EXPECT_LE(pgd, bim) << epsilon;
  }
}

TEST_F(ShippedModels, MinimumNormAttacksFindNearerImages) {
  SIGNFLIP_NEEDS("mnist");
  const Sequential model = load("mnist-standard");
  constexpr std::size_t kImages = 60;
  const AttackOutcome fgsm = attack(model, "fgsm", {{"epsilon", "0.3"}}, kImages);
  const AttackOutcome deepfool = attack(model, "deepfool", {}, kImages);
  const AttackOutcome cw =
      attack(model, "cw", {{"steps", "300"}, {"binary-search-steps", "6"}}, kImages);
  EXPECT_EQ(std::accumulate(cw.success.begin(), cw.success.end(), 0U), kImages);
  EXPECT_LE(mean_l2_at_success(cw), mean_l2_at_success(deepfool));
  EXPECT_LE(mean_l2_at_success(deepfool), mean_l2_at_success(fgsm));
}

TEST_F(ShippedModels, AutoAttackIsNeverBeatenByItsParts) {
  SIGNFLIP_NEEDS("mnist");
  const Sequential model = load("mnist-mixed");
  constexpr std::size_t kImages = 100;
  const double together =
      accuracy(model, "autoattack", {{"epsilon", "0.1"}, {"queries", "1000"}}, kImages);
  for (const char* part : {"apgd-ce", "apgd-t"}) {
    EXPECT_LE(together, accuracy(model, part, {{"epsilon", "0.1"}}, kImages)) << part;
  }
  EXPECT_LE(together,
            accuracy(model, "square", {{"epsilon", "0.1"}, {"queries", "1000"}}, kImages));
  EXPECT_LT(together, accuracy(model, "pgd", {{"epsilon", "0.1"}}, kImages));
}

TEST_F(ShippedModels, JsmaReachesItsTargets) {
  SIGNFLIP_NEEDS("mnist");
  const Sequential model = load("mnist-standard");
  constexpr std::size_t kImages = 20;
  std::size_t reached = 0;
  for (int shift = 1; shift < 10; ++shift) {
    std::vector<int> targets;
    for (const int label : labels(kImages)) targets.push_back((label + shift) % 10);
    const AttackOutcome outcome =
        attack(model, model, "jsma", {{"gamma", "0.145"}, {"theta", "1"}}, kImages, targets);
    reached += std::accumulate(outcome.success.begin(), outcome.success.end(), std::size_t{0});
  }
  EXPECT_GE(static_cast<double>(reached), 0.95 * 9 * kImages);
}

}  // namespace
}  // namespace signflip
