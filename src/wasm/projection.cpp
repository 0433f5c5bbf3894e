// Projection: both kinds by orthogonal iteration, which needs no matrix library.
#include "wasm/projection.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/concat.h"
#include "core/rng.h"

namespace signflip {
namespace {

using Vector = std::vector<double>;

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Scales to length 1; leaves what is (nearly) zero.
double normalise(Vector& x) {
  const double length = std::sqrt(dot(x, x));
  if (length > 1e-300) {
    for (double& value : x) value /= length;
  }
  return length;
}

struct Eigenpairs {
  Vector vectors[2];
  double values[2];
};

/// The two largest eigenvalues of a symmetric positive semidefinite operator, and their directions.
Eigenpairs largest_two(std::size_t size, const std::function<Vector(const Vector&)>& apply) {
  constexpr int kMost = 1000;
  constexpr double kStill = 1e-10;
  Eigenpairs found{};
  Rng rng(1);
  for (Vector& x : found.vectors) {
    x.resize(size);
    for (double& value : x) value = static_cast<double>(rng.normal());
    normalise(x);
  }
  for (int step = 0; step < kMost; ++step) {
    double moved = 0.0;
    for (int k = 0; k < 2; ++k) {
      Vector next = apply(found.vectors[k]);
      if (k == 1) {
        const double along = dot(next, found.vectors[0]);
        for (std::size_t i = 0; i < size; ++i) next[i] -= along * found.vectors[0][i];
      }
      found.values[k] = normalise(next);
      moved = std::max(moved, 1.0 - std::abs(dot(next, found.vectors[k])));
      found.vectors[k] = std::move(next);
    }
    if (moved < kStill) break;
  }
  return found;
}

/// The lower triangle L of A = L·Lᵀ, in place of A's; A is positive definite.
void cholesky(Vector& a, std::size_t size) {
  for (std::size_t j = 0; j < size; ++j) {
    for (std::size_t i = j; i < size; ++i) {
      const auto row = std::span<const double>(a).subspan(i * size, j);
      const double rest =
          a[i * size + j] - dot(row, std::span<const double>(a).subspan(j * size, j));
      a[i * size + j] = i == j ? std::sqrt(std::max(rest, 1e-300)) : rest / a[j * size + j];
    }
  }
}

/// x ← L⁻¹·x.
void solve_lower(const Vector& l, std::span<double> x) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = (x[i] - dot(std::span<const double>(l).subspan(i * x.size(), i), x.first(i))) /
           l[i * x.size() + i];
  }
}

/// x ← L⁻ᵀ·x.
void solve_upper(const Vector& l, std::span<double> x) {
  for (std::size_t i = x.size(); i-- > 0;) {
    for (std::size_t j = i + 1; j < x.size(); ++j) x[i] -= l[j * x.size() + i] * x[j];
    x[i] /= l[i * x.size() + i];
  }
}

struct Cloud {
  std::size_t count, dimensions;
  Vector centred;  // N×D, less the mean
};

Eigenpairs principal_components(const Cloud& cloud, double& total) {
  const std::size_t d = cloud.dimensions;
  total = dot(cloud.centred, cloud.centred);
  return largest_two(d, [&](const Vector& x) {
    Vector y(d);
    for (std::size_t n = 0; n < cloud.count; ++n) {
      const auto row = std::span<const double>(cloud.centred).subspan(n * d, d);
      const double along = dot(row, x);
      for (std::size_t i = 0; i < d; ++i) y[i] += along * row[i];
    }
    return y;
  });
}

