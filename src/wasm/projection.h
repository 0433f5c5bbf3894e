// A linear look at a cloud of labelled points of many dimensions: the two directions that show
// most, and everything's place on them. For maps of a network's features. Not a drawing.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.h"

namespace signflip {

enum class ProjectionKind {
  pca,  ///< principal components (Pearson 1901): where the points spread most; labels do not count
  lda,  ///< linear discriminants (Fisher 1936, Rao 1948): where the classes lie apart, measured
        ///< by how far each scatters in itself
};

/// point → axes·(point − mean). The same map for every point, also for those that come later.
struct Projection {
  std::size_t dimensions = 0;
  std::vector<double> mean;  ///< D
  std::vector<double> axes;  ///< 2×D
  /// PCA: each axis' share of all variance. LDA: its share of what tells the classes apart.
  double share[2] = {0.0, 0.0};

  /// N×D in, N×2 out.
  std::vector<float> project(std::span<const float> points) const;
};

/// Fits to N×D `points` of N `labels` (0 … classes−1). Axes point to where their largest component
/// is positive, so that the same points give the same map. A sentence where there are too few
/// points: PCA needs 3, LDA more than there are classes with points, of which it needs 2.
Result<Projection> fit_projection(ProjectionKind kind, std::span<const float> points,
                                  std::span<const int> labels, int classes);

}  // namespace signflip
