// Local search and one pixel, the black-box attacks on few pixels, and what all attacks that count
// pixels share: the same bytes whatever the batch and the threads.
#include <gtest/gtest.h>

#include <cmath>

#include "attack/shard.h"
#include "core/exact/objective.h"
#include "support/attacks.h"
#include "support/random_net.h"

namespace signflip::test {
namespace {

double nearness(const DifferentiableModel& model, std::span<const float> image, const Goal& goal) {
  const auto pass = model.new_pass(1);
  return cross_entropy_objective(goal, pass->forward(image, 1));
}

const char* const kFewPixels[] = {"jsma", "local-search", "one-pixel"};

Settings quick(std::string_view name) {
  if (name == "jsma") return {{"gamma", "0.3"}};
  if (name == "local-search") return {{"rounds", "4"}, {"pixels", "2"}, {"radius", "2"}};
  return {{"population", "20"}, {"generations", "5"}, {"pixels", "2"}};
}

TEST(FewPixels, SameSeedSameBytesWhateverTheBatchAndTheThreads) {
  const ImageShape shape{7, 6, 3};
  Rng rng(1);
  const auto model = random_net(shape, 5, 2, rng);
  const auto images = random_images(37, shape, rng);
  const auto labels = predictions(model, images);
  for (const char* name : kFewPixels) {
    for (const bool targeted : {false, true}) {
      std::vector<int> targets;
      for (const int label : labels) {
        if (targeted) targets.push_back((label + 2) % 5);
      }
      auto request = request_for(name, quick(name), 7);
      const auto together = attack(model, request, images, labels, targets);
      const auto threaded = attack(model, request, images, labels, targets, 3);
      EXPECT_TRUE(same_values(together.adversarial.values(), threaded.adversarial.values()));
      EXPECT_EQ(together.queries, threaded.queries);
      for (std::size_t i = 0; i < images.count(); i += 5) {
        const Tensor one(1, shape, {images.image(i).begin(), images.image(i).end()});
        request.first_image = i;
        const auto alone = attack(model, request, one, {labels[i]},
                                  targeted ? std::vector<int>{targets[i]} : std::vector<int>{});
        EXPECT_TRUE(
            same_values(alone.adversarial.values(), std::as_const(together.adversarial).image(i)))
            << name << ", image " << i;
      }
      request.first_image = 0;
      request.seed = 8;
      const auto other = attack(model, request, images, labels, targets);
      EXPECT_EQ(same_values(together.adversarial.values(), other.adversarial.values()),
                std::string_view(name) == "jsma");
    }
  }
}

TEST(FewPixels, TheRoomInTheModelDoesNotMatter) {
  const ImageShape shape{6, 5, 3};
  Rng rng(9);
  const auto model = random_net(shape, 5, 2, rng);
  const auto images = random_images(3, shape, rng);
  const auto labels = predictions(model, images);
  const std::vector<std::size_t> numbers{4, 5, 6};
  for (const char* name : kFewPixels) {
    const auto request = request_for(name, quick(name));
    std::vector<std::vector<float>> answers;
    for (const std::size_t room : {3, 7, 16}) {
      const auto pass = model.new_pass(room);
      Tensor adversarial = images;
      Shard shard{*pass,
                  request.parameters,
                  shape,
                  {},
                  3,
                  {images.values(), shape.size()},
                  labels,
                  {},
                  numbers,
                  1,
                  {adversarial.values(), shape.size()}};
      request.attack->run(shard);
      answers.emplace_back(adversarial.values().begin(), adversarial.values().end());
    }
    EXPECT_EQ(answers[0], answers[1]) << name;
    EXPECT_EQ(answers[0], answers[2]) << name;
    EXPECT_FALSE(same_values(answers[0], images.values())) << name;
  }
}

TEST(FewPixels, StopWhenTold) {
  const ImageShape shape{6, 6, 1};
  Rng rng(10);
  const LinearModel model(shape, std::vector<float>(2 * shape.size()), {1000, 0});
  const auto images = random_images(2, shape, rng);
  const std::vector<int> labels{0, 0};
  for (const auto& [name, settings] :
       {std::pair<const char*, Settings>{"local-search", {{"rounds", "10000"}, {"rest", "0"}}},
        {"one-pixel", {{"generations", "10000"}, {"population", "10000"}}}}) {
    const CountingModel counting(model);
    ThreadPool pool(1);
    int calls = 0;
    const auto outcome =
        run_attack(counting, counting, request_for(name, settings), images, labels, {}, pool,
                   [&](std::size_t, std::size_t) { return ++calls < 3; });
    EXPECT_FALSE(outcome);
    EXPECT_EQ(calls, 3);
    EXPECT_LE(counting.forwards(), 30000U);
  }
}

TEST(FewPixels, BlackBoxesKeepTheirBudgetsAndAreNeverWorseThanTheCleanImage) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Rng rng(seed, 2);
    const bool deep = seed % 3 == 0;
    const auto side = [&] { return deep ? 8 : static_cast<int>(1 + rng.below(8)); };
    const int height = side(), width = side();
    const ImageShape shape{height, width, rng.below(2) == 0 ? 1 : 3};
    const auto net = random_net({8, 8, shape.channels}, 5, 3, rng);
    const auto linear = LinearModel::random(shape, 5, 1, rng);
    const DifferentiableModel& inner = deep ? static_cast<const DifferentiableModel&>(net) : linear;
    const auto images = inked_images(6, shape, rng);
    auto labels = predictions(inner, images);
    labels[0] = (labels[0] + 1) % 5;  // misclassified from the start
    std::vector<int> targets;
    for (const int label : labels) {
      if (seed % 2 == 1) targets.push_back((label + 1) % 5);
    }
    const auto pixels = 1 + rng.below(3), rounds = 1 + rng.below(6), radius = rng.below(3);
    const auto population = 4 + rng.below(20);
    const auto square = (2 * radius + 1) * (2 * radius + 1);
    const auto positions = static_cast<std::size_t>(shape.height * shape.width);
    const auto text = [](auto value) { return std::to_string(value); };
    struct Case {
      const char* name;
      Settings settings;
      std::size_t l0, queries;
    };
    const Case cases[] = {
        {"local-search",
         {{"pixels", text(pixels)}, {"rounds", text(rounds)}, {"radius", text(radius)}},
         pixels * rounds,
         1 + rounds + (positions + 9) / 10 * rounds + rounds * pixels * square},
        {"one-pixel",
         {{"pixels", text(pixels)},
          {"generations", text(rounds)},
          {"population", text(population)}},
         pixels,
         1 + population * (rounds + 1)}};
    for (const Case& c : cases) {
      const CountingModel model(inner);
      const auto request = request_for(c.name, c.settings, seed);
      const auto outcome = attack(model, request, images, labels, targets);
      ASSERT_TRUE(promises_hold(inner, request, images, labels, targets, outcome));
      EXPECT_EQ(model.backwards(), 0U);
      EXPECT_EQ(outcome.gradients, 0U);
      EXPECT_LE(outcome.queries, images.count() * c.queries);
      for (std::size_t i = 0; i < images.count(); ++i) {
        EXPECT_LE(outcome.l0[i], c.l0);
        const Goal goal{labels[i], targets.empty() ? -1 : targets[i]};
        if (outcome.success[i] == 0) {
          EXPECT_GE(nearness(inner, outcome.adversarial.image(i), goal),
                    nearness(inner, images.image(i), goal));
        }
      }
      if (targets.empty()) {
        EXPECT_EQ(outcome.l0[0], 0);
      }
    }
  }
}

