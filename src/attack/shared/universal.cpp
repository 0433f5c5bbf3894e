#include "attack/shared/universal.h"

#include <algorithm>
#include <cmath>

#include "core/concat.h"

namespace signflip {
namespace {

/// δ is a point of the ball around 0, whatever the box of pixels.
constexpr Bounds kNoBox{-1e30F, 1e30F};

}  // namespace

UniversalPerturbation::UniversalPerturbation(ImageShape shape, Norm norm, double epsilon,
                                             double step, Bounds bounds)
    : norm_(norm), epsilon_(epsilon), step_(step), bounds_(bounds), delta_(shape.size()) {}

UniversalPerturbation UniversalPerturbation::noise(ImageShape shape, Norm norm, double epsilon,
                                                   Bounds bounds, std::uint64_t seed) {
  UniversalPerturbation noise(shape, norm, epsilon, epsilon, bounds);
  Rng rng(seed);
  std::vector<double> signs(shape.size());
  for (double& sign : signs) sign = rng.below(2) == 0 ? -1 : 1;
  noise.ascend(signs);
  return noise;
}

void UniversalPerturbation::apply(std::span<const float> clean, Rng, std::span<float> image) const {
  for (std::size_t j = 0; j < delta_.size(); ++j) image[j] = clean[j] + delta_[j];
  Ball(clean, clean.size(), norm_, epsilon_, bounds_, Ball::Use::once).project(0, image);
}

void UniversalPerturbation::add_gradient(Rng, std::span<const float> dimage,
                                         std::span<double> sum) const {
  for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += static_cast<double>(dimage[j]);
}

void UniversalPerturbation::ascend(std::span<const double> gradient) {
  // In double and scaled first: the gradients of images that a model is certain of are tiny.
  double largest = 0;
  for (const double g : gradient) largest = std::max(largest, std::fabs(g));
  if (!(largest > 0) || !std::isfinite(largest)) return;
  std::vector<float> direction(gradient.size());
  for (std::size_t j = 0; j < gradient.size(); ++j) {
    direction[j] = static_cast<float>(gradient[j] / largest);
    // The sign survives what float cannot hold.
    if (direction[j] == 0 && gradient[j] != 0) {
      direction[j] = static_cast<float>(std::copysign(1e-30, gradient[j]));
    }
  }
  steepest_step(norm_, direction, step_, delta_);
  const std::vector<float> origin(delta_.size());
  Ball(origin, origin.size(), norm_, epsilon_, kNoBox, Ball::Use::once).project(0, delta_);
}

Status check_universal(const UniversalSettings& settings) {
  const bool linf = settings.norm == Norm::linf;
  const double most = linf ? 1 : 100;
  if (!(settings.epsilon > 0 && settings.epsilon <= most)) {
    return Error{concat("epsilon is ", settings.epsilon, ", expected a number above 0 and up to ",
                        most, " in ", linf ? "linf" : "l2", ", pixels in [0,1]")};
  }
  if (settings.step_size >= 0 && settings.step_size <= most) return {};
  return Error{concat("step-size is ", settings.step_size, ", expected 0 to ", most)};
}

SharedChanges universal_changes(const UniversalSettings& settings, ImageShape shape, Bounds bounds,
                                std::uint64_t seed) {
  return {std::make_unique<UniversalPerturbation>(shape, settings.norm, settings.epsilon,
                                                  settings.step(), bounds),
          std::make_unique<UniversalPerturbation>(
              UniversalPerturbation::noise(shape, settings.norm, settings.epsilon, bounds, seed))};
}

}  // namespace signflip
