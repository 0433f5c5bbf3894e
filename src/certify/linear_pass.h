// Margins by linear bounds over interval bounds (CROWN; Zhang et al. 2018, "Efficient neural
// network robustness certification with general activation functions"). A value of the network,
// such as a margin, is followed back through the layers as a linear function that is never above
// it: affine layers exactly, those with kinks by a line below or above them between the bounds of
// their input. At the image, or at a layer without such a rule (linear_layers.h), the interval
// bounds there make a number of it. Inputs of kinks that intervals leave on both sides are bounded
// so, too, layer after layer. Tighter than intervals for networks that were not trained on these,
// and hundreds of times dearer.
#pragma once

#include <vector>

#include "certify/interval_pass.h"
#include "certify/linear_layers.h"

namespace signflip {

/// The greater of both bounds: never looser than intervals alone.
class LinearPass final : public MarginBounds {
 public:
  /// `intervals`, made for certificates, must outlive the pass.
  LinearPass(const IntervalNetwork& intervals, std::size_t capacity);

  std::span<const float> margins(std::span<const float> images, std::span<const int> labels,
                                 std::size_t count, std::span<const double> epsilons) override;

  const Sequential& network() const override { return intervals_.network(); }

 private:
  struct Kept {
    std::vector<float> centre, radius;
    Interval interval() { return {centre.data(), radius.data()}; }
  };

  void bound_layers(std::span<const float> image, double epsilon);
  void tighten(std::size_t layer);
  std::size_t follow_back(std::size_t layers);
  void raise(int label, std::span<float> margins);

  const IntervalNetwork& intervals_;
  IntervalPass plain_;
  IntervalScratch scratch_;
  std::vector<Kept> at_;  ///< intervals at each layer's input, then at the output
  Kept input_;            ///< a copy that a layer may destroy
  std::vector<LinearBounds::Matrix> weights_;
  std::vector<Eigen::VectorXd> rounding_;  ///< of each affine layer, on this image
  LinearBounds bounds_;
  std::vector<float> margins_;
};

/// For CertifyRequest::bounds.
std::unique_ptr<MarginBounds> linear_margins(const IntervalNetwork& intervals,
                                             std::size_t capacity);

}  // namespace signflip
