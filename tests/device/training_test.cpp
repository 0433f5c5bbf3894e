// Training on a device against training on the CPU. Both draw the same order, augmentation, dropout
// masks and random starts, so after some epochs their weights must agree up to rounding.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "device/test_device.h"
#include "support/numeric.h"
#include "train/checkpoint.h"
#include "train/device_batches.h"
#include "train/trainer.h"

namespace signflip::test {
namespace {

/// 8×8 pictures in two colours of three classes: a bright bar at the left, middle or right.
Dataset coloured_bars(std::size_t count) {
  Dataset data;
  data.name = "bars";
  data.image = {8, 8, 2};
  data.classes = 3;
  data.class_names = {"left", "middle", "right"};
  Rng rng(7);
  for (std::size_t n = 0; n < count; ++n) {
    const int label = static_cast<int>(n % 5 == 0 ? 0 : rng.below(3));
    data.labels.push_back(label);
    for (int value = 0; value < 128; ++value) {
      const bool bright = value / 2 % 8 / 3 == label;
      data.pixels.push_back(static_cast<std::uint8_t>((bright ? 120 : 40) + rng.below(90)));
    }
  }
  return data;
}

Sequential network_of(std::vector<Layer> layers,
                      std::vector<std::string> classes = {"left", "middle", "right"}) {
  Architecture architecture;
  architecture.input = {8, 8, 2};
  architecture.classes = std::move(classes);
  architecture.mean = {0.3F, 0.4F};
  architecture.deviation = {0.25F, 0.2F};
  architecture.layers = std::move(layers);
  auto made = Sequential::create(architecture);
  made->initialise(3);
  return std::move(*made);
}

Sequential usual_network() {
  return network_of({Dropout{0.05F}, Conv2d{8, {3, 3}, {1, 1}, {1, 1}}, BatchNorm2d{}, Relu{},
                     MaxPool2d{{2, 2}, {2, 2}}, Conv2d{20, {4, 4}, {2, 2}, {1, 1}}, Relu{},
                     Flatten{}, Dropout{0.2F}, Dense{24}, BatchNorm2d{}, Relu{}, Dropout{0.3F},
                     Dense{3}});
}

/// What usual_network() lacks: layers that bounds go through on their own, and overlapping windows.
Sequential unusual_network() {
  return network_of({Conv2d{6, {3, 3}, {2, 2}, {1, 1}}, Sigmoid{}, Upsample2d{{2, 2}},
                     MaxPool2d{{3, 3}, {2, 2}}, Relu{}, BatchNorm2d{{0.02F, true}}, Flatten{},
                     Dropout{0.1F}, Dense{3}});
}

/// Images to images, through a bottleneck.
Sequential denoiser() {
  return network_of({Conv2d{6, {3, 3}, {2, 2}, {1, 1}}, BatchNorm2d{}, Relu{}, Upsample2d{{2, 2}},
                     Conv2d{2, {3, 3}, {1, 1}, {1, 1}}, Sigmoid{}},
                    {});
}

TrainingConfig config(Method method) {
  TrainingConfig config;
  config.method = method;
  config.epsilon = 0.05;
  config.epochs = 2;
  config.batch_size = 80;  // several shards, and a smaller last batch
  config.learning_rate = 0.01;
  config.optimiser.epsilon = 1e-3F;  // so that rounding in gradients that ought to be 0 stays small
  config.steps = 2;
  config.average = 0.9;
  config.validation = 0.2;
  config.ramp = 1;
  config.finetune_epochs = 1;
  return config;
}

struct Outcome {
  std::vector<float> parameters, statistics;
  std::vector<EpochReport> reports;
};

class DeviceTrainingTest : public DeviceTest {
 protected:
  DeviceTrainingTest() : data_(coloured_bars(210)) {}

  Outcome train(const TrainingConfig& config, bool on_device) {
    ThreadPool pool(1);
    auto trainer =
        Trainer::create(config, start_(), data_, pool, &classifier_,
                        on_device ? batches_on(*device_) : MakeBatchRunner(make_cpu_batches));
    EXPECT_TRUE(trainer) << (trainer ? "" : trainer.error().message);
    Outcome outcome;
    if (!trainer) return outcome;
    while (!trainer->finished()) {
      const auto report = trainer->train_epoch({});
      EXPECT_TRUE(report);
      if (!report) break;
      outcome.reports.push_back(*report);
    }
    const Sequential result = trainer->result();
    outcome.parameters.assign(result.parameters().begin(), result.parameters().end());
    outcome.statistics.assign(result.statistics().begin(), result.statistics().end());
    return outcome;
  }

