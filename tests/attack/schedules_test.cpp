// What attacks do on the way, not only where they end: step sizes, momentum, restarts and schedules
// as their papers state them, seen through the images that they send to the model.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <mutex>

#include "attack/geometry/norms.h"
#include "support/attacks.h"

namespace signflip::test {
namespace {

/// A Bowl's widths and centre, six of each, uniform between two bounds.
struct Peak {
  Peak(Rng& rng, std::array<float, 2> widths, std::array<float, 2> centre) {
    for (std::size_t j = 0; j < a.size(); ++j) {
      a[j] = static_cast<double>(rng.uniform(widths[0], widths[1]));
      c[j] = static_cast<double>(rng.uniform(centre[0], centre[1]));
    }
  }
  std::vector<double> a = std::vector<double>(6), c = a;
};

/// Logits (Σ aⱼ (xⱼ − cⱼ)² + b, 0): the loss of class 0 has one peak, at c. Keeps all images that
/// it is asked about.
class Bowl final : public DifferentiableModel {
 public:
  Bowl(ImageShape shape, std::vector<double> a, std::vector<double> c, double b)
      : shape_(shape), a_(std::move(a)), c_(std::move(c)), b_(b) {}

  ImageShape input_shape() const override { return shape_; }
  int classes() const override { return 2; }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override {
    return std::make_unique<BowlPass>(*this, capacity);
  }

  double value(std::span<const float> x) const {
    double sum = b_;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double d = static_cast<double>(x[j]) - c_[j];
      sum += a_[j] * d * d;
    }
    return sum;
  }
  double slope(std::size_t j, float x) const {
    return 2 * a_[j] * (static_cast<double>(x) - c_[j]);
  }

  mutable std::vector<std::vector<float>> seen;  ///< one image at a time, one thread

 private:
  class BowlPass final : public Pass {
   public:
    BowlPass(const Bowl& model, std::size_t capacity) : model_(model), capacity_(capacity) {}
    std::size_t classes() const override { return 2; }
    std::size_t capacity() const override { return capacity_; }

   protected:
    std::span<const float> compute_forward(std::span<const float> images,
                                           std::size_t count) override {
      const std::size_t size = model_.shape_.size();
      images_.assign(images.begin(), images.end());
      logits_.assign(2 * count, 0.0F);
      for (std::size_t i = 0; i < count; ++i) {
        const auto image = images.subspan(i * size, size);
        logits_[2 * i] = static_cast<float>(model_.value(image));
        model_.seen.emplace_back(image.begin(), image.end());
      }
      return logits_;
    }
    void compute_input_gradient(std::span<const float> dlogits, std::span<float> dx) override {
      const std::size_t size = model_.shape_.size();
      for (std::size_t i = 0; i < dx.size(); ++i) {
        dx[i] = dlogits[2 * (i / size)] * static_cast<float>(model_.slope(i % size, images_[i]));
      }
    }

   private:
    const Bowl& model_;
    std::size_t capacity_;
    std::vector<float> images_, logits_;
  };

