#include "attack/geometry/norms.h"

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

/// The same for the range around x, of which only the side where v lies is worked out.
inline Float4 nearest(Float4 v, Float4 x, Float4 radius, const Range& bounds) {
  const Int4 above = v > x;
  const Float4 limit = reach(x, choose(above, radius, -radius));
  return nearest(choose(above, smaller(v, limit), larger(v, limit)), bounds, x);
}

[[gnu::noinline]] void clip(std::span<float> image, std::span<const float> clean, Bounds bounds) {
  const Range box = {Float4{} + bounds.low, Float4{} + bounds.high};
  by_fours(image.size(), [&](std::size_t j, std::size_t count) {
    store4(nearest(load4(&image[j], count), box, load4(&clean[j], count)), &image[j], count);
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

Ball::Ball(Rows<const float> clean, Norm norm, double epsilon, Bounds bounds, Use use)
    : clean_(clean), norm_(norm), epsilon_(epsilon), bounds_(bounds) {
  if (norm == Norm::l2 || use == Use::once) return;
  low_ = RowBuffer<float>(clean.count(), clean.width());
  high_ = RowBuffer<float>(clean.count(), clean.width());
  const Float4 radius = Float4{} + rounded_down(epsilon);
  const float* const centre = clean.values().data();
  float* const low = low_.rows().values().data();
  float* const high = high_.rows().values().data();
  by_fours(clean.values().size(), [&](std::size_t j, std::size_t count) {
    const Range range = range_around(load4(centre + j, count), radius, bounds);
    store4(range.low, low + j, count);
    store4(range.high, high + j, count);
  });
}

void Ball::project(std::size_t i, std::span<float> image) const {
  const std::span<const float> x = clean(i);
  if (norm_ == Norm::linf) {
    const Float4 radius = Float4{} + rounded_down(epsilon_);
    const Range box = {Float4{} + bounds_.low, Float4{} + bounds_.high};
    const bool held = low_.width() > 0;
    const float* const lowest = held ? low(i).data() : nullptr;
    const float* const highest = held ? high(i).data() : nullptr;
    by_fours(image.size(), [&](std::size_t j, std::size_t count) {
      const Float4 centre = load4(&x[j], count), value = load4(&image[j], count);
      store4(held ? nearest(value, {load4(lowest + j, count), load4(highest + j, count)}, centre)
                  : nearest(value, centre, radius, box),
             &image[j], count);
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
