// A training's configuration: that its description, by which checkpoints tell runs apart, has every
// setting, that values out of range are refused by name, and how ε rises.
#include "train/config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace signflip {
namespace {

struct Setting {
  const char* name;  ///< in errors
  Method method;     ///< one that it has an effect with
  std::function<void(TrainingConfig&, double)> set;
  double value;   ///< another than the default's
  double beyond;  ///< out of range; NaN: the type allows none
};
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

template <class T, class Part>
std::function<void(TrainingConfig&, double)> member(T Part::*field, Part TrainingConfig::*part) {
  return [=](TrainingConfig& config, double value) { config.*part.*field = static_cast<T>(value); };
}
template <class T>
std::function<void(TrainingConfig&, double)> member(T TrainingConfig::*field) {
  return [=](TrainingConfig& config, double value) { config.*field = static_cast<T>(value); };
}

std::vector<Setting> settings() {
  using C = TrainingConfig;
  using A = Augmentation;
  constexpr auto kImages = &C::augmentation;
  return {
      {"method", Method::standard, member(&C::method), 1, kNone},
      {"epsilon", Method::pgd, member(&C::epsilon), 0.125, 1.5},
      {"validation-epsilon", Method::pgd, member(&C::validation_epsilon), 0.125, -0.5},
      {"steps", Method::pgd, member(&C::steps), 7, 0},
      {"warm-up", Method::ibp, member(&C::warm_up), 2, -1},
      {"ramp", Method::ibp, member(&C::ramp), 2, -1},
      {"beta", Method::trades, member(&C::beta), 3, -1},
      {"kappa", Method::ibp, member(&C::kappa), 0.5, 1.5},
      {"guidance", Method::denoiser, member(&C::guidance), 0.5, -1},
      {"finetune-epochs", Method::finetune, member(&C::finetune_epochs), 3, 15},
      {"epochs", Method::standard, member(&C::epochs), 9, 0},
      {"batch-size", Method::standard, member(&C::batch_size), 64, 0},
      {"learning-rate", Method::standard, member(&C::learning_rate), 0.5, 101},
      {"optimiser", Method::standard, member(&OptimiserOptions::kind, &C::optimiser), 0, kNone},
      {"weight-decay", Method::standard, member(&OptimiserOptions::weight_decay, &C::optimiser),
       0.5, 2},
      {"schedule", Method::standard, member(&C::schedule), 0, kNone},
      {"clip", Method::standard, member(&C::clip), 0.5, -1},
      {"label-smoothing", Method::standard, member(&C::label_smoothing), 0.125, 1},
      {"average", Method::standard, member(&C::average), 0.5, 1},
      {"balance", Method::standard, member(&C::balance), 0.25, 1.5},
      {"validation", Method::standard, member(&C::validation), 0.25, 0.95},
      {"seed", Method::standard, member(&C::seed), 5, kNone},
      {"shift", Method::standard, member(&A::shift, kImages), 0.125, 0.75},
      {"whole-pixels", Method::standard, member(&A::whole_pixels, kImages), 1, kNone},
      {"scale", Method::standard, member(&A::scale, kImages), 0.125, 0.75},
      {"rotation", Method::standard, member(&A::rotation, kImages), 7, 181},
      {"brightness", Method::standard, member(&A::brightness, kImages), 0.5, 11},
      {"contrast", Method::standard, member(&A::contrast, kImages), 0.5, 1.5},
      {"flip", Method::standard, member(&A::flip, kImages), 1, kNone},
      {"cutout", Method::standard, member(&A::cutout, kImages), 0.5, 1.5},
  };
}

TEST(TrainingConfig, EverySettingIsInItsDescription) {
  for (const Setting& setting : settings()) {
    TrainingConfig usual, other;
    usual.method = other.method = setting.method;
    setting.set(other, setting.value);
    EXPECT_NE(to_json(other), to_json(usual)) << setting.name;
    EXPECT_TRUE(check(other)) << setting.name;
  }
  TrainingConfig momentum;
  momentum.optimiser.kind = OptimiserKind::sgd;
  const OrderedJson before = to_json(momentum);
  momentum.optimiser.momentum = 0.5F;
  EXPECT_NE(to_json(momentum), before);
}

TEST(TrainingConfig, ValuesOutOfRangeAreRefusedByName) {
  for (const Setting& setting : settings()) {
    if (std::isnan(setting.beyond)) continue;
    TrainingConfig config;
    config.method = setting.method;
    setting.set(config, setting.beyond);
    const Status checked = check(config);
    ASSERT_FALSE(checked) << setting.name;
    EXPECT_EQ(checked.error().message.find(std::string(setting.name) + " is "), 0U)
        << checked.error().message;
  }
  TrainingConfig config;
  config.epsilon = kNone;
  EXPECT_FALSE(check(config));
}

TEST(TrainingConfig, EpsilonRisesAfterTheWarmUp) {
  TrainingConfig config;
  config.epsilon = 0.4;
  EXPECT_EQ(config.epsilon_at(0), 0.4) << "at once, without a ramp";
  config.warm_up = 2;
  EXPECT_EQ(config.epsilon_at(1.99), 0);
  EXPECT_EQ(config.epsilon_at(2), 0.4);
  config.ramp = 4;
  EXPECT_EQ(config.epsilon_at(2), 0);
  EXPECT_DOUBLE_EQ(config.epsilon_at(3), 0.1);
  EXPECT_DOUBLE_EQ(config.epsilon_at(5.5), 0.35);
  EXPECT_DOUBLE_EQ(config.epsilon_at(6), 0.4);
  EXPECT_DOUBLE_EQ(config.epsilon_at(60), 0.4);
  EXPECT_EQ(config.robust_epsilon(), 0.4);
  config.validation_epsilon = 0.1;
  EXPECT_EQ(config.robust_epsilon(), 0.1);
}

TEST(TrainingConfig, ARunThatNeverReachesEpsilonIsRefused) {
  TrainingConfig config;
  config.method = Method::pgd;
  config.epochs = 6;
  config.warm_up = 2;
  config.ramp = 4;
  EXPECT_TRUE(check(config));
  config.ramp = 4.5;
  ASSERT_FALSE(check(config));
  EXPECT_EQ(check(config).error().message,
            "warm-up and ramp are 2 and 4.5 epochs, but there are 6: epsilon would never be 0.25");
  config.ramp = 0;
  config.warm_up = 6;
  EXPECT_FALSE(check(config));
  config.epsilon = 0;
  EXPECT_TRUE(check(config)) << "which is 0 all the time";
}

}  // namespace
}  // namespace signflip
