// A device runs calls, blocks and the threads of a phase in any order. The host's imitation can run
// them backwards: whatever then comes out differently, bit for bit, would be a race on a device.
#include <gtest/gtest.h>

#include <vector>

#include "device/host/host_device.h"
#include "device/host/host_executor.h"
#include "device/kernels/elementwise.h"
#include "device/plan.h"
#include "nn/architecture_json.h"
#include "support/networks.h"
#include "support/numeric.h"
#include "train/device_batches.h"
#include "train/trainer.h"

namespace signflip::test {
namespace {

std::vector<float> crafted(const Sequential& network, const Climb& attack, bool reversed,
                           bool fuse) {
  const auto device = device::make_host_device(reversed);
  auto model = device->new_model(*device::make_plan(network), 3, fuse);
  EXPECT_TRUE(model);
  EXPECT_TRUE((*model)->set_weights(network.parameters(), network.statistics()));
  Rng rng(8);
  const auto images = random_values<float>(3 * network.input_shape().size(), rng, 0, 1);
  const std::vector<int> labels = {0, 1, 1};
  const std::vector<std::size_t> numbers = {4, 5, 6};
  std::vector<float> adversarial(images.size());
  std::vector<Verdict> verdicts(3);
  EXPECT_TRUE(
      (*model)->craft(attack, {images, labels, {}, numbers, 1, 0, 0.1}, adversarial, verdicts));
  return adversarial;
}

void expect_no_order(const Sequential& network) {
  SCOPED_TRACE(describe(network));
  Climb attack;
  attack.start = Climb::Start::uniform;
  attack.steps = 3;
  attack.step_factor = 1.2;
  for (const bool fuse : {true, false}) {
    EXPECT_EQ(crafted(network, attack, false, fuse), crafted(network, attack, true, fuse));
  }
  attack.momentum = true;
  EXPECT_EQ(crafted(network, attack, false, true), crafted(network, attack, true, true));
  EXPECT_EQ(crafted(network, attack, false, false), crafted(network, attack, true, false));
  attack.momentum = false;
  attack.automatic = true;
  attack.start = Climb::Start::surface;
  EXPECT_EQ(crafted(network, attack, false, false), crafted(network, attack, true, false));
}

TEST(DeviceOrder, AttacksDoNotDependOnIt) {
  for (std::uint64_t seed = 0; seed < 60 && !testing::Test::HasFailure(); ++seed) {
    const Sequential network = random_architecture(seed, Kinds::on_devices);
    if (network.classes() >= 2) expect_no_order(network);
  }
  const auto architecture = named_architecture("s-bn", {12, 12, 1}, 5);
  auto network = Sequential::create(*architecture);
  randomise(*network, 1);
  expect_no_order(*network);
}

TEST(DeviceOrder, TrainingDoesNotDependOnIt) {
  Dataset data;
  data.image = {12, 12, 1};
  data.classes = 3;
  Rng rng(2);
  for (int n = 0; n < 50; ++n) {
    data.labels.push_back(n % 3);
    for (int i = 0; i < 144; ++i) data.pixels.push_back(static_cast<std::uint8_t>(rng.below(256)));
  }
  TrainingConfig config;
  config.epochs = 1;
  config.batch_size = 40;
  config.steps = 2;
  config.validation = 0;
  config.clip = 0.5;
  config.average = 0.5;
  config.augmentation = {0.1F, 0.1F, 10.0F, 0.1F, 0.1F, false};
  for (const Method method : {Method::mixed, Method::trades, Method::ibp}) {
    config.method = method;
    std::vector<float> results[2];
    for (const bool reversed : {false, true}) {
      const auto device = device::make_host_device(reversed);
      auto network = Sequential::create(*named_architecture("s-bn", {12, 12, 1}, 3));
      network->initialise(1);
      ThreadPool pool(1);
      auto trainer =
          Trainer::create(config, std::move(*network), data, pool, nullptr, batches_on(*device));
      ASSERT_TRUE(trainer);
      ASSERT_TRUE(trainer->train_epoch({}));
      const auto parameters = trainer->network().parameters();
      results[reversed ? 1 : 0].assign(parameters.begin(), parameters.end());
    }
    EXPECT_EQ(results[0], results[1]);
  }
}

/// Wants more shared memory than any block may have.
struct Greedy {
  static constexpr int kThreads = 32;
  std::size_t shared() const { return std::size_t{1} << 20; }
  template <class Team>
  void operator()(Team&, float*, int) const {}
};

TEST(DeviceOrder, TheHostRefusesWhatADeviceCannotRecordOrLaunch) {
  device::HostExecutor executor;
  float from = 1, to = 0;
  const auto refused = [&](auto work) {
    work();
    const bool failed = !executor.finish();
    EXPECT_TRUE(executor.finish());  // told once
    return failed;
  };
  const auto recorded = [&](auto work) { return refused([&] { (void)executor.record(work); }); };
  const auto copy = [&] { executor.for_each(1, device::ReluForward{&from, &to}); };
  EXPECT_FALSE(recorded(copy));
  EXPECT_TRUE(recorded([&] { (void)executor.allocate<float>(4); }));
  EXPECT_TRUE(recorded([&] { executor.upload(&from, &to, 1); }));
  EXPECT_TRUE(recorded([&] { executor.download(&from, &to, 1); }));
  EXPECT_FALSE(refused([&] { executor.upload(&from, &to, 1); }));
  EXPECT_TRUE(refused([&] { executor.run(1, Greedy()); }));
}

}  // namespace
}  // namespace signflip::test
