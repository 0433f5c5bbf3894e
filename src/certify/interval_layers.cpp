#include "certify/interval_layers.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace signflip {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kUnbounded = std::numeric_limits<float>::infinity();

struct Ends {
  float lower, upper;
};

/// NaN fails the comparisons too. No short circuit, so that the loops are vectorised.
bool bounded(float centre, float radius) {
  return (std::abs(centre) <= kLargest) & (radius <= kLargest);
}

Ends ends(float centre, float radius, float allowance) {
  const float more = allowance * (std::abs(centre) + radius);
  const float lower = centre - radius - more, upper = centre + radius + more;
  const bool both = (lower >= -kLargest) & (upper <= kLargest);
  return {both ? lower : -kUnbounded, both ? upper : kUnbounded};
}

void put(Interval y, std::size_t i, float lower, float upper, float allowance) {
  const float centre = 0.5F * lower + 0.5F * upper;
  const float radius =
      0.5F * upper - 0.5F * lower + allowance * (std::abs(lower) + std::abs(upper));
  const bool good = bounded(centre, radius);
  y.centre[i] = good ? centre : 0.0F;
  y.radius[i] = good ? radius : kUnbounded;
}

}  // namespace

void widen(std::size_t size, Interval x, float allowance) {
  for (std::size_t i = 0; i < size; ++i) {
    const float centre = x.centre[i];
    const float radius = x.radius[i] + allowance * (std::abs(centre) + x.radius[i]);
    const bool good = bounded(centre, radius);
    x.centre[i] = good ? centre : 0.0F;
    x.radius[i] = good ? radius : kUnbounded;
  }
}

void pixel_box(std::size_t size, const float* x, double epsilon, Interval y, float allowance) {
  // Epsilon and the differences are rounded at the magnitude of 2, not of the pixel.
  const float e = (epsilon <= 0.0 ? 0.0F : static_cast<float>(epsilon)) + allowance;
  for (std::size_t i = 0; i < size; ++i) {
    const float lower = x[i] - e, upper = x[i] + e;
    if (!(std::abs(x[i]) <= kLargest)) {
      put(y, i, -kUnbounded, kUnbounded, allowance);
      continue;
    }
    put(y, i, lower > 0.0F ? std::min(lower, 1.0F) : 0.0F,
        upper < 1.0F ? std::max(upper, 0.0F) : 1.0F, allowance);
  }
}

void interval_channel_affine(std::size_t pixels, std::size_t channels, Interval x,
                             const float* scale, const float* shift, Interval y, float allowance) {
  for (std::size_t i = 0; i < pixels * channels; i += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float centre = x.centre[i + c], radius = x.radius[i + c];
      const float wider = radius + allowance * (std::abs(centre) + radius);
      y.centre[i + c] = centre * scale[c] + shift[c];
      y.radius[i + c] = wider * std::abs(scale[c]) + allowance * std::abs(shift[c]);
    }
  }
}

void interval_relu(std::size_t size, Interval x, Interval y, float allowance) {
  for (std::size_t i = 0; i < size; ++i) {
    const Ends e = ends(x.centre[i], x.radius[i], allowance);
    put(y, i, e.lower > 0.0F ? e.lower : 0.0F, e.upper > 0.0F ? e.upper : 0.0F, allowance);
  }
}

void interval_sigmoid(std::size_t size, Interval x, Interval y, float allowance) {
  // exp is right to a few units in the last place, and both ends lie in [0,1].
  const float more = 2.0F * allowance;
  for (std::size_t i = 0; i < size; ++i) {
    const Ends e = ends(x.centre[i], x.radius[i], allowance);
    const float lower = 1.0F / (1.0F + std::exp(-e.lower));
    const float upper = 1.0F / (1.0F + std::exp(-e.upper));
    put(y, i, lower - more, upper + more, allowance);
  }
}

void to_bounds(std::size_t size, Interval x, float* lower, float* upper, float allowance) {
  for (std::size_t i = 0; i < size; ++i) {
    const Ends e = ends(x.centre[i], x.radius[i], allowance);
    lower[i] = e.lower;
    upper[i] = e.upper;
  }
}

void from_bounds(std::size_t size, const float* lower, const float* upper, Interval y,
                 float allowance) {
  for (std::size_t i = 0; i < size; ++i) put(y, i, lower[i], upper[i], allowance);
}

void elided_margins(std::size_t inputs, std::size_t classes, const float* weight, const float* bias,
                    int label, Interval x, float* margins, float* scratch, float allowance) {
  const auto y = static_cast<std::size_t>(label);
  for (std::size_t k = 0; k < classes; ++k) {
    margins[k] = bias[y] - bias[k];
    scratch[k] = std::abs(bias[k]);
  }
  for (std::size_t i = 0; i < inputs; ++i) {
    const float* const row = weight + i * classes;
    const float centre = x.centre[i], radius = x.radius[i], own = row[y];
    const float magnitude = std::abs(centre) + radius;
    for (std::size_t k = 0; k < classes; ++k) {
      const float difference = own - row[k];
      margins[k] += difference * centre - std::abs(difference) * radius;
      scratch[k] += std::abs(row[k]) * magnitude;
    }
  }
  const float own = scratch[y];
  for (std::size_t k = 0; k < classes; ++k) {
    const float margin = margins[k] - allowance * (own + scratch[k]);
    margins[k] = std::abs(margin) <= kLargest ? margin : -kUnbounded;
  }
  margins[y] = 0.0F;
}

}  // namespace signflip
