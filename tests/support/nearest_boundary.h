// How near the nearest adversarial point of an affine model is, in double precision and without
// regard to the box.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "attack/geometry/norms.h"
#include "support/affine_answers.h"

namespace signflip::test {

struct Nearest {
  double distance = std::numeric_limits<double>::infinity();
  bool in_box = false;  ///< whether the nearest point lies in [0,1]
};

/// The nearest point of the half-spaces z_k ≥ z_y; with `only` ≥ 0, of that class's alone.
inline Nearest nearest_boundary(const LinearModel& model, std::span<const float> x, int label,
                                Norm norm, int only = -1) {
  const auto y = static_cast<std::size_t>(label);
  Nearest nearest;
  for (std::size_t k = 0; k < static_cast<std::size_t>(model.classes()); ++k) {
    if (k == y || (only >= 0 && static_cast<int>(k) != only)) continue;
    double dual = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double d = slope(model, y, k, j);
      dual += norm == Norm::l2 ? d * d : std::fabs(d);
    }
    const double margin = model.logit(y, x) - model.logit(k, x);
    const double distance = margin / (norm == Norm::l2 ? std::sqrt(dual) : dual);
    if (distance >= nearest.distance) continue;
    nearest = {distance, true};
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double d = slope(model, k, y, j);
      const double move = norm == Norm::l2 ? margin * d / dual : d > 0 ? distance : -distance;
      const double moved = static_cast<double>(x[j]) + move;
      nearest.in_box = nearest.in_box && moved >= 0 && moved <= 1;
    }
  }
  return nearest;
}

/// Three classes, L2: the nearest point where class `target` has the largest logit.
inline Nearest nearest_target(const LinearModel& model, std::span<const float> x, int target) {
  const auto t = static_cast<std::size_t>(target);
  const std::size_t others[] = {(t + 1) % 3, (t + 2) % 3};
  double lacks[2] = {}, products[2][2] = {};  // z_k − z_t, and the products of the normals
  for (int a = 0; a < 2; ++a) {
    lacks[a] = model.logit(others[a], x) - model.logit(t, x);
    for (int b = 0; b < 2; ++b) {
      for (std::size_t j = 0; j < x.size(); ++j) {
        products[a][b] += slope(model, t, others[a], j) * slope(model, t, others[b], j);
      }
    }
  }
  // δ = u₀·n₀ + u₁·n₁ with u ≥ 0 and n·δ ≥ lack, equal where u > 0.
  double u[2] = {};
  bool solved = false;
  for (int a = 0; a < 2 && !solved; ++a) {
    u[a] = std::max(lacks[a], 0.0) / products[a][a];
    u[1 - a] = 0;
    solved = products[1 - a][a] * u[a] >= lacks[1 - a];
  }
  if (!solved) {
    const double det = products[0][0] * products[1][1] - products[0][1] * products[0][1];
    u[0] = (lacks[0] * products[1][1] - lacks[1] * products[0][1]) / det;
    u[1] = (lacks[1] * products[0][0] - lacks[0] * products[0][1]) / det;
  }
  Nearest nearest{0, true};
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double move = u[0] * slope(model, t, others[0], j) + u[1] * slope(model, t, others[1], j);
    const double moved = static_cast<double>(x[j]) + move;
    nearest.distance += move * move;
    nearest.in_box = nearest.in_box && moved >= 0 && moved <= 1;
  }
  nearest.distance = std::sqrt(nearest.distance);
  return nearest;
}

}  // namespace signflip::test