  void compare(const TrainingConfig& config) {
    constexpr double tolerance = 2e-3;
    SCOPED_TRACE(method_name(config.method));
    const Outcome cpu = train(config, false), device = train(config, true);
    EXPECT_TRUE(close(device.parameters, cpu.parameters, tolerance));
    EXPECT_TRUE(close(device.statistics, cpu.statistics, tolerance));
    // How far the weights have moved says more than where they are.
    const Sequential start = start_();
    const auto moved = [&](const Outcome& outcome) {
      std::vector<float> move = outcome.parameters;
      for (std::size_t i = 0; i < move.size(); ++i) move[i] -= start.parameters()[i];
      return move;
    };
    EXPECT_GT(largest(moved(cpu)), 1e-3);
    EXPECT_TRUE(close(moved(device), moved(cpu), 0.05));
    ASSERT_EQ(device.reports.size(), cpu.reports.size());
    for (std::size_t e = 0; e < cpu.reports.size(); ++e) {
      const EpochReport &a = cpu.reports[e], &b = device.reports[e];
      EXPECT_NEAR(b.loss, a.loss, tolerance * a.loss);
      EXPECT_NEAR(b.train_accuracy, a.train_accuracy, 0.015);
      EXPECT_NEAR(*b.validation_accuracy, *a.validation_accuracy, 0.03);
      EXPECT_NEAR(*b.validation_robust_accuracy, *a.validation_robust_accuracy, 0.05);
      EXPECT_EQ(b.learning_rate, a.learning_rate);
    }
  }

