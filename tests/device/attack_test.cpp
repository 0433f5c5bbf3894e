// Attacks crafted on a device against the CPU's, which draw the same random numbers: nearly every
// pixel must agree. Nearly, because a gradient within rounding of 0 may have either sign.
#include <cmath>

#include "device/device_attack.h"
#include "device/test_device.h"
#include "support/networks.h"

#include "support/attacks.h"  // after numeric.h: both have a namespace of tests

namespace signflip::test {
namespace {

using test::request_for;
using test::Settings;

class DeviceAttackTest : public DeviceTest {
 protected:
  DeviceAttackTest()
      : network_(random_network({8, 8, 2},
                                {Conv2d{8, {3, 3}, {1, 1}, {1, 1}}, BatchNorm2d{}, Relu{},
                                 MaxPool2d{{2, 2}, {2, 2}}, Conv2d{12, {4, 4}, {2, 2}, {1, 1}},
                                 Relu{}, Flatten{}, Dropout{0.3F}, Dense{20}, Sigmoid{}, Dense{7}},
                                11)) {
    Rng rng(5);
    images_ = test::inked_images(37, {8, 8, 2}, rng);
    labels_ = test::predictions(network_, images_);
    for (const int label : labels_) targets_.push_back((label + 3) % 7);
  }

  void expect_agreement(const AttackOutcome& cpu, const AttackOutcome& device) {
    std::size_t differing = 0;
    const auto a = cpu.adversarial.values(), b = device.adversarial.values();
    for (std::size_t i = 0; i < a.size(); ++i) differing += std::abs(a[i] - b[i]) > 1e-5F;
    EXPECT_LE(static_cast<double>(differing), 0.01 * static_cast<double>(a.size()));
    double cpu_loss = 0, device_loss = 0;
    for (std::size_t i = 0; i < cpu.loss.size(); ++i) {
      cpu_loss += static_cast<double>(cpu.loss[i]);
      device_loss += static_cast<double>(device.loss[i]);
    }
    EXPECT_NEAR(device_loss, cpu_loss, 1e-2 * cpu_loss);
    EXPECT_NEAR(static_cast<double>(test::successes(device)),
                static_cast<double>(test::successes(cpu)), 1);
  }

  void compare(std::string_view name, const Settings& settings, bool targeted) {
    SCOPED_TRACE(name);
    const auto request = request_for(name, settings, 4);
    const auto targets = targeted ? targets_ : std::vector<int>{};
    const auto cpu = test::attack(network_, request, images_, labels_, targets);
    ThreadPool pool(1);
    const auto device = device::run_attack_on(*device_, network_, network_, request, images_,
                                              labels_, targets, pool);
    ASSERT_TRUE(device) << (device ? "" : device.error().message);
    EXPECT_TRUE(test::promises_hold(network_, request, images_, labels_, targets, *device));
    expect_agreement(cpu, *device);
    // The attack moved: agreement on nothing would say nothing.
    EXPECT_GT(device->linf[0], 0.01F);
  }

