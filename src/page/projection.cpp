#include "page/projection.h"

#include <eigen3/Eigen/SVD>

#include <algorithm>
#include <cmath>

#include "core/concat.h"

namespace signflip {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

struct Directions {
  Vector axes[2];
  double values[2];
  double total;  ///< the sum of all eigenvalues
};

/// A unit vector that is orthogonal to the unit vector `x`.
Vector orthogonal_to(const Vector& x) {
  Eigen::Index least = 0;
  x.cwiseAbs().minCoeff(&least);
  Vector y = -x(least) * x;
  y(least) += 1.0;
  return y.normalized();
}

// What follows takes Eigen's small forms (rank-one updates, lazy products, Jacobi rotations): its
// blocked ones would add 9 KB to the compressed module, and a map has a few hundred dimensions.

/// Σ xxᵀ over the rows x, D×D.
Matrix scatter_of(const Matrix& rows) {
  Matrix scatter = Matrix::Zero(rows.cols(), rows.cols());
  for (Eigen::Index n = 0; n < rows.rows(); ++n) {
    const Vector x = rows.row(n);
    scatter.selfadjointView<Eigen::Lower>().rankUpdate(x);
  }
  return scatter.selfadjointView<Eigen::Lower>();
}

/// Of a symmetric matrix without negative eigenvalues, where singular values are eigenvalues:
/// singularValues() holds them in descending order, matrixV() their unit vectors as columns.
using Decomposition = Eigen::JacobiSVD<Matrix, Eigen::NoQRPreconditioner>;

Decomposition decompose(const Matrix& symmetric) {
  return Decomposition(symmetric, Eigen::ComputeFullV);
}

/// The two largest eigenvalues of RᵀR and their unit vectors, for R with D columns. Decomposes RᵀR
/// or R·Rᵀ, whichever is smaller: both have the same eigenvalues, and Rᵀ takes the vectors of one
/// to those of the other.
Directions largest_two(const Matrix& rows) {
  const bool wide = rows.cols() > rows.rows();
  const Matrix scatter = scatter_of(wide ? Matrix(rows.transpose()) : rows);
  const Decomposition decomposition = decompose(scatter);
  Directions found;
  found.total = scatter.trace();
  for (int k = 0; k < 2; ++k) {
    found.values[k] = decomposition.singularValues()(k);
    found.axes[k] = decomposition.matrixV().col(k);
    if (wide) found.axes[k] = rows.transpose().lazyProduct(found.axes[k]).eval();
    const double length = found.axes[k].norm();
    // R may have rank 1, or 0: then any direction does as well.
    const bool vanishes = found.values[k] <= 1e-12 * found.total || length == 0.0;
    if (!vanishes) {
      found.axes[k] /= length;
    } else {
      found.axes[k] = k == 0 ? Vector(Vector::Unit(rows.cols(), 0)) : orthogonal_to(found.axes[0]);
    }
  }
  return found;
}

/// Fisher's directions: those with the largest ratio of between-class to within-class scatter.
Directions discriminants(const Matrix& centred, std::span<const int> labels, int classes) {
  Matrix means = Matrix::Zero(classes, centred.cols());
  Vector sizes = Vector::Zero(classes);
  for (Eigen::Index n = 0; n < centred.rows(); ++n) {
    const int label = labels[static_cast<std::size_t>(n)];
    sizes(label) += 1.0;
    means.row(label) += centred.row(n);
  }
  for (int c = 0; c < classes; ++c) means.row(c) /= std::max(sizes(c), 1.0);
  Matrix off = centred;
  for (Eigen::Index n = 0; n < off.rows(); ++n) {
    off.row(n) -= means.row(labels[static_cast<std::size_t>(n)]);
  }
  Matrix within = scatter_of(off);
  // A ridge, because ReLU features that never fire have no scatter at all.
  const double ridge = 1e-3 * within.trace() / static_cast<double>(centred.cols()) + 1e-12;
  within.diagonal().array() += ridge;
  // In coordinates that make the within-class scatter the identity, the between-class scatter is
  // RᵀR with one row per class.
  const Decomposition decomposition = decompose(within);
  const Matrix whitening = decomposition.matrixV() *
                           decomposition.singularValues().cwiseSqrt().cwiseInverse().asDiagonal();
  const Matrix rows = sizes.cwiseSqrt().asDiagonal() * Matrix(means.lazyProduct(whitening));
  Directions found = largest_two(rows);
  for (Vector& axis : found.axes) axis = whitening.lazyProduct(axis).eval();
  return found;
}

/// Length 1, and a sign that does not depend on the decomposition.
void settle(Vector& axis) {
  axis.normalize();
  Eigen::Index largest = 0;
  axis.cwiseAbs().maxCoeff(&largest);
  if (axis(largest) < 0.0) axis = -axis;
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

std::vector<float> Projection::values() const {
  std::vector<float> all(mean.begin(), mean.end());
  all.insert(all.end(), axes.begin(), axes.end());
  return all;
}

Result<Projection> Projection::from_values(std::span<const float> values) {
  if (values.empty() || values.size() % 3 != 0) {
    return Error{"a map is its mean and two axes, all of one length"};
  }
  Projection projection;
  projection.dimensions = values.size() / 3;
  const auto axes = values.begin() + static_cast<std::ptrdiff_t>(projection.dimensions);
  projection.mean.assign(values.begin(), axes);
  projection.axes.assign(axes, values.end());
  return projection;
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
  using Points = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto rows = static_cast<Eigen::Index>(count);
  const auto columns = static_cast<Eigen::Index>(points.size() / count);
  Matrix centred = Eigen::Map<const Points>(points.data(), rows, columns).cast<double>();
  const Eigen::RowVectorXd mean = centred.colwise().mean();
  centred.rowwise() -= mean;
  Directions found =
      kind == ProjectionKind::pca ? largest_two(centred) : discriminants(centred, labels, classes);
  Projection projection;
  projection.dimensions = points.size() / count;
  projection.mean.assign(mean.begin(), mean.end());
  for (int k = 0; k < 2; ++k) {
    settle(found.axes[k]);
    projection.share[k] = found.total > 0.0 ? found.values[k] / found.total : 0.0;
    projection.axes.insert(projection.axes.end(), found.axes[k].begin(), found.axes[k].end());
  }
  return projection;
}

}  // namespace signflip
