// Interval bound propagation (IBP; Gowal et al. 2019, "Scalable verified training for provably
// robust image classification"): sound bounds of a network's outputs over all images within an L∞
// ball. Costs two forward passes; how tight the bounds are depends on the training.
#pragma once

#include <span>
#include <vector>

#include "certify/interval_network.h"
#include "certify/margin_bounds.h"

namespace signflip {

/// N×K, valid until the pass is next used.
struct OutputBounds {
  std::span<const float> lower, upper;
};

/// One thread's bounds of a network. Not thread-safe; take one for each thread.
///
/// The bounds hold for every image x' in [0,1] with |x'−x| ≤ epsilon in each value, for the float32
/// logits that the network computes for it, in whatever order its kernels add up; so no attack
/// can leave them. Images are N×H×W×C in [0,1]; where the arithmetic overflows or an
/// image is not finite, bounds are ∓∞. 1 ≤ count ≤ capacity, 0 ≤ label < K.
class IntervalPass final : public MarginBounds {
 public:
  /// `intervals`, made for certificates, must outlive the pass.
  IntervalPass(const IntervalNetwork& intervals, std::size_t capacity);

  OutputBounds bounds(std::span<const float> images, std::size_t count, double epsilon);

  /// Lower bounds of z[label] − z[k], N×K; 0 for k = label.
  std::span<const float> margins(std::span<const float> images, std::span<const int> labels,
                                 std::size_t count, double epsilon);
  /// The same with a radius of its own for each image.
  std::span<const float> margins(std::span<const float> images, std::span<const int> labels,
                                 std::size_t count, std::span<const double> epsilons) override;

  const Sequential& network() const override { return intervals_.network(); }
  std::size_t capacity() const { return capacity_; }

 private:
  Interval propagate(std::span<const float> images, std::size_t count,
                     std::span<const double> epsilons, std::size_t layers);

  const IntervalNetwork& intervals_;
  std::size_t capacity_;
  IntervalScratch scratch_;
  std::vector<float> buffers_[2];  // centres, then radii; layers alternate between them
  std::vector<float> first_, second_;
  std::vector<double> epsilons_;
};

/// Whether these margins (K values of one image) prove its label: each other class's is positive.
/// A tie proves nothing, for argmax may break it either way. Rounding is in the margins already;
/// what is left, underflow, is far below the 1e-20 asked for.
bool verified(std::span<const float> margins, int label);

}  // namespace signflip
