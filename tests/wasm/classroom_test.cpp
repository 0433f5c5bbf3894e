// Classroom: a net learns in it, runs can be set down and taken up, and what comes out is a model
// file.
#include "wasm/classroom.h"

#include <gtest/gtest.h>

#include "core/rng.h"
#include "nn/model_file.h"

namespace signflip {
namespace {

/// Three classes of 8×8 images: a bright bar on top, in the middle or below, and noise.
Classroom::Images bars(std::size_t count, std::uint64_t seed) {
  Classroom::Images images{{8, 8, 1}, {}, {}};
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

Classroom::Options options(const std::string& method) {
  Classroom::Options wanted;
  wanted.method = method;
  wanted.architecture = "s-bn";
  wanted.epsilon = 0.1;
  wanted.steps = 3;
  wanted.epochs = 3;
  wanted.batch_size = 30;
  wanted.learning_rate = 3e-3;
  return wanted;
}

Result<Classroom> classroom(const std::string& method) {
  return Classroom::create(options(method), bars(240, 1), bars(60, 2), {"top", "middle", "below"});
}

bool on(const TrainingProgress&) { return true; }

TEST(Classroom, EveryMethodLearnsAndLooksAreHonest) {
  for (const char* method : {"standard", "mixed", "fast", "pgd"}) {
    auto room = classroom(method);
    ASSERT_TRUE(room) << room.error().message;
    const Classroom::Look before = room->look();
    std::size_t batches = 0;
    for (int epoch = 1; epoch <= 3; ++epoch) {
      const auto report = room->train_epoch([&](const TrainingProgress& progress) {
        ++batches;
        EXPECT_EQ(progress.epoch, epoch);
        return true;
      });
      ASSERT_TRUE(report);
      EXPECT_EQ(report->epoch, epoch);
    }
    EXPECT_GE(batches, 24U);
    const Classroom::Look after = room->look();
    EXPECT_GT(after.clean, 0.95) << method;
    EXPECT_GT(after.clean, before.clean) << method;
    EXPECT_GT(after.robust, 0.8) << method;
    EXPECT_LE(after.robust, after.clean) << method;
  }
}

TEST(Classroom, ARunTakenUpGivesTheSameWeights) {
  auto straight = classroom("pgd"), first = classroom("pgd"), second = classroom("pgd");
  ASSERT_TRUE(straight && first && second);
  for (int epoch = 0; epoch < 3; ++epoch) ASSERT_TRUE(straight->train_epoch(on));
  ASSERT_TRUE(first->train_epoch(on));
  const std::vector<float> memory = first->memory();
  EXPECT_FALSE(first->train_epoch([](const TrainingProgress&) { return false; }));
  ASSERT_TRUE(second->resume(memory));
  EXPECT_EQ(second->epochs_done(), 1);
  for (int epoch = 1; epoch < 3; ++epoch) ASSERT_TRUE(second->train_epoch(on));
  EXPECT_EQ(second->model("x"), straight->model("x"));
  EXPECT_FALSE(second->resume(std::span(memory).first(memory.size() - 1)));
}

TEST(Classroom, TheModelIsAFileThatReadsAsTheNetDoes) {
  auto room = classroom("standard");
  ASSERT_TRUE(room);
  for (int epoch = 0; epoch < 3; ++epoch) ASSERT_TRUE(room->train_epoch(on));
  const auto file = load_model(room->model("three bars"), "the model");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(file->verified);
  EXPECT_EQ(file->network.architecture().classes[2], "below");
  const Classroom::Images images = bars(60, 2);
  const auto pass = file->network.new_pass(60);
  std::vector<float> pixels;
  for (const std::uint8_t byte : images.pixels) pixels.push_back(static_cast<float>(byte) / 255);
  const auto logits = pass->forward(pixels, 60);
  double right = 0;
  for (std::size_t n = 0; n < 60; ++n) {
    const auto row = logits.subspan(3 * n, 3);
    right += std::max_element(row.begin(), row.end()) - row.begin() == images.labels[n] ? 1 : 0;
  }
  EXPECT_NEAR(right / 60, room->look().clean, 1e-9);
}

TEST(Classroom, SaysWhatDoesNotFit) {
  const std::vector<std::string> names = {"a", "b", "c"};
  EXPECT_FALSE(classroom("denoiser"));
  EXPECT_FALSE(classroom("no-such-method"));
  EXPECT_FALSE(Classroom::create(options("standard"), bars(9, 1), bars(9, 2), {"a", "b"}));
  Classroom::Images cut = bars(9, 1);
  cut.pixels.pop_back();
  EXPECT_FALSE(Classroom::create(options("standard"), cut, bars(9, 2), names));
  EXPECT_FALSE(Classroom::create(options("standard"), bars(9, 1), {}, names));
  auto unknown = options("standard");
  unknown.architecture = "no-such-net";
  EXPECT_FALSE(Classroom::create(unknown, bars(9, 1), bars(9, 2), names));
}

}  // namespace
}  // namespace signflip
