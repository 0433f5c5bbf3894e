// Linear maps of labelled points of many dimensions to the plane, for maps of a network's features.
// Drawing them is the page's task.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.h"

namespace signflip {

enum class ProjectionKind {
  pca,  ///< principal components (Pearson 1901): the directions of largest variance; ignores labels
  lda,  ///< linear discriminants (Fisher 1936, Rao 1948): the directions in which the classes lie
        ///< furthest apart, relative to the scatter within each
};

/// point → axes·(point − mean), the same for points that were not fitted.
struct Projection {
  std::size_t dimensions = 0;
  std::vector<double> mean;  ///< D
  std::vector<double> axes;  ///< 2×D
  /// Each axis' share of the total variance (PCA) or of the whitened between-class scatter (LDA).
  double share[2] = {0.0, 0.0};

  /// N×D in, N×2 out.
  std::vector<float> project(std::span<const float> points) const;

  /// The mean and then the two axes, 3·D numbers; rounded to float, which is enough for a drawing.
  std::vector<float> values() const;
  /// The same map from its values(), but for the shares. Error if they are not 3·D.
  static Result<Projection> from_values(std::span<const float> values);
};

/// Fits to N×D `points` with N `labels` (0 … classes−1). The largest component of each axis is
/// positive, so that the same points give the same map. Error with too few points: PCA needs 3, LDA
/// at least 2 classes and more points than classes. Costs min(N,D)³ (PCA) or D³ (LDA) operations.
Result<Projection> fit_projection(ProjectionKind kind, std::span<const float> points,
                                  std::span<const int> labels, int classes);

}  // namespace signflip
