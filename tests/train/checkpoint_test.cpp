// What a checkpoint keeps beside the run itself: the best epoch so far, and how far the run came.
#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include <cctype>

#include "data/file.h"
#include "support/bars.h"
#include "support/files.h"

namespace signflip {
namespace {

using test::bars;
using test::config;
using test::network;

class Checkpoint : public testing::Test {
 protected:
  Trainer trainer() {
    auto made = Trainer::create(config(Method::standard), network(), data_, pool_);
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  std::filesystem::path file() const { return folder_.path() / "run.checkpoint"; }

  const Dataset data_ = bars(60);
  ThreadPool pool_{1};
  const test::TemporaryFolder folder_;
};

TEST_F(Checkpoint, KeepsTheBestEpoch) {
  Trainer first = trainer();
  ASSERT_TRUE(first.train_epoch({}));
  BestEpoch best{.epoch = 1, .score = 0.875, .parameters = {}, .statistics = {}};
  const auto parameters = first.network().parameters();
  const auto statistics = first.network().statistics();
  best.parameters.assign(parameters.size(), 0.25F);
  best.statistics.assign(statistics.size(), 0.5F);
  ASSERT_TRUE(save_checkpoint(file(), first, OrderedJson::object(), best));
  Trainer second = trainer();
  BestEpoch found;
  const Status resumed = resume(file(), second, OrderedJson::object(), &found);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(found.epoch, 1);
  EXPECT_EQ(found.score, 0.875);
  EXPECT_EQ(found.parameters, best.parameters);
  EXPECT_EQ(found.statistics, best.statistics);
  EXPECT_TRUE(
      std::equal(parameters.begin(), parameters.end(), second.network().parameters().begin()))
      << "the run goes on from its own weights, not from the best";
}

TEST_F(Checkpoint, WithoutABestEpochThereIsNone) {
  Trainer first = trainer();
  ASSERT_TRUE(first.train_epoch({}));
  ASSERT_TRUE(save_checkpoint(file(), first));
  Trainer second = trainer();
  BestEpoch found{.epoch = 7, .score = 0.5, .parameters = {1.0F}, .statistics = {}};
  ASSERT_TRUE(resume(file(), second, OrderedJson::object(), &found));
  EXPECT_EQ(found.epoch, 0);
  EXPECT_LT(found.score, 0.0) << "whatever comes is better";
  EXPECT_TRUE(found.parameters.empty());
}

TEST_F(Checkpoint, SaysHowFarItCame) {
  Trainer run = trainer();
  ASSERT_TRUE(run.train_epoch({}));
  ASSERT_TRUE(run.train_epoch({}));
  ASSERT_TRUE(save_checkpoint(file(), run));
  const auto state = read_checkpoint_state(file());
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->epochs_done, 2);
  EXPECT_EQ(state->epochs, config(Method::standard).epochs);
  EXPECT_FALSE(read_checkpoint_state(folder_.path() / "none"));
}

TEST_F(Checkpoint, WhatChangedSinceItWasWrittenIsNotTrainedOn) {
  Trainer first = trainer();
  ASSERT_TRUE(first.train_epoch({}));
  ASSERT_TRUE(save_checkpoint(file(), first));
  const auto written = read_file(file());
  ASSERT_TRUE(written);
  const auto resumed = [&](std::size_t place, std::uint8_t flipped) {
    std::vector<std::uint8_t> bytes = *written;
    bytes[place] ^= flipped;
    Trainer second = trainer();
    const Status taken = resume_from(bytes, "it", second);
    return taken ? std::string() : taken.error().message;
  };
  EXPECT_EQ(resumed(0, 0), "");
  // The last bit of a value: as good a number as before.
  EXPECT_EQ(resumed(written->size() - 4, 1),
            "it cannot be resumed: its contents do not have the checksum that was written with "
            "them, so the file was changed or damaged");
  const std::string text(written->begin(), written->end());
  const std::size_t steps = text.find("signflip.steps") + std::string("signflip.steps\":\"").size();
  ASSERT_TRUE(std::isdigit(written->at(steps))) << text.substr(steps, 8);
  EXPECT_NE(resumed(steps, 1).find("checksum"), std::string::npos) << "another number of steps";
  EXPECT_EQ(resumed(text.find("signflip.sha256") + 3, 1),
            "it cannot be resumed: it has no checksum, as those of earlier versions");
}

}  // namespace
}  // namespace signflip
