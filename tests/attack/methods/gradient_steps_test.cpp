// FGSM, BIM, MIM and PGD against closed forms on affine models, and what they cost.
#include "attack/methods/gradient_steps.h"

#include <cmath>

#include "support/attacks.h"

namespace signflip::test {
namespace {

constexpr ImageShape kShape{4, 5, 2};

/// Two classes: the margin z_y − z_other is affine, so its minimum over ball ∩ box is known.
struct TwoClasses {
  LinearModel model;
  Tensor images;
  std::vector<int> labels;

  explicit TwoClasses(std::uint64_t seed, float low, float high)
      : model([&] {
          Rng rng(seed);
          return LinearModel::random(kShape, 2, 1, rng);
        }()),
        images([&] {
          Rng rng(seed, 1);
          return random_images(20, kShape, rng, low, high);
        }()),
        labels(predictions(model, images)) {}

  double direction(std::size_t j, int label) const {
    const auto y = static_cast<std::size_t>(label);
    return static_cast<double>(model.weight(y)[j]) - static_cast<double>(model.weight(1 - y)[j]);
  }
  double margin(std::span<const float> x, int label) const {
    const auto y = static_cast<std::size_t>(label);
    return model.logit(y, x) - model.logit(1 - y, x);
  }
  double worst_linf(std::size_t i, double epsilon) const {
    const auto x = images.image(i);
    double worst = margin(x, labels[i]);
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double d = direction(j, labels[i]), pixel = static_cast<double>(x[j]);
      worst -= std::fabs(d) * std::min(epsilon, d > 0 ? pixel : 1 - pixel);
    }
    return worst;
  }
  double worst_l2(std::size_t i, double epsilon) const {
    double squares = 0;
    for (std::size_t j = 0; j < kShape.size(); ++j) {
      squares += direction(j, labels[i]) * direction(j, labels[i]);
    }
    return margin(images.image(i), labels[i]) - epsilon * std::sqrt(squares);
  }
};

TEST(GradientSteps, ReachTheExactWorstMarginOfAnAffineModel) {
  for (const double epsilon : {0.0, 0.01, 0.1, 0.3, 0.77, 1.0}) {
    const TwoClasses toy(7, 0, 1);
    for (const char* name : {"fgsm", "bim", "mim", "pgd"}) {
      const auto outcome =
          attack(toy.model, request_for(name, {{"epsilon", std::to_string(epsilon)}}), toy.images,
                 toy.labels);
      for (std::size_t i = 0; i < toy.images.count(); ++i) {
        EXPECT_NEAR(toy.margin(outcome.adversarial.image(i), toy.labels[i]),
                    toy.worst_linf(i, epsilon), 2e-5)
            << name << " at " << epsilon;
      }
    }
  }
}

TEST(GradientSteps, TargetedReachesTheExactBestMarginOfAnAffineModel) {
  const TwoClasses toy(8, 0, 1);
  std::vector<int> targets;
  for (const int label : toy.labels) targets.push_back(1 - label);
  for (const char* name : {"fgsm", "bim", "mim", "pgd"}) {
    const auto outcome =
        attack(toy.model, request_for(name, {{"epsilon", "0.2"}}), toy.images, toy.labels, targets);
    for (std::size_t i = 0; i < toy.images.count(); ++i) {
      EXPECT_NEAR(toy.margin(outcome.adversarial.image(i), toy.labels[i]), toy.worst_linf(i, 0.2),
                  2e-5)
          << name;
    }
  }
}

TEST(GradientSteps, PgdL2ReachesTheExactWorstMarginInsideTheBox) {
  const TwoClasses toy(9, 0.3F, 0.7F);
  // The direction turns towards the gradient by a factor epsilon / (epsilon + step-size) a step.
  const auto outcome = attack(
      toy.model, request_for("pgd", {{"epsilon", "0.35"}, {"norm", "l2"}, {"step-size", "0.35"}}),
      toy.images, toy.labels);
  for (std::size_t i = 0; i < toy.images.count(); ++i) {
    EXPECT_NEAR(toy.margin(outcome.adversarial.image(i), toy.labels[i]), toy.worst_l2(i, 0.35),
                1e-3);
    EXPECT_NEAR(outcome.l2[i], 0.35, 1e-5);
  }
}

TEST(GradientSteps, EpsilonZeroReturnsTheCleanImage) {
  const TwoClasses toy(10, 0, 1);
  for (const Settings& more : {Settings{}, Settings{{"norm", "l2"}}}) {
    for (const char* name : {"fgsm", "bim", "mim", "pgd"}) {
      Settings settings{{"epsilon", "0"}};
      if (std::string_view(name) == "pgd")
        settings.insert(settings.end(), more.begin(), more.end());
      const auto outcome = attack(toy.model, request_for(name, settings), toy.images, toy.labels);
      EXPECT_TRUE(same_values(outcome.adversarial.values(), toy.images.values())) << name;
    }
  }
}

TEST(GradientSteps, SignOfZeroIsZero) {
  // Pixel 0 pushes, pixel 1 does nothing at all.
  const LinearModel model({1, 2, 1}, {1, 0, -1, 0}, {0, 0});
  const Tensor images(1, {1, 2, 1}, {0.5F, 0.5F});
  for (const char* name : {"fgsm", "bim", "mim"}) {
    const auto outcome = attack(model, request_for(name, {{"epsilon", "0.25"}}), images, {0});
    EXPECT_EQ(outcome.adversarial.values()[0], 0.25F) << name;
    EXPECT_EQ(outcome.adversarial.values()[1], 0.5F) << name;
  }
}

TEST(GradientSteps, FirstStepOfMimIsFgsm) {
  Rng rng(11);
  const auto model = LinearModel::random(kShape, 7, 1, rng);
  const auto images = random_images(20, kShape, rng);
  const auto labels = predictions(model, images);
  const auto fgsm = attack(model, request_for("fgsm", {{"epsilon", "0.1"}}), images, labels);
  const auto mim =
      attack(model, request_for("mim", {{"epsilon", "0.1"}, {"steps", "1"}}), images, labels);
  EXPECT_TRUE(same_values(mim.adversarial.values(), fgsm.adversarial.values()));
}

TEST(GradientSteps, MimWithoutDecayIsBim) {
  Rng rng(12);
  const auto model = LinearModel::random(kShape, 7, 5, rng);
  const auto images = random_images(20, kShape, rng);
  const auto labels = predictions(model, images);
  const auto bim = attack(model, request_for("bim"), images, labels);
  const auto mim = attack(model, request_for("mim", {{"decay", "0"}}), images, labels);
  EXPECT_TRUE(same_values(mim.adversarial.values(), bim.adversarial.values()));
}

TEST(GradientSteps, MomentumFollowsDongEtAl) {
  // Two steps by hand: three classes, so that the gradient turns.
  Rng rng(13);
  const auto model = LinearModel::random({1, 3, 1}, 3, 3, rng);
  const Tensor images(1, {1, 3, 1}, {0.5F, 0.4F, 0.6F});
  const int label = model.predict(images.image(0));
  const double step = 0.05, decay = 0.5;
  double x[3] = {0.5, static_cast<double>(0.4F), static_cast<double>(0.6F)}, velocity[3] = {};
  for (int s = 0; s < 4; ++s) {
    std::vector<double> z(3), dz(3);
    const float now[3] = {static_cast<float>(x[0]), static_cast<float>(x[1]),
                          static_cast<float>(x[2])};
    for (std::size_t k = 0; k < 3; ++k) z[k] = model.logit(k, now);
    cross_entropy_gradient<double>(z, label, dz);
    double g[3] = {}, mean = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 3; ++k) g[j] += static_cast<double>(model.weight(k)[j]) * dz[k];
      mean += std::fabs(g[j]) / 3;
    }
    for (std::size_t j = 0; j < 3; ++j) {
      velocity[j] = decay * velocity[j] + g[j] / mean;
      x[j] += velocity[j] > 0 ? step : -step;
    }
  }
  const auto outcome = attack(
      model,
      request_for("mim",
                  {{"epsilon", "0.2"}, {"steps", "4"}, {"step-size", "0.05"}, {"decay", "0.5"}}),
      images, {label});
  for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(outcome.adversarial.values()[j], x[j], 1e-6);
}

