// The runner: what it refuses, what it measures, cancelling, and that neither the number of threads
// nor the batch changes a byte.
#include "attack/runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>

#include "attack/written_image.h"
#include "support/attacks.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

constexpr ImageShape kShape4x4x1{4, 4, 1};

struct Fixture {
  Rng rng{1};
  LinearModel model = LinearModel::random(kShape4x4x1, 5, 1, rng);
  Tensor images = random_images(40, kShape4x4x1, rng);
  std::vector<int> labels = predictions(model, images);
  ThreadPool pool{1};

  std::string error(const AttackRequest& request, const Tensor& x, const std::vector<int>& y,
                    const std::vector<int>& targets = {}) {
    const auto outcome = run_attack(model, model, request, x, y, targets, pool);
    return outcome ? "accepted" : outcome.error().message;
  }
};

TEST(Runner, RefusesInOneSentence) {
  Fixture f;
  const auto fgsm = request_for("fgsm");
  EXPECT_EQ(f.error({}, f.images, f.labels), "no attack was chosen");
  EXPECT_EQ(f.error(fgsm, Tensor(0, kShape4x4x1), {}), "there are no images to attack");
  EXPECT_EQ(f.error(fgsm, Tensor(2, {4, 5, 1}), {0, 0}),
            "the images are 4×5×1, but the model takes 4×4×1");
  EXPECT_EQ(f.error(fgsm, Tensor(2, kShape4x4x1), {0}), "there are 2 images but 1 labels");
  EXPECT_EQ(f.error(fgsm, Tensor(2, kShape4x4x1), {0, 5}),
            "label 5 of image 1 is not one of the model's classes 0 to 4");
  EXPECT_EQ(f.error(fgsm, Tensor(2, kShape4x4x1), {0, 1}, {3, -1}),
            "target -1 of image 1 is not one of the model's classes 0 to 4");
  EXPECT_EQ(f.error(request_for("autoattack"), Tensor(1, kShape4x4x1), {0}, {1}),
            "attack autoattack takes no target classes");
  AttackRequest mixed = fgsm;
  mixed.parameters = request_for("bim").parameters;
  EXPECT_EQ(f.error(mixed, f.images, f.labels),
            "the parameters belong to another attack than fgsm");
  for (const float bad : {-0.1F, 1.1F, std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN()}) {
    Tensor images(2, kShape4x4x1);
    images.values()[20] = bad;
    EXPECT_EQ(f.error(fgsm, images, {0, 0}).rfind("image 1 has a pixel of value ", 0), 0U);
  }
  const auto other = LinearModel::random(kShape4x4x1, 6, 1, f.rng);
  const auto outcome = run_attack(f.model, other, fgsm, f.images, f.labels, {}, f.pool);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message,
            "the attacked model takes 4×4×1 and has 5 classes, but the judging one takes 4×4×1 "
            "and has 6");
}

TEST(Runner, CancelIsAnErrorAndStopsSoon) {
  Fixture f;
  for (const AttackEntry& entry : catalog()) {
    std::size_t calls = 0;
    const std::vector<int> targets =
        entry.untargeted() ? std::vector<int>() : std::vector<int>(f.labels.size(), 1);
    const auto outcome = run_attack(f.model, f.model, request_for(entry.name), f.images, f.labels,
                                    targets, f.pool, [&](std::size_t, std::size_t) {
                                      ++calls;
                                      return false;
                                    });
    ASSERT_FALSE(outcome) << entry.name;
    EXPECT_EQ(outcome.error().message, "the attack " + std::string(entry.name) + " was cancelled");
    EXPECT_EQ(calls, 1U);
  }
}

TEST(Runner, ProgressRisesToTheEnd) {
  Fixture f;
  for (const AttackEntry& entry : catalog()) {
    std::size_t last = 0, calls = 0;
    const std::vector<int> targets =
        entry.untargeted() ? std::vector<int>() : std::vector<int>(f.labels.size(), 1);
    const auto outcome = run_attack(f.model, f.model, request_for(entry.name), f.images, f.labels,
                                    targets, f.pool, [&](std::size_t done, std::size_t total) {
                                      EXPECT_GE(done, last) << entry.name;
                                      EXPECT_LE(done, total);
                                      EXPECT_EQ(total, 40 * kProgressPerImage);
                                      last = done;
                                      ++calls;
                                      return true;
                                    });
    ASSERT_TRUE(outcome);
    EXPECT_EQ(last, 40 * kProgressPerImage);
    EXPECT_GE(calls, 3U);
  }
}