  ImageShape shape_;
  std::vector<double> a_, c_;
  double b_;
};

using Path = std::vector<std::vector<float>>;

/// The iterates of one image, by step.
Path path_of(const DifferentiableModel& model, AttackRequest request, const Tensor& image) {
  Path path;
  request.observer = [&](std::size_t, int step, float, std::span<const float> iterate) {
    EXPECT_EQ(static_cast<std::size_t>(step), path.size());
    path.emplace_back(iterate.begin(), iterate.end());
  };
  attack(model, request, image, {0});
  return path;
}

double length_of(std::span<const float> from, std::span<const float> to, bool l2) {
  double squares = 0, largest = 0;
  for (std::size_t j = 0; j < from.size(); ++j) {
    const double d = static_cast<double>(to[j]) - static_cast<double>(from[j]);
    squares += d * d;
    largest = std::max(largest, std::fabs(d));
  }
  return l2 ? std::sqrt(squares) : largest;
}

TEST(Schedules, AutomaticStepsAreThePapers) {
  // Madry et al. 2018, appendix: 2.5·ε/steps for PGD; Kurakin et al. 2017: ε/steps for BIM.
  const ImageShape shape{1, 4, 1};
  const Bowl far(shape, {1, 2, 3, 4}, {9, -9, 9, -9}, 0);  // the gradient keeps its sign
  const Tensor image(1, shape, {0.5F, 0.5F, 0.5F, 0.5F});
  const auto first_step = [&](const char* name, const Settings& more, bool l2) {
    Settings settings{{"epsilon", "0.2"}, {"steps", "20"}};
    settings.insert(settings.end(), more.begin(), more.end());
    const Path path = path_of(far, request_for(name, settings), image);
    EXPECT_EQ(path.size(), 20U);
    return length_of(path.at(0), path.at(1), l2);
  };
  EXPECT_NEAR(first_step("pgd", {{"random-start", "false"}}, false), 0.025, 1e-7);
  EXPECT_NEAR(first_step("pgd", {{"random-start", "false"}, {"norm", "l2"}}, true), 0.025, 1e-6);
  EXPECT_NEAR(first_step("bim", {}, false), 0.01, 1e-7);
  EXPECT_NEAR(first_step("mim", {}, false), 0.01, 1e-7);
}

/// Auto-PGD for L∞ and one image, as Croce and Hein 2020 (algorithm 1) and their program write it;
/// `loss` and `slopes` of the model, `start` the first point.
Path reference_apgd(const Bowl& model, std::span<const float> clean, std::vector<float> start,
                    double epsilon, int steps) {
  const std::size_t size = clean.size();
  const auto project = [&](std::vector<float>& x) {
    for (std::size_t j = 0; j < size; ++j) {
      const double low = std::max(0.0, static_cast<double>(clean[j]) - epsilon);
      const double high = std::min(1.0, static_cast<double>(clean[j]) + epsilon);
      x[j] = static_cast<float>(std::clamp(static_cast<double>(x[j]), low, high));
    }
  };
  const auto signs = [&](const std::vector<float>& x) {
    std::vector<int> result(size);  // of the loss, which falls where the bowl rises
    for (std::size_t j = 0; j < size; ++j) {
      const double slope = -model.slope(j, x[j]);
      result[j] = slope > 0 ? 1 : slope < 0 ? -1 : 0;
    }
    return result;
  };
  Path path{start};
  std::vector<float> x = start, old = start, best = start;
  std::vector<int> direction = signs(x), best_direction = direction;
  double value = -model.value(x), highest = value, highest_at_check = value;
  double step_size = 2 * epsilon;
  int interval = std::max(static_cast<int>(0.22 * steps), 1), since = 0, rises = 0;
  const int shortest = std::max(static_cast<int>(0.06 * steps), 1);
  const int decrement = std::max(static_cast<int>(0.03 * steps), 1);
  bool reduced = true;
  for (int k = 0; k < steps; ++k) {
    const double share = k == 0 ? 1.0 : 0.75;
    std::vector<float> z = x;
    for (std::size_t j = 0; j < size; ++j) {
      z[j] += static_cast<float>(step_size * direction[j]);
    }
    project(z);
    std::vector<float> next(size);
    for (std::size_t j = 0; j < size; ++j) {
      const double here = x[j], there = z[j], before = old[j];
      next[j] = static_cast<float>(here + share * (there - here) + (1 - share) * (here - before));
    }
    project(next);
    old = x;
    x = next;
    const double last = value;
    value = -model.value(x);
    direction = signs(x);
    path.push_back(x);
    rises += value > last ? 1 : 0;
    if (value > highest) {
      highest = value;
      best = x;
      best_direction = direction;
    }
    if (++since < interval) continue;
    const bool wavers = rises <= 0.75 * interval;
    const bool stuck = !reduced && highest_at_check >= highest;
    reduced = wavers || stuck;
    highest_at_check = highest;
    if (reduced) {
      step_size /= 2;
      x = best;
      direction = best_direction;
    }
    interval = std::max(interval - decrement, shortest);
    since = rises = 0;
  }
  return path;
}

TEST(Schedules, ApgdWalksAsItsAuthorsDo) {
  // Peaks inside the ball, outside it, and far away; the way depends on momentum, on both of the
  // conditions under which the step is halved, and on the point and gradient that it returns to.
  const ImageShape shape{1, 6, 1};
  std::size_t compared = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Rng rng(seed, 77);
    const auto [a, c] = Peak(rng, {0.1F, 4.0F}, {0.2F, 0.8F});
    const Bowl model(shape, a, c, 3);
    const Tensor image = random_images(1, shape, rng, 0.3F, 0.7F);
    const int steps = seed % 3 == 0 ? 100 : seed % 3 == 1 ? 40 : 15;
    const Path path = path_of(
        model,
        request_for("apgd-ce", {{"epsilon", "0.25"}, {"steps", std::to_string(steps)}}, seed),
        image);
    ASSERT_EQ(path.size(), static_cast<std::size_t>(steps) + 1);
    const Path expected = reference_apgd(model, image.values(), path[0], 0.25, steps);
    for (std::size_t k = 0; k < path.size(); ++k) {
      // Close to a peak the last steps hang on rounding; a fault shows by tenths.
      ASSERT_LT(length_of(expected[k], path[k], false), 1e-3) << "seed " << seed << ", step " << k;
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000U);
}

TEST(Schedules, ApgdWithoutProgressHalvesEveryOtherTime) {
  // A plain slope: all steps but the first lead nowhere, so condition 1 always holds.
  const ImageShape shape{1, 2, 1};
  const Bowl model(shape, {1, 1}, {9, 9}, 0);
  const Tensor image(1, shape, {0.5F, 0.5F});
  const Path path = path_of(model, request_for("apgd-ce", {{"epsilon", "0.1"}}), image);
  const Path expected = reference_apgd(model, image.values(), path.at(0), 0.1, 100);
  for (std::size_t k = 0; k < path.size(); ++k) {
    ASSERT_LT(length_of(expected[k], path[k], false), 1e-6) << k;
  }
}

TEST(Schedules, RandomStartsAreSymmetric) {
  const ImageShape shape{4, 4, 1};
  const Tensor image(1, shape, std::vector<float>(16, 0.5F));
  for (const Norm norm : {Norm::linf, Norm::l2}) {
    const Ball ball(image.values(), shape.size(), norm, 0.2, Bounds{});
    for (const bool surface : {false, true}) {
      Rng rng(1, surface ? 1 : 0);
      std::size_t up = 0, down = 0;
      double sum = 0, largest = 0, furthest = 0;
      for (int draw = 0; draw < 2000; ++draw) {
        std::vector<float> point(16);
        if (surface) {
          ball.random_surface_point(0, rng, point);
        } else {
          ball.random_point(0, rng, point);
        }
        for (const float value : point) {
          const double d = static_cast<double>(value) - 0.5;
          up += d > 0;
          down += d < 0;
          sum += d;
          largest = std::max(largest, std::fabs(d));
        }
        furthest = std::max(furthest, length_of(image.values(), point, norm == Norm::l2));
      }
      // 32,000 values: a fair coin stays within 5 deviations.
      EXPECT_NEAR(static_cast<double>(up), 16000, 450);
      EXPECT_NEAR(static_cast<double>(down), 16000, 450);
      EXPECT_NEAR(sum / 32000, 0, 5 * largest / std::sqrt(32000.0));
      EXPECT_NEAR(furthest, 0.2, 0.01) << "the whole of the ball is used";
    }
  }
}

TEST(Schedules, PgdBeginsAnywhereInTheBall) {
  const ImageShape shape{4, 4, 1};
  const Bowl model(shape, std::vector<double>(16, 1), std::vector<double>(16, 9), 0);
  const Tensor image(1, shape, std::vector<float>(16, 0.5F));
  std::size_t up = 0, far = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Path path =
        path_of(model, request_for("pgd", {{"epsilon", "0.2"}, {"steps", "2"}}, seed), image);
    for (const float value : path.at(0)) {
      up += value > 0.5F;
      far += std::fabs(value - 0.5F) > 0.1F;
    }
  }
  EXPECT_NEAR(static_cast<double>(up), 1600, 150);
  EXPECT_NEAR(static_cast<double>(far), 1600, 150) << "uniform in the cube";
}