/// An affine model of two classes whose label 0 cannot be left.
LinearModel firm(ImageShape shape, Rng& rng) {
  std::vector<float> weight(2 * shape.size());
  for (std::size_t j = shape.size(); j < weight.size(); ++j) weight[j] = rng.normal();
  return LinearModel(shape, std::move(weight), {1000, 0});
}

/// By how much the logit of class 1 can rise where one position changes.
double best_rise(const LinearModel& model, std::span<const float> image) {
  const auto channels = static_cast<std::size_t>(model.input_shape().channels);
  double best = 0;
  for (std::size_t p = 0; p < image.size(); p += channels) {
    double rise = 0;
    for (std::size_t j = p; j < p + channels; ++j) {
      const double w = static_cast<double>(model.weight(1)[j]), x = static_cast<double>(image[j]);
      rise += w > 0 ? w * (1 - x) : -w * x;
    }
    best = std::max(best, rise);
  }
  return best;
}

TEST(OnePixel, FindsTheBestPixelOfTinyAffineModels) {
  int exact = 0;
  for (const int channels : {1, 3}) {
    const ImageShape shape{4, 5, channels};
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Rng rng(seed, 4);
      const auto model = firm(shape, rng);
      const auto images = random_images(2, shape, rng);
      const auto outcome = attack(model, request_for("one-pixel", {}, seed), images, {0, 0});
      EXPECT_EQ(outcome.queries, 2U * (1 + 400 * 101));
      for (std::size_t i = 0; i < images.count(); ++i) {
        EXPECT_EQ(outcome.l0[i], 1);
        const double rise = model.logit(1, std::as_const(outcome.adversarial).image(i)) -
                            model.logit(1, images.image(i));
        const double best = best_rise(model, images.image(i));
        EXPECT_LE(rise, best + 1e-4);
        EXPECT_GE(rise, 0.9 * best);  // a heuristic: it may settle on a pixel nearly as good
        exact += rise > best - 1e-4;
      }
    }
  }
  EXPECT_GE(exact, 76);  // of 80
}

