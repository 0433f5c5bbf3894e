#include "attack/geometry/norms.h"

#include <algorithm>
#include <cmath>

#include "core/exact/ball.h"
#include "core/exact/maths.h"
#include "core/lanes.h"

namespace signflip {
namespace {

using Range = PixelRange<Float4>;

Range box_of(Bounds bounds) { return {Float4{} + bounds.low, Float4{} + bounds.high}; }

/// range_around(x, radius, box).nearest(v, x), of which only the side where v lies is worked out.
inline Float4 nearest(Float4 v, Float4 x, Float4 radius, const Range& box) {
  const Int4 above = v > x;
  const Float4 limit = reach(x, choose(above, radius, -radius));
  return box.nearest(choose(above, smaller(v, limit), larger(v, limit)), x);
}

[[gnu::noinline]] void clip(std::span<float> image, std::span<const float> clean, Bounds bounds) {
  const Range box = box_of(bounds);
  by_fours(image.size(), [&](std::size_t j, std::size_t count) {
    store4(box.nearest(load4(&image[j], count), load4(&clean[j], count)), &image[j], count);
  });
}

}  // namespace

Norm norm_from(std::string_view name) { return name == "l2" ? Norm::l2 : Norm::linf; }

Distances distances(std::span<const float> a, std::span<const float> b) {
  Double4 squares = {};
  Double4 most = {};
  by_fours(a.size(), [&](std::size_t j, std::size_t count) {
    const Double4 difference = widened(load4(&a[j], count)) - widened(load4(&b[j], count));
    add_squares_to(squares, difference);
    const Double4 length = magnitude(difference);
    most.low = length.low > most.low ? length.low : most.low;
    most.high = length.high > most.high ? length.high : most.high;
  });
  return {std::sqrt(total(squares)),
          std::max({most.low[0], most.low[1], most.high[0], most.high[1]})};
}

double linf_distance(std::span<const float> a, std::span<const float> b) {
  return distances(a, b).linf;
}

double l2_distance(std::span<const float> a, std::span<const float> b) {
  return distances(a, b).l2;
}

std::size_t l0_distance(std::span<const float> a, std::span<const float> b, int channels) {
  if (channels == 1) {
    Int4 changed = {};
    by_fours(a.size(), [&](std::size_t j, std::size_t count) {
      changed -= load4(&a[j], count) != load4(&b[j], count);
    });
    return static_cast<std::size_t>(changed[0] + changed[1] + changed[2] + changed[3]);
  }
  const auto step = static_cast<std::size_t>(channels);
  std::size_t changed = 0;
  for (std::size_t j = 0; j < a.size(); j += step) {
    bool differs = false;
    for (std::size_t c = 0; c < step; ++c) differs |= a[j + c] != b[j + c];
    changed += differs ? 1 : 0;
  }
  return changed;
}

double l2_norm(std::span<const float> values) {
  Double4 squares = {};
  by_fours(values.size(), [&](std::size_t j, std::size_t count) {
    add_squares_to(squares, widened(load4(&values[j], count)));
  });
  return std::sqrt(total(squares));
}

void steepest_step(Norm norm, std::span<const float> direction, double step,
                   std::span<float> image) {
  if (norm == Norm::linf) {
    const Float4 length = Float4{} + static_cast<float>(step);
    by_fours(image.size(), [&](std::size_t j, std::size_t count) {
      const Float4 move = signed_step(load4(&direction[j], count), length);
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

Ball::Ball(Rows<const float> clean, Norm norm, double epsilon, Bounds bounds, Use use)
    : clean_(clean), norm_(norm), epsilon_(epsilon), bounds_(bounds) {
  if (norm == Norm::l2 || use == Use::once) return;
  low_ = RowBuffer<float>(clean.count(), clean.width());
  high_ = RowBuffer<float>(clean.count(), clean.width());
  const Float4 radius = Float4{} + rounded_down(epsilon);
  const Range box = box_of(bounds);
  const float* const centre = clean.values().data();
  float* const low = low_.rows().values().data();
  float* const high = high_.rows().values().data();
  by_fours(clean.values().size(), [&](std::size_t j, std::size_t count) {
    const Range range = range_around(load4(centre + j, count), radius, box);
    store4(range.low, low + j, count);
    store4(range.high, high + j, count);
  });
}

void Ball::project(std::size_t i, std::span<float> image) const {
  const std::span<const float> x = clean(i);
  if (norm_ == Norm::linf) {
    const Float4 radius = Float4{} + rounded_down(epsilon_);
    const Range box = box_of(bounds_);
    const bool held = low_.width() > 0;
    const float* const lowest = held ? low(i).data() : nullptr;
    const float* const highest = held ? high(i).data() : nullptr;
    by_fours(image.size(), [&](std::size_t j, std::size_t count) {
      const Float4 centre = load4(&x[j], count), value = load4(&image[j], count);
      const Float4 moved =
          held ? Range{load4(lowest + j, count), load4(highest + j, count)}.nearest(value, centre)
               : nearest(value, centre, radius, box);
      store4(moved, &image[j], count);
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