  Sequential network_;
  Tensor images_;
  std::vector<int> labels_, targets_;
};

TEST_F(DeviceAttackTest, ClimbsAgreeWithTheCpu) {
  for (const bool targeted : {false, true}) {
    compare("fgsm", {{"epsilon", "0.1"}}, targeted);
    compare("bim", {{"epsilon", "0.05"}, {"steps", "6"}}, targeted);
    compare("bim", {{"epsilon", "0.05"}, {"steps", "3"}, {"step-size", "0.03"}}, targeted);
    compare("mim", {{"epsilon", "0.1"}, {"steps", "5"}, {"decay", "0.8"}}, targeted);
    compare("pgd", {{"epsilon", "0.1"}, {"steps", "8"}}, targeted);
    compare("pgd", {{"epsilon", "0.1"}, {"steps", "8"}, {"random-start", "false"}}, targeted);
    compare("pgd", {{"epsilon", "0.02"}, {"steps", "4"}, {"restarts", "3"}}, targeted);
  }
}

TEST_F(DeviceAttackTest, AutomaticStepsAgreeWithTheCpu) {
  for (const bool targeted : {false, true}) {
    compare("apgd-ce", {{"epsilon", "0.05"}, {"steps", "20"}}, targeted);
    compare("apgd-dlr", {{"epsilon", "0.05"}, {"steps", "20"}}, targeted);
    compare("apgd-ce", {{"epsilon", "0.05"}, {"steps", "12"}, {"early-stop", "true"}}, targeted);
    compare("apgd-dlr", {{"epsilon", "0.03"}, {"steps", "10"}, {"restarts", "2"}}, targeted);
  }
}

TEST_F(DeviceAttackTest, OneLaunchGivesWhatManyGive) {
  const auto fused = model_of(network_, 40), separate = model_of(network_, 40, false);
  std::vector<std::size_t> numbers(labels_.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 10 + i;
  for (const auto start :
       {Climb::Start::clean, Climb::Start::uniform, Climb::Start::noise, Climb::Start::normal}) {
    for (const bool momentum : {false, true}) {
      if (momentum && start == Climb::Start::noise) continue;  // momentum stays in the ball
      SCOPED_TRACE(static_cast<int>(start) * 2 + momentum);
      Climb attack;
      attack.start = start;
      attack.steps = 4;
      attack.step_factor = 2;
      attack.momentum = momentum;
      attack.project = start != Climb::Start::noise;
      if (start == Climb::Start::normal) attack.loss = Climb::Loss::divergence;
      ASSERT_TRUE(fused->fuses(attack));
      ASSERT_FALSE(separate->fuses(attack));
      const device::AttackBatch batch{images_.values(), labels_, {}, numbers, 9, 128, 0.07};
      std::vector<float> one(images_.size()), many(images_.size());
      std::vector<Verdict> one_verdict(numbers.size()), many_verdict(numbers.size());
      ASSERT_TRUE(fused->craft(attack, batch, one, one_verdict));
      ASSERT_TRUE(separate->craft(attack, batch, many, many_verdict));
      std::size_t differing = 0;
      for (std::size_t i = 0; i < one.size(); ++i) differing += std::abs(one[i] - many[i]) > 1e-5F;
      EXPECT_LE(differing, one.size() / 100);
      EXPECT_FALSE(test::same_values(one, images_.values()));
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (differing == 0) {
          EXPECT_NEAR(one_verdict[i].score, many_verdict[i].score, 1e-3);
        }
      }
    }
  }
}

TEST_F(DeviceAttackTest, OneLaunchKnowsEveryKindOfLayer) {
  int fused = 0;
  for (std::uint64_t seed = 0; seed < 150 && !HasFailure(); ++seed) {
    const Sequential network = random_architecture(seed, Kinds::on_devices);
    const auto classes = static_cast<std::uint32_t>(network.classes());
    if (classes < 2) continue;
    SCOPED_TRACE(describe(network));
    const std::size_t count = 3, size = network.input_shape().size();
    const auto one = model_of(network, count), many = model_of(network, count, false);
    Climb attack;
    attack.start = Climb::Start::uniform;
    attack.steps = 1;  // more would enlarge rounding at kinks
    if (!one->fuses(attack)) continue;
    ++fused;
    Rng rng(seed, 3);
    const auto images = random_values<float>(count * size, rng, 0, 1);
    std::vector<int> labels(count);
    for (int& label : labels) label = static_cast<int>(rng.below(classes));
    const std::vector<std::size_t> numbers(count, seed);
    const device::AttackBatch batch{images, labels, {}, numbers, 1, 0, 0.1};
    std::vector<float> a(images.size()), b(images.size());
    std::vector<Verdict> verdicts(count);
    ASSERT_TRUE(one->craft(attack, batch, a, verdicts));
    ASSERT_TRUE(many->craft(attack, batch, b, verdicts));
    std::size_t differing = 0;
    for (std::size_t i = 0; i < a.size(); ++i) differing += std::abs(a[i] - b[i]) > 1e-5F;
    EXPECT_LE(differing, a.size() / 50);
  }
  EXPECT_GT(fused, 40);
}

TEST_F(DeviceAttackTest, ARecordedAttackSeesNewImagesAndAnotherBudget) {
  const auto model = model_of(network_, 40);
  Climb attack;
  attack.steps = 2;
  attack.step_factor = 1;
  std::vector<std::size_t> numbers(labels_.size());
  std::vector<float> first(images_.size()), second(images_.size());
  std::vector<Verdict> verdicts(numbers.size());
  device::AttackBatch batch{images_.values(), labels_, {}, numbers, 0, 0, 0.1};
  ASSERT_TRUE(model->craft(attack, batch, first, verdicts));
  Tensor others = images_;
  for (float& v : others.values()) v = 1 - v;
  batch.images = others.values();
  batch.epsilon = 0.03;
  ASSERT_TRUE(model->craft(attack, batch, second, verdicts));
  float farthest = 0;
  for (std::size_t i = 0; i < second.size(); ++i) {
    farthest = std::max(farthest, std::abs(second[i] - others.values()[i]));
  }
  EXPECT_LE(farthest, 0.03F);
  EXPECT_GT(farthest, 0.029F);
}

TEST_F(DeviceAttackTest, SaysWhatItDoesNotDo) {
  ThreadPool pool(1);
  for (const auto& [name, settings, word] :
       {std::tuple<const char*, Settings, const char*>{"square", {}, "apgd-dlr"},
        {"deepfool", {}, "device cpu"},
        {"pgd", {{"norm", "l2"}}, "linf only"}}) {
    const auto outcome = device::run_attack_on(
        *device_, network_, network_, request_for(name, settings), images_, labels_, {}, pool);
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find(word), std::string::npos) << outcome.error().message;
  }
  std::vector<int> wrong = labels_;
  wrong[3] = 7;
  EXPECT_FALSE(device::run_attack_on(*device_, network_, network_, request_for("fgsm"), images_,
                                     wrong, {}, pool));
}

}  // namespace
}  // namespace signflip::test
