// Universal perturbations: the budget, a closed form on affine models, and what must not change a
// result.
#include "attack/shared/universal.h"

#include <gtest/gtest.h>

#include "support/attacks.h"
#include "support/numeric.h"

namespace signflip::test {
namespace {

constexpr ImageShape kShape4x5x2{4, 5, 2};

/// Affine, two classes: δ should climb z₁ − z₀ for all images at once.
struct Toy {
  LinearModel model;
  Tensor images;
  std::vector<int> classes;

  explicit Toy(std::uint64_t seed, float low, float high)
      : model([&] {
          Rng rng(seed);
          return LinearModel::random(kShape4x5x2, 2, 1, rng);
        }()),
        images([&] {
          Rng rng(seed, 1);
          return random_images(150, kShape4x5x2, rng, low, high);
        }()),
        classes(predictions(model, images)) {}

  std::vector<double> direction() const {
    std::vector<double> d(kShape4x5x2.size());
    for (std::size_t j = 0; j < d.size(); ++j) {
      d[j] = static_cast<double>(model.weight(1)[j]) - static_cast<double>(model.weight(0)[j]);
    }
    return d;
  }
};

SharedRequest request(std::optional<int> target, int epochs = 20) {
  SharedRequest request;
  request.epochs = epochs;
  request.target = target;
  request.seed = 3;
  return request;
}

UniversalPerturbation learn(const DifferentiableModel& model, const SharedRequest& request,
                            const Tensor& images, const std::vector<int>& classes, Norm norm,
                            double epsilon, int threads = 1) {
  UniversalPerturbation delta(kShape4x5x2, norm, epsilon, epsilon / 8, model.bounds());
  ThreadPool pool(threads);
  const auto learned = learn_shared(model, request, images, classes, delta, pool);
  EXPECT_TRUE(learned) << (learned ? "" : learned.error().message);
  return delta;
}

TEST(Universal, TargetedIsTheExactBestOfAnAffineModel) {
  const Toy toy(7, 0.4F, 0.6F);  // in the middle: nothing is cut to the box
  const std::vector<double> d = toy.direction();
  const auto cube = learn(toy.model, request(1), toy.images, toy.classes, Norm::linf, 0.25);
  for (std::size_t j = 0; j < d.size(); ++j) {
    EXPECT_FLOAT_EQ(cube.values()[j], d[j] > 0 ? 0.25F : -0.25F) << j;
  }
  const auto ball = learn(toy.model, request(1), toy.images, toy.classes, Norm::l2, 0.3);
  const double length = std::sqrt(dot(d, d));
  for (std::size_t j = 0; j < d.size(); ++j) {
    EXPECT_NEAR(ball.values()[j], 0.3 * d[j] / length, 1e-4) << j;
  }
}

TEST(Universal, StaysWithinTheBudgetAndTheBox) {
  Rng rng(5);
  const LinearModel model = LinearModel::random(kShape4x5x2, 3, 1, rng);
  const Tensor images = inked_images(90, kShape4x5x2, rng);
  const std::vector<int> classes = predictions(model, images);
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    for (const double epsilon : {0.0, 0.1, 1.0 / 3, 0.9}) {
      const auto delta = learn(model, request({}, 3), images, classes, norm, epsilon);
      const std::vector<float> origin(kShape4x5x2.size());
      const Distances length = distances(origin, delta.values());
      EXPECT_LE(norm == Norm::l2 ? length.l2 : length.linf, epsilon);
      std::vector<float> changed(kShape4x5x2.size());
      for (std::size_t n = 0; n < images.count(); ++n) {
        delta.apply(images.image(n), Rng(0), changed);
        const Distances change = distances(images.image(n), changed);
        ASSERT_LE(norm == Norm::l2 ? change.l2 : change.linf, epsilon);
        for (const float value : changed) ASSERT_TRUE(value >= 0 && value <= 1);
      }
    }
  }
}

TEST(Universal, FoolsMoreThanNoiseOfTheSameSize) {
  Rng rng(11);
  const LinearModel model = LinearModel::random({8, 8, 1}, 5, 1, rng);
  const Tensor all = random_images(400, {8, 8, 1}, rng);
  Tensor seen(300, {8, 8, 1}), unseen(100, {8, 8, 1});
  std::copy_n(all.values().begin(), seen.size(), seen.values().begin());
  std::copy(all.values().begin() + static_cast<std::ptrdiff_t>(seen.size()), all.values().end(),
            unseen.values().begin());
  const std::vector<int> classes = predictions(model, seen);
  const std::vector<int> others = predictions(model, unseen);
  ThreadPool pool(1);
  UniversalPerturbation delta({8, 8, 1}, Norm::linf, 0.15, 0.02, model.bounds());
  ASSERT_TRUE(learn_shared(model, request({}), seen, classes, delta, pool));
  const auto noise = UniversalPerturbation::noise({8, 8, 1}, Norm::linf, 0.15, model.bounds(), 4);
  for (const float value : noise.values()) EXPECT_FLOAT_EQ(std::abs(value), 0.15F);
  const double learned = fooling(others, classes_under(model, delta, 0, unseen, pool), {}).rate();
  const double random = fooling(others, classes_under(model, noise, 0, unseen, pool), {}).rate();
  EXPECT_GT(learned, random + 0.3) << random;
}

TEST(Universal, LeavesImagesAloneWhoseLossIsLargeEnough) {
  // One image is lost beyond the cap; δ must follow the other alone, which pulls the other way.
  const LinearModel model({1, 1, 1}, {0, 40}, {0, -20});
  Tensor images(2, {1, 1, 1}, {0.9F, 0.45F});
  UniversalPerturbation delta({1, 1, 1}, Norm::linf, 0.2, 0.2, model.bounds());
  ThreadPool pool(1);
  // Both are said to be of class 0; the first has a loss of 16.
  ASSERT_TRUE(learn_shared(model, request({}, 1), images, std::vector<int>{0, 0}, delta, pool));
  EXPECT_GT(delta.values()[0], 0.0F);
  UniversalPerturbation other({1, 1, 1}, Norm::linf, 0.2, 0.2, model.bounds());
  // Of class 0 and 1: the capped one would pull up, the other pulls down, and less.
  ASSERT_TRUE(learn_shared(model, request({}, 1), Tensor(2, {1, 1, 1}, {0.9F, 0.7F}),
                           std::vector<int>{0, 1}, other, pool));
  EXPECT_LT(other.values()[0], 0.0F);
}

TEST(Universal, TheNumberOfThreadsChangesNothingAndTheSeedDoes) {
  const Toy toy(9, 0, 1);
  const auto one = learn(toy.model, request({}, 3), toy.images, toy.classes, Norm::linf, 0.2, 1);
  const auto three = learn(toy.model, request({}, 3), toy.images, toy.classes, Norm::linf, 0.2, 3);
  EXPECT_TRUE(same_values(one.values(), three.values()));
  SharedRequest other = request({}, 3);
  other.seed = 4;
  const auto two = learn(toy.model, other, toy.images, toy.classes, Norm::l2, 0.2);
  const auto first = learn(toy.model, request({}, 3), toy.images, toy.classes, Norm::l2, 0.2);
  EXPECT_FALSE(same_values(two.values(), first.values()));
}

TEST(SharedChange, CountsTheFooled) {
  const std::vector<int> clean = {0, 1, 2, 2}, changed = {0, 2, 2, 1};
  EXPECT_EQ(fooling(clean, changed, {}).fooled, 2U);
  EXPECT_EQ(fooling(clean, changed, {}).count, 4U);
  EXPECT_EQ(fooling(clean, changed, 2).fooled, 1U);  // two are of class 2 already
  EXPECT_EQ(fooling(clean, changed, 2).count, 2U);
  EXPECT_EQ(fooling({}, {}, 2).rate(), 0);
}

TEST(SharedChange, ReportsProgressAndStops) {
  const Toy toy(7, 0, 1);
  UniversalPerturbation delta(kShape4x5x2, Norm::linf, 0.1, 0.02, toy.model.bounds());
  ThreadPool pool(1);
  std::vector<std::size_t> told;
  const auto learned = learn_shared(toy.model, request({}, 2), toy.images, toy.classes, delta, pool,
                                    [&](std::size_t done, std::size_t total) {
                                      EXPECT_EQ(total, 300U);
                                      told.push_back(done);
                                      return true;
                                    });
  ASSERT_TRUE(learned);
  EXPECT_EQ(told, (std::vector<std::size_t>{64, 128, 150, 214, 278, 300}));
  EXPECT_EQ(learned->size(), 2U);
  const auto stopped = learn_shared(toy.model, request({}), toy.images, toy.classes, delta, pool,
                                    [](std::size_t done, std::size_t) { return done < 100; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().message, "the search was cancelled");
}

TEST(SharedChange, RefusesWhatDoesNotFit) {
  const Toy toy(7, 0, 1);
  UniversalPerturbation delta(kShape4x5x2, Norm::linf, 0.1, 0.02, toy.model.bounds());
  ThreadPool pool(1);
  const auto message = [&](const SharedRequest& request, const Tensor& images,
                           const std::vector<int>& classes) {
    const auto learned = learn_shared(toy.model, request, images, classes, delta, pool);
    return learned ? std::string() : learned.error().message;
  };
  EXPECT_EQ(message(request({}), Tensor(0, kShape4x5x2), {}), "there are no images to learn from");
  EXPECT_EQ(message(request({}), Tensor(1, {2, 2, 1}), {0}),
            "the images are 2×2×1, but the model takes 4×5×2");
  EXPECT_EQ(message(request({}), toy.images, {0}), "there are 150 images but 1 classes");
  std::vector<int> classes = toy.classes;
  classes[3] = kNoClass;
  EXPECT_EQ(message(request({}), toy.images, classes),
            "class -1 of image 3 is not one of the model's classes 0 to 1");
  EXPECT_EQ(message(request(2), toy.images, toy.classes),
            "target is 2, expected a class from 0 to 1");
  EXPECT_EQ(message(request({}, 0), toy.images, toy.classes), "epochs is 0, expected 1 or more");
}

TEST(UniversalPerturbation, IsComparedWithSignsAtRandomAndRefusesWhatIsOutOfRange) {
  const UniversalSettings settings{Norm::l2, 3};
  EXPECT_EQ(settings.step(), 0.3);
  const SharedChanges made = universal_changes(settings, kShape4x5x2, Bounds{}, 5);
  for (const float value : made.learnt->values()) EXPECT_EQ(value, 0);
  EXPECT_TRUE(
      same_values(made.random->values(),
                  UniversalPerturbation::noise(kShape4x5x2, Norm::l2, 3, Bounds{}, 5).values()));
  const auto message = [](const UniversalSettings& wrong) {
    const Status checked = check_universal(wrong);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(message(settings), "");
  EXPECT_EQ(message({Norm::linf, 1, 1}), "");
  EXPECT_EQ(message({Norm::linf, 3}),
            "epsilon is 3, expected a number above 0 and up to 1 in linf, pixels in [0,1]");
  EXPECT_EQ(message({Norm::l2, 101}),
            "epsilon is 101, expected a number above 0 and up to 100 in l2, pixels in [0,1]");
  EXPECT_EQ(message({Norm::l2, 3, -1}), "step-size is -1, expected 0 to 100");
}

}  // namespace
}  // namespace signflip::test