TEST(Schedules, CarliniWagnerKeepsTheNearestThatItFound) {
  const ImageShape shape{1, 6, 1};
  std::size_t later = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Rng rng(seed, 5);
    const auto [a, c] = Peak(rng, {0.5F, 2.0F}, {0.0F, 1.0F});
    const Tensor image = random_images(1, shape, rng, 0.2F, 0.8F);
    const Bowl plain(shape, a, c, 0);
    const Bowl model(shape, a, c, -0.6 * plain.value(image.values()));  // class 0, by its sign
    const auto outcome =
        attack(model, request_for("cw", {{"steps", "200"}, {"learning-rate", "0.1"}}), image, {0});
    double nearest = HUGE_VAL, last = HUGE_VAL;
    model.seen.resize(model.seen.size() - 2);  // the answer, and the same in 8 bits, for judging
    for (const auto& tried : model.seen) {
      if (static_cast<float>(model.value(tried)) > 0) continue;  // still class 0
      last = length_of(image.values(), tried, true);
      nearest = std::min(nearest, last);
    }
    if (!outcome.success[0]) continue;
    EXPECT_NEAR(static_cast<double>(outcome.l2[0]), nearest, 1e-7);
    later += last > nearest + 1e-6;
  }
  EXPECT_GT(later, 3U) << "the last one is seldom the nearest";
}

