// The device that these tests run on: the host's imitation in signflip_host_tests, the card in
// signflip_cuda_tests. The same tests for both.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "core/rng.h"
#include "device/device.h"
#include "device/plan.h"
#include "nn/sequential.h"

namespace signflip::test {

/// Null where there is no card; then the test skips itself with `why`.
device::Device* test_device(std::string& why);

/// Fixture: skips where there is no device.
class DeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    device_ = test_device(why);
    if (device_ == nullptr) GTEST_SKIP() << why;
  }

  /// A model with the network's weights.
  std::unique_ptr<device::Model> model_of(const Sequential& network, std::size_t capacity,
                                          bool fuse = true) {
    auto model = device_->new_model(*device::make_plan(network), capacity, fuse);
    EXPECT_TRUE(model) << (model ? "" : model.error().message);
    if (!model) return nullptr;
    const Status set = (*model)->set_weights(network.parameters(), network.statistics());
    EXPECT_TRUE(set) << (set ? "" : set.error().message);
    return std::move(*model);
  }

  device::Device* device_ = nullptr;
};

}  // namespace signflip::test