TEST(OnePixel, ReachesTargets) {
  const ImageShape shape{6, 6, 1};
  Rng rng(5);
  const auto model = LinearModel::random(shape, 4, 1, rng);
  const auto images = random_images(20, shape, rng);
  const auto labels = predictions(model, images);
  std::vector<int> targets;
  for (const int label : labels) targets.push_back((label + 1) % 4);
  const auto one = attack(model, request_for("one-pixel"), images, labels, targets);
  const auto five =
      attack(model, request_for("one-pixel", {{"pixels", "5"}}), images, labels, targets);
  std::size_t possible = 0;  // which targets one black or white pixel reaches
  for (std::size_t i = 0; i < images.count(); ++i) {
    bool reachable = false;
    for (std::size_t j = 0; j < shape.size(); ++j) {
      for (const float colour : {0.0F, 1.0F}) {
        std::vector<float> image(images.image(i).begin(), images.image(i).end());
        image[j] = colour;
        reachable = reachable || model.predict(image) == targets[i];
      }
    }
    possible += reachable;
    EXPECT_GE(one.success[i], reachable) << i;
  }
  EXPECT_GT(possible, 0U);
  EXPECT_GT(successes(five), possible);
  EXPECT_GE(successes(five), 12U);
}

TEST(LocalSearch, ProbesThenChangesTheMostTellingPixels) {
  // All positions are candidates in the second round at the latest; a probe flips black and white,
  // and on an affine model it tells exactly what that does.
  const ImageShape shape{3, 3, 1};
  Rng rng(6);
  const auto model = firm(shape, rng);
  Tensor images(1, shape);
  for (float& v : images.values()) v = static_cast<float>(rng.below(2));
  std::vector<std::pair<double, std::size_t>> rises;
  for (std::size_t j = 0; j < 9; ++j) {
    const double w = static_cast<double>(model.weight(1)[j]);
    rises.emplace_back(images.values()[j] > 0 ? -w : w, j);
  }
  std::sort(rises.rbegin(), rises.rend());
  const auto outcome =
      attack(model,
             request_for("local-search",
                         {{"rounds", "9"}, {"pixels", "1"}, {"radius", "2"}, {"factor", "1.5"}}),
             images, {0});
  // The best round's image has just the pixels changed that help, each to three quarters.
  EXPECT_EQ(outcome.adversarial.count(), 1U);
  std::size_t helpful = 0;
  for (const auto& [rise, j] : rises) helpful += rise > 0;
  std::size_t changed = 0, wrong = 0;
  for (const auto& [rise, j] : rises) {
    const float was = images.values()[j], is = outcome.adversarial.values()[j];
    if (was == is) continue;
    ++changed;
    wrong += rise < 0;
    EXPECT_FLOAT_EQ(std::fabs(is - was), 0.75F);
  }
  EXPECT_GE(changed, helpful);
  EXPECT_LE(wrong, 1U);  // the only candidate of the first round
}

TEST(LocalSearch, SucceedsOnAffineModels) {
  const ImageShape shape{8, 8, 3};
  Rng rng(7);
  const auto model = LinearModel::random(shape, 6, 0.3F, rng);
  const auto images = inked_images(20, shape, rng);
  const auto labels = predictions(model, images);
  EXPECT_EQ(successes(attack(model, request_for("local-search"), images, labels)), 20U);
}

/// Remembers the largest and smallest pixels that it was asked about.
class Witness final : public DifferentiableModel {
 public:
  explicit Witness(const DifferentiableModel& model) : model_(model) {}
  ImageShape input_shape() const override { return model_.input_shape(); }
  int classes() const override { return model_.classes(); }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override {
    return std::make_unique<WitnessPass>(*this, model_.new_pass(capacity));
  }
  mutable float low = 0, high = 1;

 private:
  class WitnessPass final : public Pass {
   public:
    WitnessPass(const Witness& witness, std::unique_ptr<Pass> pass)
        : witness_(witness), pass_(std::move(pass)) {}
    std::size_t classes() const override { return pass_->classes(); }
    std::size_t capacity() const override { return pass_->capacity(); }

   protected:
    std::span<const float> compute_forward(std::span<const float> images,
                                           std::size_t count) override {
      for (const float v : images) {
        witness_.low = std::min(witness_.low, v);
        witness_.high = std::max(witness_.high, v);
      }
      return pass_->forward(images, count);
    }
    void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
      pass_->input_gradient(dlogits, dx);
    }

   private:
    const Witness& witness_;
    std::unique_ptr<Pass> pass_;
  };

  const DifferentiableModel& model_;
};

TEST(LocalSearch, AsksOutsideTheBoxOnlyWhereTheProbeSaysSo) {
  const ImageShape shape{5, 5, 1};
  Rng rng(8);
  const auto model = firm(shape, rng);
  const auto images = inked_images(3, shape, rng);
  for (const char* probe : {"-0.5", "0.5", "0.2"}) {
    const Witness witness(model);
    attack(witness, request_for("local-search", {{"probe", probe}}), images, {0, 0, 0});
    EXPECT_EQ(witness.low, 0);
    EXPECT_EQ(witness.high, 1);
  }
  const Witness witness(model);
  attack(witness, request_for("local-search", {{"probe", "10"}}), images, {0, 0, 0});
  EXPECT_FLOAT_EQ(witness.low, -9.5F);
  EXPECT_FLOAT_EQ(witness.high, 10.5F);
}

}  // namespace
}  // namespace signflip::test