TEST(Runner, ProgressGoesWithTheWork) {
  // One image that no attack flips: at each report, the share that is said to be done is about that
  // of the questions that were asked.
  const ImageShape shape{6, 6, 1};
  Rng rng(3);
  std::vector<float> weights(3 * shape.size());
  for (float& w : weights) w = rng.normal();
  const LinearModel model(shape, weights, {1000, 0, 0});
  const Tensor image = random_images(1, shape, rng);
  const std::vector<int> labels = {0};
  const Settings restarts{{"steps", "40"}, {"restarts", "2"}};
  const std::pair<const char*, Settings> runs[] = {
      {"bim", {{"steps", "40"}}},
      {"mim", {{"steps", "40"}}},
      {"pgd", restarts},
      {"cw", {{"steps", "64"}, {"binary-search-steps", "3"}, {"abort-early", "false"}}},
      {"apgd-ce", {{"steps", "40"}}},
      {"apgd-ce", restarts},
      {"fab", {{"steps", "40"}}},
      {"fab", restarts},
      {"square", {{"queries", "100"}}},
      {"one-pixel", {{"generations", "20"}, {"population", "8"}}},
      {"local-search", {{"rounds", "20"}, {"rest", "0"}}}};
  for (const auto& [name, settings] : runs) {
    SCOPED_TRACE(name);
    const CountingModel counting(model);
    ThreadPool pool(1);
    std::vector<std::pair<double, double>> reports;  // done, and images asked about
    const auto outcome =
        run_attack(counting, counting, request_for(name, settings), image, labels, {}, pool,
                   [&](std::size_t done, std::size_t total) {
                     reports.emplace_back(static_cast<double>(done) / static_cast<double>(total),
                                          static_cast<double>(counting.forwards()));
                     return true;
                   });
    ASSERT_TRUE(outcome) << outcome.error().message;
    ASSERT_EQ(outcome->success[0], 0);
    ASSERT_GE(reports.size(), 6U);
    const double all = static_cast<double>(counting.forwards());
    for (const auto& [done, asked] : reports) EXPECT_NEAR(done, asked / all, 0.15);
  }
}

TEST(Runner, NeitherThreadsNorBatchesChangeAByte) {
  Fixture f;
  for (const AttackEntry& entry : catalog()) {
    SCOPED_TRACE(entry.name);
    std::vector<int> targets;
    if (!entry.untargeted()) {
      for (const int label : f.labels) targets.push_back((label + 1) % 5);
    }
    Settings settings;
    if (Parameters(entry.parameters).has("epsilon")) settings.emplace_back("epsilon", "0.05");
    if (Parameters(entry.parameters).has("queries")) settings.emplace_back("queries", "200");
    auto request = request_for(entry.name, settings, 77);
    const auto whole = attack(f.model, request, f.images, f.labels, targets);
    for (const int threads : {2, 3}) {
      const auto again = attack(f.model, request, f.images, f.labels, targets, threads);
      EXPECT_TRUE(same_values(again.adversarial.values(), whole.adversarial.values()));
      EXPECT_EQ(again.logits, whole.logits);
      EXPECT_EQ(again.gradients, whole.gradients);
      EXPECT_EQ(again.queries, whole.queries);
    }
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{32}}) {
      for (std::size_t first = 0; first < f.images.count(); first += piece) {
        const std::size_t count = std::min(piece, f.images.count() - first);
        const auto cut = [&](const std::vector<int>& values) {
          if (values.empty()) return values;
          return std::vector<int>(values.begin() + static_cast<std::ptrdiff_t>(first),
                                  values.begin() + static_cast<std::ptrdiff_t>(first + count));
        };
        const auto pixels = std::as_const(f.images).images(first, count);
        request.first_image = first;
        const auto part =
            attack(f.model, request, Tensor(count, kShape4x4x1, {pixels.begin(), pixels.end()}),
                   cut(f.labels), cut(targets));
        ASSERT_TRUE(same_values(part.adversarial.values(), whole.adversarial.images(first, count)))
            << "in pieces of " << piece;
      }
    }
  }
}

