// TrainingSession: a net learns in it, runs can be set down and taken up, and what comes out is a
// model file.
#include "page/training_session.h"

#include <gtest/gtest.h>

#include "core/rng.h"
#include "nn/model_file.h"

namespace signflip {
namespace {

/// Three classes of 8×8 images: a bright bar on top, in the middle or below, and noise.
TrainingSession::Images bars(std::size_t count, std::uint64_t seed) {
  TrainingSession::Images images{{8, 8, 1}, {}, {}};
  Rng rng(seed);
  for (std::size_t n = 0; n < count; ++n) {
    const int label = static_cast<int>(n % 3);
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 8; ++x) {
        const std::uint32_t ink = y / 3 == label ? 180 : 20;
        images.pixels.push_back(static_cast<std::uint8_t>(ink + rng.below(60)));
      }
    }
    images.labels.push_back(label);
  }
  return images;
}

TrainingSession::Options options(const std::string& method) {
  TrainingSession::Options wanted;
  wanted.method = method;
  wanted.architecture = "s-bn";
  wanted.epsilon = 0.1;
  wanted.steps = 3;
  wanted.epochs = 3;
  wanted.batch_size = 30;
  wanted.learning_rate = 3e-3;
  return wanted;
}

Result<TrainingSession> training(const std::string& method) {
  return TrainingSession::create(options(method), bars(240, 1), bars(60, 2),
                                 {"top", "middle", "below"});
}

bool on(const TrainingProgress&) { return true; }

TEST(TrainingSession, EveryMethodLearns) {
  for (const char* method : {"standard", "mixed", "fast", "pgd"}) {
    auto run = training(method);
    ASSERT_TRUE(run) << run.error().message;
    const TrainingSession::Accuracies before = run->measure();
    std::size_t batches = 0;
    for (int epoch = 1; epoch <= 3; ++epoch) {
      const auto report = run->train_epoch([&](const TrainingProgress& progress) {
        ++batches;
        EXPECT_EQ(progress.epoch, epoch);
        return true;
      });
      ASSERT_TRUE(report);
      EXPECT_EQ(report->epoch, epoch);
    }
    EXPECT_GE(batches, 24U);
    const TrainingSession::Accuracies after = run->measure();
    EXPECT_GT(after.clean, 0.95) << method;
    EXPECT_GT(after.clean, before.clean) << method;
    EXPECT_GT(after.robust, 0.8) << method;
    EXPECT_LE(after.robust, after.clean) << method;
  }
}

TEST(TrainingSession, TrainsAndMeasuresAtItsEpsilon) {
  // Robust accuracy at no budget is the clean one; at all of the range nothing survives.
  const auto measured = [](double epsilon) {
    TrainingSession::Options wanted = options("standard");
    wanted.epsilon = epsilon;
    auto run =
        TrainingSession::create(wanted, bars(240, 1), bars(60, 2), {"top", "middle", "below"});
    EXPECT_TRUE(run);
    for (int epoch = 0; epoch < 3; ++epoch) EXPECT_TRUE(run->train_epoch(on));
    return run->measure();
  };
  const auto none = measured(0), all = measured(1);
  EXPECT_EQ(none.robust, none.clean);
  EXPECT_GT(all.clean, 0.9);
  EXPECT_LT(all.robust, 0.5);
}

TEST(TrainingSession, TrainsOnImagesAttackedAtItsEpsilon) {
  const auto trained = [](const char* method, double epsilon, int epochs) {
    TrainingSession::Options wanted = options(method);
    wanted.epsilon = epsilon;
    wanted.epochs = epochs;
    auto run =
        TrainingSession::create(wanted, bars(240, 1), bars(60, 2), {"top", "middle", "below"});
    EXPECT_TRUE(run);
    const auto report = run->train_epoch(on);
    EXPECT_TRUE(report);
    return std::pair(run->model("net"), report->train_accuracy);
  };
  EXPECT_EQ(trained("pgd", 0.1, 3).first, trained("pgd", 0.1, 3).first);
  EXPECT_NE(trained("pgd", 0.1, 3).first, trained("pgd", 0.2, 3).first);
  // Of many epochs the first are easy: the attack's strength grows over a quarter of them.
  EXPECT_GT(trained("pgd", 0.6, 80).second, trained("pgd", 0.6, 1).second + 0.2);
}