  Dataset data_;
  std::function<Sequential()> start_ = usual_network;
  Sequential classifier_ = usual_network();  // a denoiser's
};

TEST_F(DeviceTrainingTest, EveryMethodAgreesWithTheCpu) {
  for (const Method method : {Method::standard, Method::mixed, Method::finetune, Method::fast,
                              Method::pgd, Method::trades, Method::ibp}) {
    compare(config(method));
  }
}

TEST_F(DeviceTrainingTest, OneCertifiedStepAgreesWithTheCpu) {
  const std::function<Sequential()> starts[] = {usual_network, unusual_network, [] {
                                                  return network_of({Flatten{}, Dense{3}});
                                                }};
  for (const auto& start : starts) {
    start_ = start;
    for (const char* attack : {"none", "fgsm"}) {
      for (const double kappa : {0.3, 0.0}) {
        // One plain step, so that the way of the weights is the gradient.
        TrainingConfig wanted = config(Method::ibp);
        wanted.attack = attack;
        wanted.kappa = kappa;
        wanted.epochs = 1;
        wanted.ramp = 0;
        wanted.batch_size = 256;
        wanted.average = 0;
        wanted.optimiser.kind = OptimiserKind::sgd;
        wanted.learning_rate = 1;
        wanted.schedule = Schedule::constant;
        const Outcome cpu = train(wanted, false), device = train(wanted, true);
        const Sequential before = start_();
        std::vector<float> a = cpu.parameters, b = device.parameters;
        for (std::size_t i = 0; i < a.size(); ++i) {
          a[i] -= before.parameters()[i];
          b[i] -= before.parameters()[i];
        }
        EXPECT_GT(largest(a), 1e-2);
        EXPECT_TRUE(close(b, a, 1e-4)) << attack << " " << kappa;
        EXPECT_TRUE(close(device.statistics, cpu.statistics, 1e-4));
        EXPECT_NEAR(device.reports[0].loss, cpu.reports[0].loss, 1e-4 * cpu.reports[0].loss);
        EXPECT_EQ(device.reports[0].train_accuracy, cpu.reports[0].train_accuracy);
      }
    }
  }
}

TEST_F(DeviceTrainingTest, CertifiedTrainingAgreesWithTheCpu) {
  TrainingConfig wanted = config(Method::ibp);
  wanted.epochs = 3;
  wanted.warm_up = 0.5;
  wanted.clip = 1;
  wanted.augmentation = {0.1F, 0.1F, 10.0F, 0.1F, 0.1F, false};
  for (const char* attack : {"none", "mim"}) {
    wanted.attack = attack;
    compare(wanted);
  }
  start_ = unusual_network;
  compare(wanted);
}

TEST_F(DeviceTrainingTest, DenoisersAgreeWithTheCpu) {
  start_ = denoiser;
  TrainingConfig wanted = config(Method::denoiser);
  wanted.guidance = 0.3;
  compare(wanted);
  wanted.attack = "mim";
  wanted.augmentation = {0.1F, 0.1F, 10.0F, 0.1F, 0.1F, false};
  compare(wanted);
}

TEST_F(DeviceTrainingTest, EveryAttackAgreesWithTheCpu) {
  for (const char* attack : {"fgsm", "bim", "mim", "apgd-ce", "apgd-dlr"}) {
    SCOPED_TRACE(attack);
    TrainingConfig wanted = config(Method::pgd);
    wanted.attack = attack;
    wanted.steps = 3;
    compare(wanted);
  }
  TrainingConfig noisy = config(Method::fast);
  noisy.attack = "n-fgsm";
  compare(noisy);
}

TEST_F(DeviceTrainingTest, EveryOptimiserAgreesWithTheCpu) {
  for (const OptimiserKind kind : {OptimiserKind::sgd, OptimiserKind::adam, OptimiserKind::adamw}) {
    TrainingConfig wanted = config(Method::standard);
    wanted.optimiser.kind = kind;
    wanted.optimiser.weight_decay = 0.01F;
    wanted.clip = 0.5;
    wanted.label_smoothing = 0.1;
    wanted.schedule = Schedule::cyclic;
    compare(wanted);
  }
  TrainingConfig plain = config(Method::standard);
  plain.average = 0;
  compare(plain);
}

TEST_F(DeviceTrainingTest, AugmentationAgreesWithTheCpu) {
  for (const double balance : {0.0, 1.0}) {
    TrainingConfig wanted = config(Method::standard);
    wanted.balance = balance;
    wanted.augmentation = {0.2F, 0.15F, 20.0F, 0.4F, 0.3F, false};
    compare(wanted);
    wanted.augmentation = {0.2F, 0.0F, 0.0F, 0.0F, 0.0F, true};
    compare(wanted);
    wanted.augmentation = {0.0F, 0.0F, 0.0F, 0.4F, 0.3F, false};
    compare(wanted);
    wanted.augmentation = {0.2F, 0.0F, 0.0F, 0.4F, 0.3F, false, true, 0.4F};
    compare(wanted);
    wanted.augmentation = {0.0F, 0.0F, 0.0F, 0.0F, 0.0F, false, true, 0.4F};
    compare(wanted);
  }
}

TEST_F(DeviceTrainingTest, RepeatsItselfAndResumes) {
  const auto file = std::filesystem::temp_directory_path() / "signflip_device_test.checkpoint";
  for (const Method method : {Method::fast, Method::trades, Method::finetune, Method::ibp}) {
    SCOPED_TRACE(method_name(method));
    const TrainingConfig wanted = config(method);
    const Outcome whole = train(wanted, true);
    EXPECT_EQ(train(wanted, true).parameters, whole.parameters);
    ThreadPool pool(1);
    {
      auto first =
          Trainer::create(wanted, usual_network(), data_, pool, nullptr, batches_on(*device_));
      ASSERT_TRUE(first);
      ASSERT_TRUE(first->train_epoch({}));
      ASSERT_TRUE(save_checkpoint(file, *first));
      EXPECT_FALSE(first->train_epoch([](const TrainingProgress&) { return false; }));
    }
    auto second =
        Trainer::create(wanted, usual_network(), data_, pool, nullptr, batches_on(*device_));
    ASSERT_TRUE(second);
    ASSERT_TRUE(resume(file, *second));
    ASSERT_TRUE(second->train_epoch({}));
    const Sequential result = second->result();
    EXPECT_TRUE(std::ranges::equal(result.parameters(), whole.parameters));
  }
  std::filesystem::remove(file);
}

TEST_F(DeviceTrainingTest, SaysWhatItDoesNotTrain) {
  ThreadPool pool(1);
  const auto refusal = [&](const TrainingConfig& wanted, Sequential from) {
    const auto trainer =
        Trainer::create(wanted, std::move(from), data_, pool, nullptr, batches_on(*device_));
    EXPECT_FALSE(trainer);
    return trainer ? std::string() : trainer.error().message;
  };
  TrainingConfig wanted = config(Method::pgd);
  wanted.attack = "apgd-t";
  EXPECT_NE(refusal(wanted, usual_network()).find("device cpu"), std::string::npos);
  const std::string ending =
      refusal(config(Method::ibp), network_of({Flatten{}, Dense{3}, Relu{}}));
  EXPECT_NE(ending.find("last layer is dense"), std::string::npos);
  EXPECT_EQ(refusal(config(Method::standard), network_of({Silu{}, Flatten{}, Dense{3}})),
            "layer 0 is silu, which does not run on a device: use the device cpu");
}

}  // namespace
}  // namespace signflip::test
