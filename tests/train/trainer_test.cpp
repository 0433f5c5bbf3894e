// Whole training runs on a tiny made-up dataset: they learn, repeat themselves byte for byte on any
// number of threads, and go on after a stop as if nothing had happened.
#include "train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "nn/architecture_json.h"
#include "nn/model_file.h"
#include "train/checkpoint.h"

namespace signflip {
namespace {

/// 8×8 pictures of three classes: a bright bar on the left, in the middle or on the right, in
/// noise.
Dataset bars(std::size_t count) {
  Dataset data;
  data.name = "bars";
  data.image = {8, 8, 1};
  data.classes = 3;
  data.class_names = {"left", "middle", "right"};
  Rng rng(7);
  for (std::size_t n = 0; n < count; ++n) {
    const int label = static_cast<int>(rng.below(3));
    data.labels.push_back(label);
    for (int pixel = 0; pixel < 64; ++pixel) {
      const bool bright = pixel % 8 / 3 == label;
      data.pixels.push_back(static_cast<std::uint8_t>((bright ? 150 : 20) + rng.below(80)));
    }
  }
  return data;
}

Sequential network() {
  Architecture architecture;
  architecture.input = {8, 8, 1};
  architecture.classes = {"left", "middle", "right"};
  architecture.layers = {Conv2d{4, {3, 3}, {1, 1}, {1, 1}},
                         BatchNorm2d{},
                         Relu{},
                         MaxPool2d{{2, 2}, {2, 2}},
                         Flatten{},
                         Dropout{0.2F},
                         Dense{3}};
  auto made = Sequential::create(architecture);
  made->initialise(3);
  return std::move(*made);
}

TrainingConfig config(Method method) {
  TrainingConfig config;
  config.method = method;
  config.epsilon = 0.1;
  config.epochs = 4;
  config.batch_size = 80;  // more than one shard
  config.learning_rate = 0.01;
  config.average = 0.9;
  config.validation = 0.2;
  config.augmentation.shift = 0.1F;
  return config;
}

std::vector<std::uint8_t> train(const TrainingConfig& config, const Dataset& data, int threads,
                                std::vector<EpochReport>* reports = nullptr) {
  ThreadPool pool(threads);
  auto trainer = Trainer::create(config, network(), data, pool);
  EXPECT_TRUE(trainer);
  while (!trainer->finished()) {
    const auto report = trainer->train_epoch({});
    EXPECT_TRUE(report);
    if (reports != nullptr) reports->push_back(*report);
  }
  return format_model(trainer->result(), {});
}

TEST(Trainer, LearnsAndReports) {
  const Dataset data = bars(400);
  for (const Method method : {Method::standard, Method::mixed}) {
    std::vector<EpochReport> reports;
    train(config(method), data, 2, &reports);
    ASSERT_EQ(reports.size(), 4U);
    EXPECT_EQ(reports.back().epoch, 4);
    EXPECT_LT(reports.back().loss, reports.front().loss);
    ASSERT_TRUE(reports.back().validation_accuracy);
    EXPECT_GE(*reports.back().validation_accuracy, 0.9);
    EXPECT_LE(*reports.back().validation_robust_accuracy, *reports.back().validation_accuracy);
    EXPECT_NEAR(reports.back().learning_rate, 0.0, 1e-3);
  }
}

TEST(Trainer, SameBytesWhateverTheThreads) {
  const Dataset data = bars(200);
  for (const Method method : {Method::standard, Method::mixed}) {
    const auto one = train(config(method), data, 1);
    EXPECT_EQ(one, train(config(method), data, 2));
    EXPECT_EQ(one, train(config(method), data, 3));
    TrainingConfig other = config(method);
    other.seed = 2;
    EXPECT_NE(one, train(other, data, 1));
  }
}

TEST(Trainer, ResumesAsIfNeverStopped) {
  const Dataset data = bars(200);
  const auto file = std::filesystem::temp_directory_path() / "signflip_trainer_test.checkpoint";
  ThreadPool pool(2);
  for (const auto kind : {OptimiserKind::sgd, OptimiserKind::adamw}) {
    TrainingConfig wanted = config(Method::mixed);
    wanted.optimiser.kind = kind;
    const auto whole = train(wanted, data, 2);
    {
      auto first = Trainer::create(wanted, network(), data, pool);
      ASSERT_TRUE(first);
      ASSERT_TRUE(first->train_epoch({}));
      ASSERT_TRUE(first->train_epoch({}));
      ASSERT_TRUE(save_checkpoint(file, *first));
      // Half an epoch more is lost, and must leave no trace.
      EXPECT_FALSE(first->train_epoch([](const TrainingProgress&) { return false; }));
    }
    auto second = Trainer::create(wanted, network(), data, pool);
    ASSERT_TRUE(second);
    const Status resumed = resume(file, *second);
    ASSERT_TRUE(resumed) << resumed.error().message;
    EXPECT_EQ(second->epochs_done(), 2);
    while (!second->finished()) ASSERT_TRUE(second->train_epoch({}));
    EXPECT_EQ(format_model(second->result(), {}), whole);
  }
  std::filesystem::remove(file);
}

TEST(Trainer, RefusesAnotherRunsCheckpoint) {
  const Dataset data = bars(100);
  const auto file = std::filesystem::temp_directory_path() / "signflip_trainer_other.checkpoint";
  ThreadPool pool(1);
  auto first = Trainer::create(config(Method::standard), network(), data, pool);
  ASSERT_TRUE(first);
  ASSERT_TRUE(save_checkpoint(file, *first));
  TrainingConfig other = config(Method::standard);
  other.learning_rate = 0.5;
  auto second = Trainer::create(other, network(), data, pool);
  ASSERT_TRUE(second);
  const Status resumed = resume(file, *second);
  ASSERT_FALSE(resumed);
  EXPECT_NE(resumed.error().message.find("learning_rate"), std::string::npos)
      << resumed.error().message;
  std::filesystem::remove(file);
}

TEST(Trainer, RefusesWhatDoesNotFit) {
  const Dataset data = bars(50);
  ThreadPool pool(1);
  TrainingConfig wrong = config(Method::standard);
  wrong.epsilon = -0.1;
  const auto negative = Trainer::create(wrong, network(), data, pool);
  ASSERT_FALSE(negative);
  EXPECT_NE(negative.error().message.find("--epsilon is -0.1"), std::string::npos)
      << negative.error().message;

  auto seven = named_architecture("s", {8, 8, 1}, 7);
  ASSERT_TRUE(seven);
  const auto classes =
      Trainer::create(config(Method::standard), *Sequential::create(*seven), data, pool);
  ASSERT_FALSE(classes);

  TrainingConfig black_box = config(Method::mixed);
  black_box.attack = "no-such-attack";
  EXPECT_FALSE(Trainer::create(black_box, network(), data, pool));
}

}  // namespace
}  // namespace signflip