TEST(TrainingSession, ARunTakenUpGivesTheSameWeights) {
  auto straight = training("pgd"), first = training("pgd"), second = training("pgd");
  ASSERT_TRUE(straight && first && second);
  for (int epoch = 0; epoch < 3; ++epoch) ASSERT_TRUE(straight->train_epoch(on));
  ASSERT_TRUE(first->train_epoch(on));
  const std::vector<float> checkpoint = first->checkpoint();
  EXPECT_FALSE(first->train_epoch([](const TrainingProgress&) { return false; }));
  ASSERT_TRUE(second->resume(checkpoint));
  EXPECT_EQ(second->epochs_done(), 1);
  for (int epoch = 1; epoch < 3; ++epoch) ASSERT_TRUE(second->train_epoch(on));
  EXPECT_EQ(second->model("x"), straight->model("x"));
  EXPECT_FALSE(second->resume(std::span(checkpoint).first(checkpoint.size() - 1)));
  TrainingSession::Options other = options("pgd");
  other.epsilon = 0.19;
  auto stranger = TrainingSession::create(other, bars(240, 1), bars(60, 2), {"a", "b", "c"});
  ASSERT_TRUE(stranger);
  const Status refused = stranger->resume(checkpoint);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("a run with other options"), std::string::npos);
  for (const std::size_t at : {std::size_t{1}, checkpoint.size() - 1}) {
    std::vector<float> damaged = checkpoint;
    damaged[at] = at == 1 ? 99.0F : NAN;
    EXPECT_FALSE(second->resume(damaged)) << at;
  }
}

TEST(TrainingSession, TheModelIsAFileThatReadsAsTheNetDoes) {
  auto run = training("standard");
  ASSERT_TRUE(run);
  for (int epoch = 0; epoch < 3; ++epoch) ASSERT_TRUE(run->train_epoch(on));
  const auto file = load_model(run->model("three bars"), "the model");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(file->verified);
  EXPECT_EQ(file->network.architecture().classes[2], "below");
  const TrainingSession::Images images = bars(60, 2);
  const auto pass = file->network.new_pass(60);
  std::vector<float> pixels;
  for (const std::uint8_t byte : images.pixels) pixels.push_back(static_cast<float>(byte) / 255);
  const auto logits = pass->forward(pixels, 60);
  double right = 0;
  for (std::size_t n = 0; n < 60; ++n) {
    const auto row = logits.subspan(3 * n, 3);
    right += std::max_element(row.begin(), row.end()) - row.begin() == images.labels[n] ? 1 : 0;
  }
  EXPECT_NEAR(right / 60, run->measure().clean, 1e-9);
}

TEST(TrainingSession, SaysWhatDoesNotFit) {
  const std::vector<std::string> names = {"a", "b", "c"};
  EXPECT_FALSE(training("denoiser"));
  EXPECT_FALSE(training("no-such-method"));
  EXPECT_FALSE(TrainingSession::create(options("standard"), bars(9, 1), bars(9, 2), {"a", "b"}));
  TrainingSession::Images cut = bars(9, 1);
  cut.pixels.pop_back();
  EXPECT_FALSE(TrainingSession::create(options("standard"), cut, bars(9, 2), names));
  EXPECT_FALSE(TrainingSession::create(options("standard"), bars(9, 1), {}, names));
  EXPECT_FALSE(TrainingSession::create(options("standard"), bars(9, 1), cut, names));
  TrainingSession::Images unlabelled = bars(9, 1);
  unlabelled.labels.clear();
  unlabelled.pixels.clear();
  EXPECT_FALSE(TrainingSession::create(options("standard"), unlabelled, bars(9, 2), names));
  EXPECT_FALSE(TrainingSession::create(options("standard"), bars(9, 1), unlabelled, names));
  const TrainingSession::Images shapeless{{0, 0, 0}, {}, {0, 1, 2}};
  EXPECT_FALSE(TrainingSession::create(options("standard"), shapeless, shapeless, names));
  auto unknown = options("standard");
  unknown.architecture = "no-such-net";
  EXPECT_FALSE(TrainingSession::create(unknown, bars(9, 1), bars(9, 2), names));
}

}  // namespace
}  // namespace signflip