TEST(Schedules, CarliniWagnerDescendsByAdam) {
  // Kingma and Ba 2015 with β₁ = 0.9 and β₂ = 0.999 on w, x = 1/(1+exp(−2w)).
  const ImageShape shape{1, 3, 1};
  const Bowl model(shape, {0.5, 1, 2}, {0.9, 0.1, 0.5},
                   0.2);  // never falls: the hinge always pulls
  const Tensor image(1, shape, {0.3F, 0.6F, 0.45F});
  attack(model,
         request_for("cw", {{"steps", "30"},
                            {"binary-search-steps", "1"},
                            {"initial-const", "2"},
                            {"learning-rate", "0.3"},
                            {"abort-early", "false"}}),
         image, {0});
  ASSERT_GE(model.seen.size(), 31U);
  std::vector<double> w, m(3), v(3);
  for (const float x : image.values())
    w.push_back(std::atanh(0.999999 * (2 * static_cast<double>(x) - 1)));
  for (int t = 1; t <= 30; ++t) {
    const std::vector<float>& tried =
        model.seen[static_cast<std::size_t>(t)];  // the first is clean
    for (std::size_t j = 0; j < 3; ++j) {
      const double x = 1 / (1 + std::exp(-2 * w[j]));
      ASSERT_NEAR(static_cast<double>(tried[j]), x, 2e-4) << "step " << t;
      const double slope = 2 * x * (1 - x);
      const double g = (2 * (x - static_cast<double>(image.values()[j])) +
                        2 * model.slope(j, static_cast<float>(x))) *
                       slope;
      m[j] = 0.9 * m[j] + 0.1 * g;
      v[j] = 0.999 * v[j] + 0.001 * g * g;
      const double mean = m[j] / (1 - std::pow(0.9, t)), energy = v[j] / (1 - std::pow(0.999, t));
      w[j] -= 0.3 * mean / (std::sqrt(energy) + 1e-8);
    }
  }
}

/// The sides of the windows in which each proposal of Square differs from the best image so far,
/// for a model that nothing changes: the best stays what came first.
std::map<int, int> square_sides(const char* norm, int queries, int side) {
  const ImageShape shape{side, side, 1};
  const auto size = shape.size();
  const Bowl flat(shape, std::vector<double>(size, 0), std::vector<double>(size, 0), 1);
  const Tensor image(1, shape, std::vector<float>(size, 0.5F));
  attack(flat,
         request_for("square",
                     {{"epsilon", "0.1"}, {"norm", norm}, {"queries", std::to_string(queries)}}),
         image, {0});
  const std::vector<float>& best = flat.seen.at(0);
  std::map<int, int> sides;  // by number of the try
  for (int query = 2; query < queries; ++query) {
    int top = side, left = side, bottom = -1, right = -1;
    for (int row = 0; row < side; ++row) {
      for (int column = 0; column < side; ++column) {
        const auto at = static_cast<std::size_t>(row * side + column);
        if (flat.seen.at(static_cast<std::size_t>(query))[at] == best[at]) continue;
        top = std::min(top, row);
        bottom = std::max(bottom, row);
        left = std::min(left, column);
        right = std::max(right, column);
      }
    }
    sides[query - 2] = std::max(bottom - top, right - left) + 1;
  }
  return sides;
}

TEST(Schedules, SquareHalvesTheShareOfPixelsAsItsPaperSays) {
  // Andriushchenko et al. 2020, section 4.1: p is halved after 10, 50, 200, 500, 1000, 2000, 4000,
  // 6000 and 8000 of 10,000 queries; the square has side √(p·height·width).
  constexpr int kSide = 40, kQueries = 2000;
  const auto sides = square_sides("linf", kQueries, kSide);
  for (const auto& [number, side] : sides) {
    double share = 0.8;
    for (const int halving : {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000}) {
      if (number * 10000.0 / kQueries > halving) share /= 2;
    }
    const int expected = std::max(1, static_cast<int>(std::lround(std::sqrt(share) * kSide)));
    ASSERT_EQ(side, expected) << "try " << number;
  }
  EXPECT_EQ(sides.size(), 1998U);
}

}  // namespace
}  // namespace signflip::test