TEST(Runner, AnotherSeedGivesAnotherRandomStart) {
  Fixture f;
  const Settings settings{{"epsilon", "0.05"}, {"steps", "1"}, {"step-size", "0.01"}};
  const auto a = attack(f.model, request_for("pgd", settings, 1), f.images, f.labels);
  const auto b = attack(f.model, request_for("pgd", settings, 2), f.images, f.labels);
  EXPECT_FALSE(same_values(a.adversarial.values(), b.adversarial.values()));
}

TEST(Runner, TransferIsJudgedByTheOtherModel) {
  Fixture f;
  const auto other = LinearModel::random(kShape4x4x1, 5, 1, f.rng);
  const CountingModel crafted(f.model), judged(other);
  const auto outcome =
      run_attack(crafted, judged, request_for("fgsm"), f.images, f.labels, {}, f.pool);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(crafted.forwards(), 40U);
  EXPECT_EQ(judged.forwards(), 80U);
  EXPECT_EQ(judged.backwards(), 0U);
  EXPECT_EQ(outcome->predicted, predictions(other, outcome->adversarial));
  const auto own = attack(f.model, request_for("fgsm"), f.images, f.labels);
  EXPECT_TRUE(same_values(own.adversarial.values(), outcome->adversarial.values()));
}

TEST(Runner, WithoutJudgingTheImagesAreTheSame) {
  Fixture f;
  for (const char* const name : {"fgsm", "pgd", "deepfool"}) {
    AttackRequest request = request_for(name);
    const auto judged = run_attack(f.model, f.model, request, f.images, f.labels, {}, f.pool);
    request.judge = false;
    const auto crafted = run_attack(f.model, f.model, request, f.images, f.labels, {}, f.pool);
    ASSERT_TRUE(judged && crafted);
    EXPECT_TRUE(std::equal(judged->adversarial.values().begin(), judged->adversarial.values().end(),
                           crafted->adversarial.values().begin()));
    EXPECT_EQ(judged->l2, crafted->l2);
    EXPECT_EQ(judged->linf, crafted->linf);
    EXPECT_EQ(judged->queries, crafted->queries);
    EXPECT_TRUE(crafted->predicted.empty() && crafted->predicted_8bit.empty() &&
                crafted->success.empty() && crafted->loss.empty() && crafted->logits.empty());
  }
}

TEST(Runner, EightBitPredictionIsThatOfTheWrittenImage) {
  Fixture f;
  const AttackRequest request = request_for("pgd");
  const auto outcome = attack(f.model, request, f.images, f.labels);
  Tensor rounded = outcome.adversarial;
  for (std::size_t n = 0; n < rounded.count(); ++n) {
    round_to_written(*request.attack, request.parameters, f.images.image(n),
                     outcome.adversarial.image(n), rounded.image(n));
    for (const float v : rounded.image(n)) {
      EXPECT_FLOAT_EQ(v, std::nearbyint(v * 255.0F) / 255.0F);
    }
  }
  EXPECT_EQ(outcome.predicted_8bit, predictions(f.model, rounded));
}

