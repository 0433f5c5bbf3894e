// Batch norm of a flat layer where a batch has one image: one value of each channel has no
// variance.
#include <gtest/gtest.h>

#include "support/bars.h"
#include "train/trainer.h"

namespace signflip {
namespace {

using test::bars;
using test::config;
using test::network;

/// A network whose batch norm sees one value of each channel per image.
Sequential flat_network() {
  Architecture architecture;
  architecture.input = {8, 8, 1};
  architecture.classes = {"left", "middle", "right"};
  architecture.layers = {Flatten{}, Dense{6}, BatchNorm1d{}, Relu{}, Dense{3}};
  auto made = Sequential::create(architecture);
  made->initialise(3);
  return std::move(*made);
}

TEST(BatchNormTraining, TakesNoVarianceFromABatchOfOneImage) {
  TrainingConfig wanted = config(Method::standard);
  wanted.validation = 0;
  wanted.batch_size = 40;
  wanted.epochs = 3;
  wanted.average = 0;
  const auto statistics = [&](std::size_t images) {
    const Dataset data = bars(images);
    ThreadPool pool(1);
    auto trainer = Trainer::create(wanted, flat_network(), data, pool);
    EXPECT_TRUE(trainer);
    std::size_t seen = 0;
    while (!trainer->finished()) {
      const auto report = trainer->train_epoch([&](const TrainingProgress& at) {
        seen = at.images;
        return true;
      });
      EXPECT_TRUE(report);
    }
    // The 41st image waits for another epoch, which is shuffled anew; the 42nd does not.
    EXPECT_EQ(seen, images % 40 == 1 ? images - 1 : images);
    const auto values = trainer->network().statistics();
    return std::vector<float>(values.begin(), values.end());
  };
  const std::vector<float> alone = statistics(41), pair = statistics(42);
  // Three steps at 0.1 bring a running variance from 1 to 0.729 + 0.271 of the data's. A step from
  // one image, whose variance is 0, would leave 0.9 of it each epoch.
  for (std::size_t c = 6; c < 12; ++c) EXPECT_GT(alone[c], 0.72F) << c;
  EXPECT_EQ(alone.size(), pair.size());
  wanted.batch_size = 1;
  const Dataset data = bars(20);
  ThreadPool pool(1);
  const auto single = Trainer::create(wanted, flat_network(), data, pool);
  ASSERT_FALSE(single);
  EXPECT_NE(single.error().message.find("batch-size is 1"), std::string::npos);
  EXPECT_TRUE(Trainer::create(wanted, network(), data, pool)) << "16 values of each channel";
}

}  // namespace
}  // namespace signflip
