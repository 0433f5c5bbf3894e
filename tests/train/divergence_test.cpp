// Values that are no finite numbers: noticed in the step that makes them, never stored, never
// resumed from; the weights of the last good epoch stay.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>

#include "nn/model_file.h"
#include "support/bars.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

namespace signflip {
namespace {

using test::bars;
using test::config;
using test::network;

TEST(Divergence, ADivergenceIsNoticedAndTheLastGoodEpochKept) {
  const Dataset data = bars(200);
  for (const OptimiserKind kind : {OptimiserKind::sgd, OptimiserKind::adam}) {
    ThreadPool pool(2);
    TrainingConfig wanted = config(Method::standard);
    wanted.optimiser.kind = kind;
    auto trainer = Trainer::create(wanted, network(), data, pool);
    ASSERT_TRUE(trainer);
    ASSERT_TRUE(trainer->train_epoch({}));
    const auto good = format_model(trainer->result(), {});
    // As an exploding step leaves it, in the middle of the next epoch.
    int batches = 0;
    const auto report = trainer->train_epoch([&](const TrainingProgress&) {
      if (++batches == 1) trainer->snapshot().parameters[0] = std::nanf("");
      return true;
    });
    EXPECT_FALSE(report);
    EXPECT_EQ(batches, 1) << "noticed in the next step";
    EXPECT_TRUE(trainer->diverged());
    ASSERT_FALSE(trainer->failure());
    EXPECT_NE(
        trainer->failure().error().message.find("in epoch 2, by image 160 of 160: a weight is"),
        std::string::npos)
        << trainer->failure().error().message;
    EXPECT_EQ(trainer->epochs_done(), 1);
    EXPECT_EQ(format_model(trainer->result(), {}), good);
  }
}

TEST(Divergence, WeightsThatOverflowInTheLastStepAreNoticed) {
  const Dataset data = bars(100);
  ThreadPool pool(1);
  TrainingConfig wanted = config(Method::standard);
  wanted.average = 0;
  auto trainer = Trainer::create(wanted, network(), data, pool);
  ASSERT_TRUE(trainer);
  const auto good = format_model(trainer->result(), {});
  const auto report = trainer->train_epoch([&](const TrainingProgress& progress) {
    if (progress.images_done == progress.images) {
      trainer->snapshot().parameters[5] = std::numeric_limits<float>::infinity();
    }
    return true;
  });
  EXPECT_FALSE(report);
  EXPECT_TRUE(trainer->diverged());
  EXPECT_NE(trainer->failure().error().message.find("in epoch 1, by image 80 of 80: a weight,"),
            std::string::npos)
      << trainer->failure().error().message;
  EXPECT_EQ(trainer->epochs_done(), 0);
  EXPECT_EQ(format_model(trainer->result(), {}), good);
}

TEST(Divergence, ACheckpointWithImpossibleValuesIsRefused) {
  const Dataset data = bars(100);
  const auto file = std::filesystem::temp_directory_path() / "signflip_trainer_values.checkpoint";
  ThreadPool pool(1);
  const auto begin = [&] {
    auto trainer = Trainer::create(config(Method::standard), network(), data, pool);
    EXPECT_TRUE(trainer);
    return std::move(*trainer);
  };
  const auto refusal = [&](const std::function<void(Trainer::Snapshot&)>& damage) {
    Trainer writer = begin();
    EXPECT_TRUE(writer.train_epoch({}));
    Trainer::Snapshot values = writer.snapshot();
    damage(values);
    EXPECT_TRUE(save_checkpoint(file, writer));
    Trainer reader = begin();
    const auto before = format_model(reader.result(), {});
    const Status resumed = resume(file, reader);
    EXPECT_EQ(format_model(reader.result(), {}), before) << "nothing of it is taken over";
    return resumed ? "resumed" : resumed.error().message;
  };
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(refusal([&](auto& v) { v.parameters[7] = nan; }), "its parameters hold"));
  EXPECT_TRUE(has(refusal([&](auto& v) { v.statistics[0] = infinity; }), "its statistics hold"));
  EXPECT_TRUE(has(refusal([&](auto& v) { v.first_moment[1] = -infinity; }), "its first_moment"));
  EXPECT_TRUE(has(refusal([&](auto& v) { v.average.back() = nan; }), "its average hold"));
  EXPECT_TRUE(has(refusal([&](auto& v) { v.second_moment[3] = -1e-9F; }), "negative value"));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace signflip