TEST(Runner, CountsPixelsNotChannels) {
  const std::vector<float> a{0, 0, 0, 1, 1, 1, 0, 0, 0}, b{0, 0, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(l0_distance(a, b, 3), 2U);
  EXPECT_EQ(l0_distance(a, b, 1), 4U);
}

TEST(Runner, LogitsThatAreNotNumbersAreWrongForEveryLabel) {
  const ImageShape shape{6, 6, 1};
  Rng rng(6);
  auto network = random_net(shape, 3, 1e35F, rng);  // overflows at the last layer
  const PlacedLayer& first = network.layers().front();
  for (float& w : network.parameters().subspan(first.weight, first.shape.weight())) w *= 1e10F;
  network.prepare();
  const auto images = random_images(4, shape, rng);
  const std::pair<const char*, Settings> cases[] = {{"fgsm", {}},
                                                    {"pgd", {{"steps", "2"}}},
                                                    {"apgd-dlr", {{"steps", "2"}}},
                                                    {"square", {{"queries", "5"}}},
                                                    {"deepfool", {}},
                                                    {"lbfgs", {{"steps", "2"}}}};
  for (const auto& [name, settings] : cases) {
    for (int label = 0; label < 3; ++label) {
      const auto outcome =
          attack(network, request_for(name, settings), images, std::vector<int>(4, label));
      EXPECT_EQ(outcome.predicted, std::vector<int>(4, kNoClass)) << name;
      EXPECT_EQ(outcome.predicted_8bit, std::vector<int>(4, kNoClass)) << name;
      EXPECT_EQ(successes(outcome), 4U) << name << ": no label is right";
    }
  }
  const auto targeted =
      attack(network, request_for("fgsm"), images, std::vector<int>(4, 1), std::vector<int>(4, 0));
  EXPECT_EQ(successes(targeted), 0U) << "nor is any target reached";
}

/// A model that answers nonsense must not get nonsense into the result.
class BrokenModel final : public DifferentiableModel {
 public:
  ImageShape input_shape() const override { return kShape4x4x1; }
  int classes() const override { return 3; }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override {
    return std::make_unique<BrokenPass>(capacity);
  }

 private:
  class BrokenPass final : public Pass {
   public:
    explicit BrokenPass(std::size_t capacity) : logits_(capacity * 3) {}
    std::size_t classes() const override { return 3; }
    std::size_t capacity() const override { return logits_.size() / 3; }

   protected:
    std::span<const float> compute_forward(std::span<const float> images,
                                           std::size_t count) override {
      for (std::size_t k = 0; k < count * 3; ++k) logits_[k] = value(images[k]);
      return std::span<const float>(logits_).first(count * 3);
    }
    void compute_input_gradient(std::span<const float>, std::span<float> dx) override {
      for (float& d : dx) d = value(static_cast<float>(turn_));
    }

   private:
    float value(float seed) {
      constexpr float kValues[] = {std::numeric_limits<float>::quiet_NaN(),
                                   std::numeric_limits<float>::infinity(),
                                   -std::numeric_limits<float>::infinity(),
                                   0,
                                   1e38F,
                                   1e-45F};
      return kValues[(++turn_ + static_cast<unsigned>(seed * 8)) % 6];
    }
    std::vector<float> logits_;
    unsigned turn_ = 0;
  };
};

TEST(Runner, KeepsTheBudgetWhateverTheAttackDoes) {
  // Attacks that go too far, each in its own way: the runner, not the attack, answers for epsilon.
  Fixture f;
  const auto far = [](Shard& shard) {
    for (std::size_t i = 0; i < shard.count; ++i) {
      for (std::size_t j = 0; j < shard.image_size(); ++j) {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const float wild[] = {5.0F, -5.0F, 1.0F, 0.0F, nan};
        shard.adversarial[i][j] = wild[(i + j) % 5];
      }
    }
  };
  const auto slightly = [](Shard& shard) {
    for (std::size_t i = 0; i < shard.count; ++i) {
      for (float& pixel : shard.adversarial[i]) pixel += pixel < 0.5F ? 0.1001F : -0.1001F;
    }
  };
  for (const auto& crafted : {std::function<void(Shard&)>(far), {slightly}}) {
    for (const Settings& settings :
         {Settings{{"epsilon", "0.1"}}, Settings{{"epsilon", "0.1"}, {"norm", "l2"}}}) {
      AttackRequest request = request_for("pgd", settings);
      request.crafted = crafted;
      const auto outcome = attack(f.model, request, f.images, f.labels);
      EXPECT_TRUE(promises_hold(f.model, request, f.images, f.labels, {}, outcome));
      EXPECT_GT(*std::max_element(outcome.linf.begin(), outcome.linf.end()), 0.0F)
          << "moved all the same";
    }
    AttackRequest nearest = request_for("deepfool");  // has no epsilon: the box holds for it
    nearest.crafted = crafted;
    const auto outcome = attack(f.model, nearest, f.images, f.labels);
    EXPECT_TRUE(promises_hold(f.model, nearest, f.images, f.labels, {}, outcome));
  }
}

TEST(Runner, ABrokenModelCannotBreakTheImages) {
  Rng rng(5);
  const BrokenModel model;
  const auto images = random_images(20, kShape4x4x1, rng);
  for (const AttackEntry& entry : catalog()) {
    for (const bool l2 : {false, true}) {
      Settings settings;
      const Parameters defaults(entry.parameters);
      if (l2 && defaults.has("norm")) settings.emplace_back("norm", "l2");
      if (defaults.has("queries")) settings.emplace_back("queries", "50");
      const std::vector<int> targets =
          entry.untargeted() ? std::vector<int>() : std::vector<int>(20, 1);
      const auto outcome =
          attack(model, request_for(entry.name, settings), images, std::vector<int>(20), targets);
      for (const float v : outcome.adversarial.values()) {
        ASSERT_TRUE(v >= 0 && v <= 1) << entry.name;
      }
    }
  }
}

}  // namespace
}  // namespace signflip::test