/// Fisher's directions: those of the largest between-class over within-class scatter.
Eigenpairs discriminants(const Cloud& cloud, std::span<const int> labels, int classes,
                         double& total) {
  const std::size_t d = cloud.dimensions, k = static_cast<std::size_t>(classes);
  Vector means(k * d), sizes(k);
  for (std::size_t n = 0; n < cloud.count; ++n) {
    const auto label = static_cast<std::size_t>(labels[n]);
    sizes[label] += 1.0;
    for (std::size_t i = 0; i < d; ++i) means[label * d + i] += cloud.centred[n * d + i];
  }
  for (std::size_t c = 0; c < k; ++c) {
    for (std::size_t i = 0; sizes[c] > 0.0 && i < d; ++i) means[c * d + i] /= sizes[c];
  }
  Vector within(d * d);
  Vector off(d);
  for (std::size_t n = 0; n < cloud.count; ++n) {
    const auto label = static_cast<std::size_t>(labels[n]);
    for (std::size_t i = 0; i < d; ++i) off[i] = cloud.centred[n * d + i] - means[label * d + i];
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; off[i] != 0.0 && j <= i; ++j) within[i * d + j] += off[i] * off[j];
    }
  }
  // A ridge, as ReLU features that never fire have no scatter at all.
  double trace = 0.0;
  for (std::size_t i = 0; i < d; ++i) trace += within[i * d + i];
  const double ridge = 1e-3 * trace / static_cast<double>(d) + 1e-12;
  for (std::size_t i = 0; i < d; ++i) within[i * d + i] += ridge;
  cholesky(within, d);
  // Between-class scatter in whitened coordinates is C·Cᵀ with one column a class.
  for (std::size_t c = 0; c < k; ++c) {
    for (std::size_t i = 0; i < d; ++i) means[c * d + i] *= std::sqrt(sizes[c]);
    solve_lower(within, std::span(means).subspan(c * d, d));
  }
  total = dot(means, means);
  Eigenpairs found = largest_two(d, [&](const Vector& x) {
    Vector y(d);
    for (std::size_t c = 0; c < k; ++c) {
      const auto column = std::span<const double>(means).subspan(c * d, d);
      const double along = dot(column, x);
      for (std::size_t i = 0; i < d; ++i) y[i] += along * column[i];
    }
    return y;
  });
  for (Vector& axis : found.vectors) solve_upper(within, axis);
  return found;
}

/// Length 1, and a sign that does not depend on how the iteration began.
void settle(Vector& axis) {
  normalise(axis);
  const auto largest = std::max_element(
      axis.begin(), axis.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  if (*largest >= 0.0) return;
  for (double& value : axis) value = -value;
}

}  // namespace

std::vector<float> Projection::project(std::span<const float> points) const {
  std::vector<float> places;
  for (std::size_t first = 0; first + dimensions <= points.size(); first += dimensions) {
    for (std::size_t k = 0; k < 2; ++k) {
      double sum = 0.0;
      for (std::size_t i = 0; i < dimensions; ++i) {
        sum += axes[k * dimensions + i] * (static_cast<double>(points[first + i]) - mean[i]);
      }
      places.push_back(static_cast<float>(sum));
    }
  }
  return places;
}

Result<Projection> fit_projection(ProjectionKind kind, std::span<const float> points,
                                  std::span<const int> labels, int classes) {
  const std::size_t count = labels.size();
  if (count == 0 || points.size() % count != 0 || points.size() / count < 2) {
    return Error{concat("a map needs points of 2 or more dimensions, one for each of ", count,
                        " labels; ", points.size(), " values do not fit")};
  }
  std::vector<int> seen(static_cast<std::size_t>(std::max(classes, 1)));
  for (const int label : labels) {
    if (label < 0 || label >= classes) {
      return Error{concat("a map's labels go from 0 to ", classes - 1, ", not to ", label)};
    }
    seen[static_cast<std::size_t>(label)] = 1;
  }
  const auto present = static_cast<std::size_t>(std::count(seen.begin(), seen.end(), 1));
  const std::size_t least = kind == ProjectionKind::pca ? 3 : present + 1;
  if (count < least || (kind == ProjectionKind::lda && present < 2)) {
    return Error{concat("a map of ", present, " classes needs ", least,
                        " images and 2 classes, not ", count, " images")};
  }
  Projection projection;
  const std::size_t d = projection.dimensions = points.size() / count;
  projection.mean.resize(d);
  for (std::size_t i = 0; i < points.size(); ++i) {
    projection.mean[i % d] += static_cast<double>(points[i]) / static_cast<double>(count);
  }
  Cloud cloud{count, d, Vector(points.size())};
  for (std::size_t i = 0; i < points.size(); ++i) {
    cloud.centred[i] = static_cast<double>(points[i]) - projection.mean[i % d];
  }
  double total = 0.0;
  Eigenpairs found = kind == ProjectionKind::pca ? principal_components(cloud, total)
                                                 : discriminants(cloud, labels, classes, total);
  for (int k = 0; k < 2; ++k) {
    settle(found.vectors[k]);
    projection.share[k] = total > 0.0 ? found.values[k] / total : 0.0;
    projection.axes.insert(projection.axes.end(), found.vectors[k].begin(), found.vectors[k].end());
  }
  return projection;
}

}  // namespace signflip