TEST(GradientSteps, ComputeNoGradientTwice) {
  Rng rng(14);
  const auto linear = LinearModel::random(kShape, 4, 1, rng);
  const auto images = random_images(21, kShape, rng);
  const auto labels = predictions(linear, images);
  struct Case {
    const char* name;
    Settings settings;
    std::size_t gradients;
  };
  for (const Case& c : {Case{"fgsm", {}, 1}, Case{"bim", {{"steps", "7"}}, 7},
                        Case{"mim", {{"steps", "3"}}, 3}, Case{"pgd", {{"steps", "9"}}, 9}}) {
    const CountingModel model(linear);
    const auto outcome = attack(model, request_for(c.name, c.settings), images, labels);
    EXPECT_EQ(outcome.gradients, 21 * c.gradients) << c.name;
    EXPECT_EQ(outcome.queries, 21 * c.gradients) << c.name;
    EXPECT_EQ(model.backwards(), 21 * c.gradients) << c.name;
    // Judging: once as it is, once rounded to 8 bits.
    EXPECT_EQ(model.forwards(), 21 * (c.gradients + 2)) << c.name;
  }
}

TEST(GradientSteps, RestartsKeepTheFirstSuccessAndNeverGetWorse) {
  Rng rng(15);
  const auto model = LinearModel::random(kShape, 6, 1, rng);
  const auto images = random_images(40, kShape, rng);
  const auto labels = predictions(model, images);
  const Settings weak{{"epsilon", "0.05"}, {"steps", "2"}, {"step-size", "0.01"}};
  Settings restarted = weak;
  restarted.emplace_back("restarts", "5");
  const auto once = attack(model, request_for("pgd", weak, 3), images, labels);
  const auto often = attack(model, request_for("pgd", restarted, 3), images, labels);
  EXPECT_GE(successes(often), successes(once));
  EXPECT_LE(often.gradients, 40U * 2 * 5);
  for (std::size_t i = 0; i < images.count(); ++i) {
    if (!once.success[i]) {
      EXPECT_TRUE(often.success[i] || often.loss[i] >= once.loss[i]);
      continue;
    }
    EXPECT_TRUE(same_values(often.adversarial.image(i), once.adversarial.image(i)));
  }
}

TEST(GradientSteps, ObserverSeesEveryIterate) {
  Rng rng(16);
  const auto model = LinearModel::random(kShape, 4, 1, rng);
  const auto images = random_images(3, kShape, rng);
  auto request = request_for("bim", {{"steps", "5"}});
  std::vector<int> steps(3);
  float last = -1;
  request.observer = [&](std::size_t image, int step, float loss, std::span<const float> iterate) {
    EXPECT_EQ(step, steps[image]++);
    EXPECT_EQ(iterate.size(), kShape.size());
    if (image == 2) {
      EXPECT_GE(loss, last);
      last = loss;
    }
  };
  attack(model, request, images, predictions(model, images));
  EXPECT_EQ(steps, std::vector<int>(3, 5));
}

}  // namespace
}  // namespace signflip::test
