// Certificates: for which images, and up to which radius, interval bounds prove that no image in
// the L∞ ball is classified as anything but the label. What they do not prove may still be true.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "certify/interval_pass.h"
#include "core/batches.h"
#include "core/progress.h"
#include "core/result.h"
#include "core/tensor.h"
#include "core/thread_pool.h"

namespace signflip {

/// The largest radius in [0, maximum] that bisection proves for each image, to within a thousandth
/// of itself or a millionth of the maximum; 0 where none is proved, as where the image itself is
/// misclassified. Each radius was proved as it stands, not interpolated. `radii` holds a value for
/// each image, at most the capacity that the pass was made for.
void certified_radii(MarginBounds& pass, std::span<const float> images, std::span<const int> labels,
                     double maximum, std::span<double> radii);

/// The same for one image, H×W×C.
double certified_radius(const IntervalNetwork& intervals, std::span<const float> image, int label,
                        double maximum = 1.0);

struct CertifyRequest {
  double epsilon = 0.1;         ///< in [0,1], for `verified`
  double maximum_radius = 1.0;  ///< where the search for radii ends; 0: no search, radii stay empty
  MakeMarginBounds bounds = interval_margins;  ///< or linear_margins (linear_pass.h)
  std::size_t together = kShard;  ///< images that a thread takes at a time, 1 to kShard
};

/// One value an image.
struct Certificates {
  std::vector<std::uint8_t> correct;   ///< the image itself is classified as its label
  std::vector<std::uint8_t> verified;  ///< so is every image within epsilon
  std::vector<double> radius;          ///< certified_radii()
  double seconds = 0;                  ///< wall clock
};

/// Fractions of all images; radii over the correctly classified ones (0 where there are none).
struct CertifiedFigures {
  double accuracy = 0.0, verified_accuracy = 0.0;
  double mean_radius = 0.0, median_radius = 0.0;
};

/// Images N×H×W×C in [0,1]. The same result whatever the number of threads. An error where
/// something does not fit, or where `progress` said stop.
Result<Certificates> certify(const Sequential& network, const CertifyRequest& request,
                             const Tensor& images, std::span<const int> labels, ThreadPool& pool,
                             const Progress& progress = {});

CertifiedFigures summarise(const Certificates& certificates);

}  // namespace signflip
