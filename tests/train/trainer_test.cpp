// Whole training runs on a tiny made-up dataset: they learn, repeat themselves byte for byte on any
// number of threads, and go on after a stop as if nothing had happened.
#include "train/trainer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "nn/architecture_json.h"
#include "nn/model_file.h"
#include "support/bars.h"
#include "train/checkpoint.h"
#include "train/methods.h"

namespace signflip {
namespace {

using test::bars;
using test::config;
using test::network;

constexpr Method kClassifierMethods[] = {Method::standard, Method::mixed, Method::finetune,
                                         Method::fast,     Method::pgd,   Method::trades};

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
  for (const Method method : kClassifierMethods) {
    SCOPED_TRACE(method_name(method));
    std::vector<EpochReport> reports;
    train(config(method), data, 2, &reports);
    ASSERT_EQ(reports.size(), 4U);
    EXPECT_EQ(reports.back().epoch, 4);
    EXPECT_LT(reports.back().loss, reports.front().loss);
    EXPECT_FALSE(reports.back().undone);
    ASSERT_TRUE(reports.back().validation_accuracy);
    EXPECT_GE(*reports.back().validation_accuracy, 0.9);
    EXPECT_LE(*reports.back().validation_robust_accuracy, *reports.back().validation_accuracy);
    EXPECT_NEAR(reports.back().learning_rate, 0.0, 1e-3);
  }
}

/// A tiny ResNet: a block with the identity, one with a strided projection, batch norm in both.
Sequential residual_network() {
  const auto conv = [](int filters, int kernel, int stride) {
    return Conv2d{.filters = filters,
                  .kernel = {kernel, kernel},
                  .stride = {stride, stride},
                  .padding = {kernel / 2, kernel / 2},
                  .bias = false};
  };
  Architecture architecture = network().architecture();
  architecture.layers = {
      conv(4, 3, 1), BatchNorm2d{}, Relu{},         kResidualBegin, conv(4, 3, 1),
      BatchNorm2d{}, Relu{},        conv(4, 3, 1),  BatchNorm2d{},  kResidualTurn,
      kResidualEnd,  Relu{},        kResidualBegin, conv(8, 3, 2),  BatchNorm2d{},
      Relu{},        conv(8, 3, 1), BatchNorm2d{},  kResidualTurn,  conv(8, 1, 2),
      BatchNorm2d{}, kResidualEnd,  Relu{},         Flatten{},      Dense{3}};
  auto made = Sequential::create(architecture);
  EXPECT_TRUE(made);
  made->initialise(3);
  return std::move(*made);
}

TEST(Trainer, TrainsResidualNetworks) {
  const Dataset data = bars(400);
  for (const Method method : {Method::standard, Method::pgd, Method::ibp}) {
    SCOPED_TRACE(method_name(method));
    TrainingConfig wanted = config(method);
    wanted.epsilon = method == Method::ibp ? 0.01 : 0.05;
    if (method == Method::ibp) {
      wanted.epochs = 12;
      wanted.warm_up = 2;
      wanted.ramp = 6;
    }
    std::vector<std::uint8_t> models[2];
    for (const int threads : {1, 2}) {
      ThreadPool pool(threads);
      Sequential start = residual_network();
      if (method == Method::ibp) start.initialise_for_intervals(3);
      auto trainer = Trainer::create(wanted, std::move(start), data, pool);
      ASSERT_TRUE(trainer) << trainer.error().message;
      double accuracy = 0.0, robust = 0.0;
      while (!trainer->finished()) {
        const auto report = trainer->train_epoch({});
        ASSERT_TRUE(report);
        accuracy = *report->validation_accuracy;
        robust = report->validation_robust_accuracy.value_or(0.0);
      }
      EXPECT_GE(accuracy, 0.9);
      // Attacked by PGD, or certified.
      EXPECT_GE(robust, method == Method::standard ? 0.0 : 0.9);
      models[threads - 1] = format_model(trainer->result(), {});
    }
    EXPECT_EQ(models[0], models[1]) << "the threads changed the result";
    const auto loaded = load_model(models[0], "trained");
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_TRUE(loaded->verified);
  }
}

TEST(Trainer, SameBytesWhateverTheThreads) {
  const Dataset data = bars(200);
  for (const Method method : kClassifierMethods) {
    SCOPED_TRACE(method_name(method));
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
  const std::pair<Method, OptimiserKind> cases[] = {
      {Method::mixed, OptimiserKind::sgd},
      {Method::mixed, OptimiserKind::adamw},
      {Method::fast, OptimiserKind::adam},
      {Method::trades, OptimiserKind::adam},
      // Stopped before the training set is attacked, and after.
      {Method::finetune, OptimiserKind::adam}};
  for (const auto& [method, kind] : cases) {
    SCOPED_TRACE(method_name(method));
    TrainingConfig wanted = config(method);
    wanted.optimiser.kind = kind;
    if (method == Method::finetune) wanted.finetune_epochs = 3;
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

TEST(Trainer, AdversarialTrainingPaysUnderAttack) {
  const Dataset data = bars(600);
  const auto robust = [&](Method method) {
    TrainingConfig wanted = config(method);
    wanted.epsilon = 0.2;
    wanted.epochs = 12;
    wanted.average = 0;
    std::vector<EpochReport> reports;
    train(wanted, data, 2, &reports);
    return *reports.back().validation_robust_accuracy;
  };
  const double standard = robust(Method::standard);
  for (const Method method : {Method::fast, Method::pgd, Method::trades}) {
    SCOPED_TRACE(method_name(method));
    EXPECT_GT(robust(method), standard + 0.05);
  }
}

TEST(Trainer, EpsilonRisesAfterTheWarmUp) {
  TrainingConfig rising = config(Method::pgd);
  rising.warm_up = 1;
  rising.ramp = 2;
  EXPECT_EQ(rising.epsilon_at(0.9), 0);
  EXPECT_DOUBLE_EQ(rising.epsilon_at(1.5), 0.025);
  EXPECT_DOUBLE_EQ(rising.epsilon_at(2.5), 0.075);
  EXPECT_DOUBLE_EQ(rising.epsilon_at(3.5), 0.1);
  rising.ramp = 0;
  EXPECT_DOUBLE_EQ(rising.epsilon_at(1.0), 0.1);
  // While it is 0 the method is standard training to the bit.
  const Dataset data = bars(200);
  TrainingConfig never = config(Method::pgd);
  never.epsilon = 0;
  never.validation = 0;
  TrainingConfig standard = config(Method::standard);
  standard.validation = 0;
  EXPECT_EQ(train(never, data, 2), train(standard, data, 2));
}

TEST(Trainer, BalancedClassesComeEquallyOften) {
  // Pure noise, one class ten times as frequent: all that can be learned is how often each comes.
  Dataset skewed = bars(0);
  Rng rng(3);
  for (int n = 0; n < 1200; ++n) {
    skewed.labels.push_back(n % 12 < 10 ? 0 : n % 12 - 9);
    for (int pixel = 0; pixel < 64; ++pixel) {
      skewed.pixels.push_back(static_cast<std::uint8_t>(rng.below(256)));
    }
  }
  const auto frequent_share = [&](double balance) {
    TrainingConfig wanted = config(Method::standard);
    wanted.balance = balance;
    wanted.epochs = 2;
    wanted.validation = 0;
    ThreadPool pool(2);
    auto trainer = Trainer::create(wanted, network(), skewed, pool);
    while (!trainer->finished()) EXPECT_TRUE(trainer->train_epoch({}));
    const Sequential result = trainer->result();
    const auto pass = result.new_pass(1);
    std::size_t frequent = 0;
    for (std::size_t n = 0; n < skewed.count(); ++n) {
      const auto logits = pass->forward(skewed.tensor(n, 1).values(), 1);
      frequent += logits[0] > std::max(logits[1], logits[2]) ? 1U : 0U;
    }
    return static_cast<double>(frequent) / static_cast<double>(skewed.count());
  };
  EXPECT_GT(frequent_share(0.0), 0.9);
  EXPECT_LT(frequent_share(1.0), 0.7);
}

TEST(Trainer, CollapseIsNoticedAndUndone) {
  // Robust accuracy as a script: good, collapsed, good again.
  TrainingConfig fast = config(Method::fast);
  fast.attack = "rs-fgsm";
  auto method = make_method(fast, network(), nullptr);
  ASSERT_TRUE(method);
  ASSERT_TRUE((*method)->checks_epochs());
  EXPECT_TRUE((*method)->accept_epoch(0.1));   // not learned yet
  EXPECT_TRUE((*method)->accept_epoch(0.05));  // so nothing is lost
  EXPECT_TRUE((*method)->accept_epoch(0.8));
  EXPECT_TRUE((*method)->accept_epoch(0.75));  // ups and downs are no collapse
  EXPECT_FALSE((*method)->accept_epoch(0.2));
  EXPECT_TRUE((*method)->accept_epoch(0.8));
  EXPECT_EQ((*method)->memory()[0], 1);  // recoveries, from which the attack takes its steps
}

TEST(Trainer, AnUndoneEpochLeavesNoTraceInTheWeights) {
  // The last epochs are told that the best so far was perfect, so each looks like a collapse.
  const Dataset data = bars(200);
  ThreadPool pool(2);
  TrainingConfig wanted = config(Method::fast);
  wanted.epsilon = 0.5;
  auto trainer = Trainer::create(wanted, network(), data, pool);
  ASSERT_TRUE(trainer);
  ASSERT_TRUE(trainer->train_epoch({}));
  const auto before = format_model(trainer->result(), {});
  const std::size_t steps_before = trainer->snapshot().steps;
  EXPECT_EQ(steps_before, 2U);
  trainer->snapshot().method[1] = 10;
  const auto report = trainer->train_epoch({});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->undone);
  EXPECT_EQ(format_model(trainer->result(), {}), before);
  EXPECT_EQ(trainer->epochs_done(), 2);
  EXPECT_EQ(trainer->snapshot().steps, steps_before) << "Adam's corrections go back, too";
}

TEST(Trainer, TheAverageOfWeightsWarmsUp) {
  // decay = min(average, (1 + step)/(10 + step)): early on the weights' start is soon forgotten.
  const Dataset data = bars(50);
  ThreadPool pool(1);
  TrainingConfig wanted = config(Method::standard);
  wanted.average = 0.99;
  wanted.epochs = 5;
  auto trainer = Trainer::create(wanted, network(), data, pool);
  ASSERT_TRUE(trainer);
  const Trainer::Snapshot now = trainer->snapshot();
  std::vector<double> average(now.parameters.begin(), now.parameters.end());
  for (int step = 1; step <= 5; ++step) {  // one batch each
    ASSERT_TRUE(trainer->train_epoch({}));
    const double decay = (1.0 + step) / (10.0 + step);
    for (std::size_t i = 0; i < average.size(); ++i) {
      average[i] = decay * average[i] + (1 - decay) * static_cast<double>(now.parameters[i]);
      ASSERT_NEAR(static_cast<double>(now.average[i]), average[i], 1e-6) << "step " << step;
    }
  }
}

TEST(Trainer, DenoisersLearnForTheirClassifier) {
  const Dataset data = bars(600);
  ThreadPool pool(2);
  TrainingConfig standard = config(Method::standard);
  standard.epochs = 8;
  auto classifier = Trainer::create(standard, network(), data, pool);
  while (!classifier->finished()) ASSERT_TRUE(classifier->train_epoch({}));
  const Sequential net = classifier->result();

  TrainingConfig wanted = config(Method::denoiser);
  wanted.epsilon = 0.3;
  wanted.epochs = 12;
  Architecture architecture = *named_architecture("denoiser", {8, 8, 1}, 3);
  Sequential denoiser = *Sequential::create(architecture);
  denoiser.initialise(1);
  EXPECT_FALSE(Trainer::create(wanted, denoiser, data, pool));         // for which classifier?
  EXPECT_FALSE(Trainer::create(wanted, network(), data, pool, &net));  // not an image
  std::vector<std::uint8_t> bytes[2];
  for (int threads = 1; threads <= 2; ++threads) {
    ThreadPool some(threads);
    auto trainer = Trainer::create(wanted, denoiser, data, some, &net);
    ASSERT_TRUE(trainer);
    EpochReport last;
    while (!trainer->finished()) last = *trainer->train_epoch({});
    EXPECT_GE(*last.validation_accuracy, 0.95);
    EXPECT_GE(*last.validation_robust_accuracy, 0.9);
    bytes[threads - 1] = format_model(trainer->result(), {});
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(Trainer, RefusesWhatDoesNotFit) {
  const Dataset data = bars(50);
  ThreadPool pool(1);
  TrainingConfig wrong = config(Method::standard);
  wrong.epsilon = -0.1;
  const auto negative = Trainer::create(wrong, network(), data, pool);
  ASSERT_FALSE(negative);
  EXPECT_NE(negative.error().message.find("epsilon is -0.1"), std::string::npos)
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
