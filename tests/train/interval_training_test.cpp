// The method `ibp`: what its loss is made of, that κ follows ε, and that networks learn bounds.
#include "train/interval_training.h"

#include <gtest/gtest.h>

#include <cmath>

#include "certify/certify.h"
#include "core/exact/softmax.h"
#include "nn/training_pass.h"
#include "support/gradients.h"
#include "support/networks.h"
#include "train/interval_training_pass.h"
#include "train/optimiser.h"
#include "train/validation.h"

namespace signflip {
namespace {

using Floats = std::vector<float>;

constexpr ImageShape kShape8x8x1{8, 8, 1};
constexpr std::size_t kSize = 64;

std::vector<Layer> layers() {
  return {Conv2d{6, {3, 3}, {2, 2}, {1, 1}},
          BatchNorm2d{},
          Relu{},
          Flatten{},
          Dropout{0.2F},
          Dense{12},
          Relu{},
          Dense{3}};
}

TrainingConfig config() {
  TrainingConfig config;
  config.method = Method::ibp;
  config.epsilon = 0.2;
  config.kappa = 0.25;
  config.steps = 3;
  return config;
}

struct NumberedBars {
  Floats pixels;
  std::vector<int> labels;
  std::vector<std::size_t> numbers;
};

/// A bright bar on the left, in the middle or on the right, in noise.
NumberedBars bars(std::size_t count, std::uint64_t seed) {
  NumberedBars images;
  Rng rng(seed);
  for (std::size_t n = 0; n < count; ++n) {
    const int label = static_cast<int>(rng.below(3));
    images.labels.push_back(label);
    images.numbers.push_back(n);
    for (int pixel = 0; pixel < 64; ++pixel) {
      images.pixels.push_back(rng.uniform(0.0F, 0.3F) + (pixel % 8 / 3 == label ? 0.7F : 0.0F));
    }
  }
  return images;
}

TrainingShard shard_of(const NumberedBars& images, double epsilon, float scale) {
  return {images.pixels, images.labels, images.numbers, 4, Rng(5), epsilon, scale};
}

/// The loss and its gradient put together here from the two passes.
struct Expected {
  double loss = 0.0;
  Floats gradients;
};
Expected expected(const Sequential& network, std::span<const float> plain,
                  const TrainingShard& shard, float kappa) {
  const std::size_t count = shard.labels.size();
  TrainingPass pass(network, count);
  const auto logits = pass.forward(plain, count, shard.dropout);
  Expected result;
  Floats dz(logits.size());
  for (std::size_t n = 0; n < count; ++n) {
    const auto z = logits.subspan(n * 3, 3);
    result.loss += static_cast<double>(kappa * cross_entropy(z, shard.labels[n]));
    cross_entropy_gradient(z, shard.labels[n], std::span(dz).subspan(n * 3, 3));
  }
  for (float& d : dz) d *= kappa * shard.gradient_scale;
  const IntervalNetwork intervals(network, IntervalNetwork::Purpose::training);
  IntervalTrainingPass bounds(intervals, count);
  const auto margins =
      bounds.forward(shard.images, shard.labels, count, shard.epsilon, pass.batch_statistics());
  Floats worst(margins.begin(), margins.end()), dworst(dz.size());
  for (float& w : worst) w = -w;
  for (std::size_t n = 0; n < count; ++n) {
    const auto z = std::span<const float>(worst).subspan(n * 3, 3);
    result.loss += static_cast<double>((1 - kappa) * cross_entropy(z, shard.labels[n]));
    cross_entropy_gradient(z, shard.labels[n], std::span(dworst).subspan(n * 3, 3));
  }
  for (float& d : dworst) d *= -(1 - kappa) * shard.gradient_scale;
  result.gradients.assign(network.parameters().size(), 0.0F);
  pass.backward(dz, {}, bounds.backward(dworst, result.gradients));
  pass.add_gradients(result.gradients);
  return result;
}

TEST(IntervalTraining, KappaFollowsEpsilon) {
  const Sequential network = test::random_network(kShape8x8x1, layers(), 1);
  const IntervalNetwork intervals(network, IntervalNetwork::Purpose::training);
  const TrainingConfig settings = config();
  const auto trainer = make_interval_shard(intervals, 8, settings, {});
  const NumberedBars images = bars(7, 1);
  for (const auto& [epsilon, kappa] :
       {std::pair{0.0, 1.0F}, {0.05, 0.8125F}, {0.1, 0.625F}, {0.2, 0.25F}, {0.3, 0.25F}}) {
    SCOPED_TRACE(epsilon);
    const TrainingShard input = shard_of(images, epsilon, 0.125F);
    const LossSums sums = trainer->train(input);
    const Expected right = expected(network, images.pixels, input, kappa);
    EXPECT_NEAR(sums.loss, right.loss, 1e-4 * right.loss);
    EXPECT_EQ(sums.images, 7U);
    EXPECT_TRUE(test::close(test::gradients(network, *trainer), right.gradients, 1e-5));
  }
}

// Batch norm undoes the scale of a channel's weights and bias, in the bounds as well: no gradient
// may point along them. With statistics as constants the bounds would ask for smaller weights.
TEST(IntervalTraining, NoGradientAlongAScaleThatBatchNormUndoes) {
  for (const float kappa : {0.0F, 0.25F}) {
    SCOPED_TRACE(kappa);
    const Sequential network = test::random_network(kShape8x8x1, layers(), 4);
    const IntervalNetwork intervals(network, IntervalNetwork::Purpose::training);
    TrainingConfig settings = config();
    settings.kappa = static_cast<double>(kappa);
    const auto trainer = make_interval_shard(intervals, 8, settings, {});
    trainer->train(shard_of(bars(8, 3), settings.epsilon, 0.125F));
    const Floats gradients = test::gradients(network, *trainer);
    const PlacedLayer& conv = network.layers().front();
    const std::size_t channels = conv.shape.columns;
    for (std::size_t c = 0; c < channels; ++c) {
      double along = 0.0, size = 0.0;
      for (std::size_t i = conv.weight + c; i < conv.bias + channels; i += channels) {
        const double part = static_cast<double>(network.parameters()[i] * gradients[i]);
        along += part;
        size += std::abs(part);
      }
      EXPECT_GT(size, 1e-4);
      EXPECT_NEAR(along, 0.0, 1e-3 * size) << "channel " << c;
    }
  }
}

TEST(IntervalTraining, AnAttackReplacesTheCleanImages) {
  const Sequential network = test::random_network(kShape8x8x1, layers(), 2);
  const IntervalNetwork intervals(network, IntervalNetwork::Purpose::training);
  const TrainingConfig settings = config();
  const auto attack = catalogue_attack("pgd", 3);
  ASSERT_TRUE(attack);
  const auto trainer = make_interval_shard(intervals, 8, settings, *attack);
  const NumberedBars images = bars(8, 2);
  const TrainingShard input = shard_of(images, 0.1, 1.0F);
  Floats attacked(images.pixels.size());
  const auto pass = network.new_pass(8);
  attack->run(*pass,
              {kShape8x8x1, images.pixels, images.labels, images.numbers, input.attack_seed, 0.1},
              attacked);
  const LossSums sums = trainer->train(input);
  const Expected right = expected(network, attacked, input, 0.625F);
  EXPECT_NEAR(sums.loss, right.loss, 1e-4 * right.loss);
  EXPECT_TRUE(test::close(test::gradients(network, *trainer), right.gradients, 1e-5));
  const Expected clean = expected(network, images.pixels, input, 0.625F);
  EXPECT_FALSE(test::close(test::gradients(network, *trainer), clean.gradients, 1e-2));
}

TEST(IntervalTraining, RefusesAttacksThatItCannotTrainWith) {
  TrainingConfig settings = config();
  for (const auto* name : {"", "none", "fgsm", "pgd"}) {
    settings.attack = name;
    EXPECT_TRUE(make_interval_method(settings)) << name;
  }
  for (const auto* name : {"square", "deepfool", "nothing"}) {
    settings.attack = name;
    const auto method = make_interval_method(settings);
    ASSERT_FALSE(method);
    EXPECT_NE(method.error().message.find(name), std::string::npos);
  }
}

/// Trains from the method's own pieces, as the epoch loop does, and returns the network.
Sequential trained(const TrainingConfig& settings, bool with_bounds) {
  Architecture architecture;
  architecture.input = kShape8x8x1;
  architecture.classes = {"left", "middle", "right"};
  architecture.layers = layers();
  Sequential network = *Sequential::create(architecture);
  network.initialise_for_intervals(3);
  const auto method = make_interval_method(settings);
  EXPECT_TRUE(method);
  (*method)->weights_changed(network);
  const auto trainer = (*method)->new_shard(network, 32);
  OptimiserState state(OptimiserKind::adam, network.parameters().size());
  constexpr std::size_t kSteps = 200;
  for (std::size_t step = 1; step <= kSteps; ++step) {
    const double risen = std::min(1.0, 2.0 * static_cast<double>(step) / kSteps);
    const NumberedBars images = bars(32, 100 + step);
    trainer->train(shard_of(images, with_bounds ? risen * settings.epsilon : 0.0, 1.0F / 32));
    update({}, state, step, 0.01F, test::gradients(network, *trainer), network.parameters(), 0);
    const auto statistics = network.statistics();
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      statistics[i] += 0.1F * (trainer->batch_statistics()[i] - statistics[i]);
    }
    network.prepare();
    (*method)->weights_changed(network);
  }
  return network;
}

TEST(IntervalTraining, NetworksLearnBoundsThatHold) {
  TrainingConfig settings = config();
  Dataset data;
  data.image = kShape8x8x1;
  data.classes = 3;
  const NumberedBars images = bars(300, 6);
  data.labels.assign(images.labels.begin(), images.labels.end());
  std::vector<std::uint32_t> all;
  for (const float pixel : images.pixels) {
    data.pixels.push_back(static_cast<std::uint8_t>(std::lround(255.0F * pixel)));
  }
  for (std::uint32_t n = 0; n < 300; ++n) all.push_back(n);
  ThreadPool pool(1);
  const auto method = make_interval_method(settings);
  ASSERT_TRUE(method);
  const Sequential robust = trained(settings, true), plain = trained(settings, false);
  const ValidationFigures after = (*method)->validate(robust, data, all, pool);
  const ValidationFigures before = (*method)->validate(plain, data, all, pool);
  EXPECT_GT(after.accuracy, 0.98);
  EXPECT_GT(before.accuracy, 0.98);
  EXPECT_GT(after.robust_accuracy, 0.9);
  EXPECT_LT(before.robust_accuracy, after.robust_accuracy - 0.3);
  const double attacked =
      validation_accuracy(robust, robust, data, all, validation_attack(), settings.epsilon, pool);
  EXPECT_GE(attacked, after.robust_accuracy);
}

TEST(IntervalInitialisation, KeepsTheWidthOfBounds) {
  // Shi et al. 2021: the expected width after a ReLU layer is that before it.
  std::vector<Layer> deep;
  deep.push_back(Flatten{});
  for (int i = 0; i < 6; ++i) {
    deep.push_back(Dense{400});
    deep.push_back(Relu{});
  }
  Architecture architecture;
  architecture.input = {20, 20, 1};
  architecture.layers = deep;
  Sequential network = *Sequential::create(architecture);
  const Floats image(400, 0.5F);
  const auto width = [&] {
    const IntervalNetwork intervals(network);
    IntervalPass pass(intervals, 1);
    const OutputBounds bounds = pass.bounds(image, 1, 0.1);
    double sum = 0.0;
    for (std::size_t k = 0; k < 400; ++k) {
      sum += static_cast<double>(bounds.upper[k]) - static_cast<double>(bounds.lower[k]);
    }
    return sum / 400;
  };
  network.initialise_for_intervals(1);
  EXPECT_NEAR(width(), 0.2, 0.06);
  network.initialise(1);
  EXPECT_GT(width(), 1e3);
}

}  // namespace
}  // namespace signflip
