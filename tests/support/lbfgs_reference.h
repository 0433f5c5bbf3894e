// Szegedy's attack once more, independent of src/attack: c·‖x − clean‖² + cross-entropy of the
// target over the box, minimised in double precision by spectral projected gradients (Birgin,
// Martínez and Raydan 2000, "Nonmonotone spectral projected gradient methods on convex sets"), from
// the clean image for each c, with the largest c whose minimum is adversarial found by bisection.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "core/differentiable_model.h"

namespace signflip::test {

class ReferenceLbfgs {
 public:
  ReferenceLbfgs(const DifferentiableModel& model, std::span<const float> clean, int target)
      : pass_(model.new_pass(1)), clean_(clean.begin(), clean.end()), target_(target) {}

  /// The L2 distance of the nearest adversarial point seen; infinity where there is none.
  double distance() {
    double works = 0, fails = std::numeric_limits<double>::infinity(), c = 1;
    for (int round = 0; round < 24 && !(works > 0 && fails / works < 1.01); ++round) {
      (minimise(c) ? works : fails) = c;
      c = !(works > 0) ? c / 4 : std::isinf(fails) ? c * 4 : std::sqrt(works * fails);
    }
    return std::sqrt(best_);
  }

 private:
  struct Point {
    std::vector<double> x, gradient;
    double value = 0;
    bool adversarial = false;
  };

  Point look(std::vector<double> x, double c) {
    const std::vector<float> image(x.begin(), x.end());
    const std::span<const float> z = pass_->forward(image, 1);
    const auto t = static_cast<std::size_t>(target_);
    double top = -std::numeric_limits<double>::infinity(), sum = 0, squares = 0;
    for (const float v : z) top = std::max(top, static_cast<double>(v));
    for (const float v : z) sum += std::exp(static_cast<double>(v) - top);
    std::vector<float> dz(z.size());
    Point point;
    point.adversarial = true;
    for (std::size_t k = 0; k < z.size(); ++k) {
      dz[k] = static_cast<float>(std::exp(static_cast<double>(z[k]) - top) / sum - (k == t));
      point.adversarial = point.adversarial && (k == t || z[k] < z[t]);
    }
    const double loss = top + std::log(sum) - static_cast<double>(z[t]);
    std::vector<float> dx(image.size());
    pass_->input_gradient(dz, dx);
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double way = static_cast<double>(image[j]) - clean_[j];
      squares += way * way;
      point.gradient.push_back(2 * c * (x[j] - clean_[j]) + static_cast<double>(dx[j]));
    }
    point.value = c * squares + loss;
    point.x = std::move(x);
    if (point.adversarial) best_ = std::min(best_, squares);
    return point;
  }

  /// Whether the minimum is adversarial.
  bool minimise(double c) {
    constexpr int kSteps = 200;
    constexpr std::size_t kMemory = 5;
    Point now = look(clean_, c);
    std::array<double, kMemory> last;
    last.fill(now.value);
    double step = 1 / (2 * c);
    for (std::size_t n = 0; n < kSteps; ++n) {
      std::vector<double> way(now.x.size());
      double slope = 0, largest = 0;
      for (std::size_t j = 0; j < way.size(); ++j) {
        way[j] = std::clamp(now.x[j] - step * now.gradient[j], 0.0, 1.0) - now.x[j];
        slope += way[j] * now.gradient[j];
        largest = std::max(largest, std::fabs(way[j]));
      }
      if (largest < 1e-5) break;
      const double bar = *std::max_element(last.begin(), last.end());
      double share = 1;
      Point next;
      for (int halvings = 0; halvings < 30; ++halvings, share /= 2) {
        std::vector<double> x = now.x;
        for (std::size_t j = 0; j < x.size(); ++j) x[j] += share * way[j];
        next = look(std::move(x), c);
        if (next.value <= bar + 1e-4 * share * slope) break;
      }
      double moved = 0, bent = 0;
      for (std::size_t j = 0; j < way.size(); ++j) {
        const double s = next.x[j] - now.x[j];
        moved += s * s;
        bent += s * (next.gradient[j] - now.gradient[j]);
      }
      step = bent > 0 ? std::clamp(moved / bent, 1e-6, 1e6) : 1e3;
      now = std::move(next);
      last[n % kMemory] = now.value;
    }
    return now.adversarial;
  }

  std::unique_ptr<Pass> pass_;
  std::vector<double> clean_;
  int target_;
  double best_ = std::numeric_limits<double>::infinity();  ///< squared
};

}  // namespace signflip::test
