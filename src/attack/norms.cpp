// Distances and balls.
#include "attack/norms.h"

#include <algorithm>
#include <cmath>

#include "core/bits.h"

namespace signflip {
namespace {

/// The float next to `value` in the direction of x, which is another. As std::nextafter, inline.
float next_towards(float value, float x) {
  if (value == 0.0F) return std::nextafterf(value, x);
  const std::uint32_t bits = float_bits(value);
  return float_from_bits((value < x) == (value > 0.0F) ? bits + 1 : bits - 1);
}

/// The float farthest from x towards `limit` that is no farther than `radius`, however the
/// difference is computed; next to 0 up to 1e-7 of the radius nearer.
float reach(float x, double radius, float limit) {
  const double from = static_cast<double>(x);
  const double aim = limit < x ? std::max(from - radius, static_cast<double>(limit))
                               : std::min(from + radius, static_cast<double>(limit));
  float value = static_cast<float>(aim);
  const auto too_far = [&] {
    return std::fabs(static_cast<double>(value) - from) > radius ||
           static_cast<double>(std::fabs(value - x)) > radius;
  };
  for (int tries = 0; too_far(); ++tries) {
    if (tries < 4) {
      value = next_towards(value, x);
    } else {  // next to 0 floats lie so close together that single steps would take millions
      const float grain = std::fabs(value - x) * 0x1p-24F;
      value += value < x ? grain : -grain;
    }
  }
  return value;
}

void clip(std::span<float> image, std::span<const float> clean, Bounds bounds) {
  for (std::size_t j = 0; j < image.size(); ++j) {
    const float v = image[j];
    image[j] = v != v ? clean[j] : v < bounds.low ? bounds.low : v > bounds.high ? bounds.high : v;
  }
}

}  // namespace

Norm norm_from(std::string_view name) { return name == "l2" ? Norm::l2 : Norm::linf; }

double linf_distance(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kLanes = 4;  // so that one maximum need not wait for the one before
  double largest[kLanes] = {};
  const auto add = [&](std::size_t j, std::size_t lane) {
    const double difference = std::fabs(static_cast<double>(a[j]) - static_cast<double>(b[j]));
    largest[lane] = difference > largest[lane] ? difference : largest[lane];
  };
  std::size_t j = 0;
  for (; j + kLanes <= a.size(); j += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(j + lane, lane);
  }
  for (; j < a.size(); ++j) add(j, 0);
  return std::max({largest[0], largest[1], largest[2], largest[3]});
}

double l2_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    const double difference = static_cast<double>(a[j]) - static_cast<double>(b[j]);
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

std::size_t l0_distance(std::span<const float> a, std::span<const float> b, int channels) {
  const auto step = static_cast<std::size_t>(channels);
  std::size_t changed = 0;
  for (std::size_t j = 0; j < a.size(); j += step) {
    changed += !std::equal(&a[j], &a[j] + step, &b[j]);
  }
  return changed;
}

double l2_norm(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(sum);
}

void steepest_step(Norm norm, std::span<const float> direction, double step,
                   std::span<float> image) {
  if (norm == Norm::linf) {
    const auto s = static_cast<float>(step);
    for (std::size_t j = 0; j < image.size(); ++j) {
      const float d = direction[j];
      image[j] += d > 0 ? s : d < 0 ? -s : 0.0F;
    }
    return;
  }
  const double length = l2_norm(direction);
  if (!(length > 0) || !std::isfinite(length)) return;
  for (std::size_t j = 0; j < image.size(); ++j) {
    image[j] += static_cast<float>(step * (static_cast<double>(direction[j]) / length));
  }
}

Ball::Ball(std::span<const float> clean, std::size_t image_size, Norm norm, double epsilon,
           Bounds bounds)
    : clean_(clean), image_size_(image_size), norm_(norm), epsilon_(epsilon), bounds_(bounds) {
  if (norm == Norm::l2) return;
  low_.resize(clean.size());
  high_.resize(clean.size());
  for (std::size_t j = 0; j < clean.size(); ++j) {
    low_[j] = reach(clean[j], epsilon, bounds.low);
    high_[j] = reach(clean[j], epsilon, bounds.high);
  }
}

void Ball::project(std::size_t i, std::span<float> image) const {
  const std::span<const float> x = clean(i);
  if (norm_ == Norm::linf) {
    const std::span<const float> lowest = low(i), highest = high(i);
    for (std::size_t j = 0; j < image.size(); ++j) {
      const float v = image[j];
      image[j] = v != v ? x[j] : v < lowest[j] ? lowest[j] : v > highest[j] ? highest[j] : v;
    }
    return;
  }
  clip(image, x, {-1e30F, 1e30F});  // only what is not a number
  double distance = l2_distance(image, x);
  // One round; where float rounding oversteps the bound, a little less in each further one.
  for (double slack = 0; distance > epsilon_; slack = 2 * slack + 0x1p-24) {
    const double scale = slack < 1 ? (1 - slack) * epsilon_ / distance : 0;
    for (std::size_t j = 0; j < image.size(); ++j) {
      const double centre = static_cast<double>(x[j]);
      image[j] = static_cast<float>(centre + (static_cast<double>(image[j]) - centre) * scale);
    }
    distance = l2_distance(image, x);
  }
  clip(image, x, bounds_);
}

void Ball::random_point(std::size_t i, Rng& rng, std::span<float> image) const {
  const std::span<const float> x = clean(i);
  const auto radius = static_cast<float>(epsilon_);
  if (norm_ == Norm::linf) {
    for (std::size_t j = 0; j < image.size(); ++j) image[j] = x[j] + rng.uniform(-radius, radius);
  } else {
    for (float& v : image) v = rng.normal();
    const double length = l2_norm(image);
    const double share =
        std::pow(static_cast<double>(rng.uniform()), 1.0 / static_cast<double>(image.size()));
    const auto scale = static_cast<float>(length > 0 ? epsilon_ * share / length : 0.0);
    for (std::size_t j = 0; j < image.size(); ++j) image[j] = x[j] + scale * image[j];
  }
  project(i, image);
}

void Ball::random_surface_point(std::size_t i, Rng& rng, std::span<float> image) const {
  const std::span<const float> x = clean(i);
  double length = 0;
  for (float& v : image) v = norm_ == Norm::linf ? rng.uniform(-1, 1) : rng.normal();
  if (norm_ == Norm::linf) {
    for (const float v : image) length = std::max(length, static_cast<double>(std::fabs(v)));
  } else {
    length = l2_norm(image);
  }
  const auto scale = static_cast<float>(length > 0 ? epsilon_ / length : 0.0);
  for (std::size_t j = 0; j < image.size(); ++j) image[j] = x[j] + scale * image[j];
  project(i, image);
}

}  // namespace signflip
