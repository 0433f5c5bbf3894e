// Distances and balls.
#include "attack/norms.h"

#include <algorithm>
#include <cmath>

#include "core/bits.h"
#include "core/lanes.h"
#include "core/maths.h"

namespace signflip {
namespace {

/// The largest float that is at most `value` ≥ 0.
float rounded_down(double value) {
  const auto nearest = static_cast<float>(value);
  return static_cast<double>(nearest) > value ? float_from_bits(float_bits(nearest) - 1) : nearest;
}

/// x + way, or the next float towards x where that was rounded away from x: its distance from x is
/// at most |way|, however it is computed. The error of a sum is itself a float (Knuth 1969, "The
/// Art of Computer Programming", volume 2, section 4.2.2).
inline Float4 reach(Float4 x, Float4 way) {
  const Float4 end = x + way;
  const Float4 taken = end - x;
  const Float4 error = (x - (end - taken)) + (way - taken);  // x + way = end + error
  const Int4 too_far = (error != 0.0F) & ((bits(error) ^ bits(way)) >> 31);
  const Int4 grows = (bits(end) ^ bits(way)) >> 31;  // −1 where the step back leads away from 0
  return from_bits(bits(end) + (too_far & (-1 - 2 * grows)));
}

/// What pixels may become.
struct Range {
  Float4 low, high;
};

inline Range range_around(Float4 x, Float4 radius, Bounds bounds) {
  return {larger(reach(x, -radius), Float4{} + bounds.low),
          smaller(reach(x, radius), Float4{} + bounds.high)};
}

/// The nearest value in the range; x where v is not a number.
inline Float4 nearest(Float4 v, const Range& range, Float4 x) {
  return choose(v == v, smaller(larger(v, range.low), range.high), x);
}

void clip(std::span<float> image, std::span<const float> clean, Bounds bounds) {
  const Range box = {Float4{} + bounds.low, Float4{} + bounds.high};
  by_fours(image.size(), [&](std::size_t j, std::size_t count) {
    store4(nearest(load4(&image[j], count), box, load4(&clean[j], count)), &image[j], count);
  });
}

}  // namespace

Norm norm_from(std::string_view name) { return name == "l2" ? Norm::l2 : Norm::linf; }

Distances distances(std::span<const float> a, std::span<const float> b) {
  // As sum_of() does it: one sum, or maximum, need not wait for the one before.
  double squares[kLanes] = {}, largest[kLanes] = {};
  const auto add = [&](std::size_t j, std::size_t lane) {
    const double difference = static_cast<double>(a[j]) - static_cast<double>(b[j]);
    const double size = std::fabs(difference);
    squares[lane] += difference * difference;
    largest[lane] = size > largest[lane] ? size : largest[lane];
  };
  std::size_t j = 0;
  for (; j + kLanes <= a.size(); j += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(j + lane, lane);
  }
  for (std::size_t lane = 0; j < a.size(); ++j, ++lane) add(j, lane);
  return {std::sqrt((squares[0] + squares[1]) + (squares[2] + squares[3])),
          std::max({largest[0], largest[1], largest[2], largest[3]})};
}

double linf_distance(std::span<const float> a, std::span<const float> b) {
  return distances(a, b).linf;
}

double l2_distance(std::span<const float> a, std::span<const float> b) {
  return distances(a, b).l2;
}

namespace {

template <std::size_t kChannels>
std::size_t pixels_changed(std::span<const float> a, std::span<const float> b) {
  std::size_t changed = 0;
  for (std::size_t j = 0; j < a.size(); j += kChannels) {
    bool differs = false;
    for (std::size_t c = 0; c < kChannels; ++c) differs |= a[j + c] != b[j + c];
    changed += differs ? 1 : 0;
  }
  return changed;
}

}  // namespace

std::size_t l0_distance(std::span<const float> a, std::span<const float> b, int channels) {
  if (channels == 1) return pixels_changed<1>(a, b);
  if (channels == 3) return pixels_changed<3>(a, b);
  const auto step = static_cast<std::size_t>(channels);
  std::size_t changed = 0;
  for (std::size_t j = 0; j < a.size(); j += step) {
    changed += !std::equal(&a[j], &a[j] + step, &b[j]);
  }
  return changed;
}

double l2_norm(std::span<const float> values) {
  return std::sqrt(sum_of(values.size(), [&](std::size_t j) {
    const auto value = static_cast<double>(values[j]);
    return value * value;
  }));
}

void steepest_step(Norm norm, std::span<const float> direction, double step,
                   std::span<float> image) {
  if (norm == Norm::linf) {
    const Float4 up = Float4{} + static_cast<float>(step), down = -up;
    by_fours(image.size(), [&](std::size_t j, std::size_t count) {
      const Float4 d = load4(&direction[j], count);
      const Float4 move = from_bits((bits(up) & (d > 0.0F)) | (bits(down) & (d < 0.0F)));
      store4(load4(&image[j], count) + move, &image[j], count);
    });
    return;
  }
  const double length = l2_norm(direction);
  if (!(length > 0) || !std::isfinite(length)) return;
  for (std::size_t j = 0; j < image.size(); ++j) {
    image[j] += static_cast<float>(step * (static_cast<double>(direction[j]) / length));
  }
}

Ball::Ball(std::span<const float> clean, std::size_t image_size, Norm norm, double epsilon,
           Bounds bounds, Use use)
    : clean_(clean), image_size_(image_size), norm_(norm), epsilon_(epsilon), bounds_(bounds) {
  if (norm == Norm::l2 || use == Use::once) return;
  low_ = std::vector<float>(clean.size());  // resize() would fill it value by value
  high_ = std::vector<float>(clean.size());
  const Float4 radius = Float4{} + rounded_down(epsilon);
  by_fours(clean.size(), [&](std::size_t j, std::size_t count) {
    const Range range = range_around(load4(&clean[j], count), radius, bounds);
    store4(range.low, &low_[j], count);
    store4(range.high, &high_[j], count);
  });
}

void Ball::project(std::size_t i, std::span<float> image) const {
  const std::span<const float> x = clean(i);
  if (norm_ == Norm::linf && low_.empty()) {
    const Float4 radius = Float4{} + rounded_down(epsilon_);
    by_fours(image.size(), [&](std::size_t j, std::size_t count) {
      const Float4 centre = load4(&x[j], count);
      const Range range = range_around(centre, radius, bounds_);
      store4(nearest(load4(&image[j], count), range, centre), &image[j], count);
    });
    return;
  }
  if (norm_ == Norm::linf) {
    const std::span<const float> lowest = low(i), highest = high(i);
    by_fours(image.size(), [&](std::size_t j, std::size_t count) {
      const Range range = {load4(&lowest[j], count), load4(&highest[j], count)};
      store4(nearest(load4(&image[j], count), range, load4(&x[j], count)), &image[j], count);
    });
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
    const double share = exponential(std::log(static_cast<double>(rng.uniform())) /
                                     static_cast<double>(image.size()));
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
