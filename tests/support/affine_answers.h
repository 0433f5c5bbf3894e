// What fixed-budget attacks can reach at best on affine models, in double precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "support/linear_model.h"

namespace signflip::test {

/// The weight of pixel j in z_y − z_k.
inline double slope(const LinearModel& model, std::size_t y, std::size_t k, std::size_t j) {
  return static_cast<double>(model.weight(y)[j]) - static_cast<double>(model.weight(k)[j]);
}

/// min over k ≠ y of z_y − z_k.
inline double margin_of(const LinearModel& model, std::span<const float> x, int label) {
  const auto y = static_cast<std::size_t>(label);
  double margin = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < static_cast<std::size_t>(model.classes()); ++k) {
    if (k != y) margin = std::min(margin, model.logit(y, x) - model.logit(k, x));
  }
  return margin;
}

/// The smallest margin within the L∞ ball and [0,1].
inline double worst_margin(const LinearModel& model, std::span<const float> x, int label,
                           double epsilon) {
  const auto y = static_cast<std::size_t>(label);
  double worst = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < static_cast<std::size_t>(model.classes()); ++k) {
    if (k == y) continue;
    double margin = model.logit(y, x) - model.logit(k, x);
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double d = slope(model, y, k, j), pixel = static_cast<double>(x[j]);
      margin -= std::fabs(d) * std::min(epsilon, d > 0 ? pixel : 1 - pixel);
    }
    worst = std::min(worst, margin);
  }
  return worst;
}

/// The smallest margin within the L2 ball, for images far enough inside [0,1].
inline double worst_margin_l2(const LinearModel& model, std::span<const float> x, int label,
                              double epsilon) {
  const auto y = static_cast<std::size_t>(label);
  double worst = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < static_cast<std::size_t>(model.classes()); ++k) {
    if (k == y) continue;
    double squares = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      squares += slope(model, y, k, j) * slope(model, y, k, j);
    }
    worst = std::min(worst, model.logit(y, x) - model.logit(k, x) - epsilon * std::sqrt(squares));
  }
  return worst;
}

}  // namespace signflip::test
