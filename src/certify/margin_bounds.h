// What a certificate asks of bounds, however they are made.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace signflip {

class IntervalNetwork;
class Sequential;

/// One thread's lower bounds of margins. Not thread-safe; take one for each thread.
class MarginBounds {
 public:
  virtual ~MarginBounds() = default;

  /// Lower bounds of z[label] − z[k] over all images in [0,1] within epsilons[n] of image n in each
  /// value, N×K; 0 for k = label, −∞ where nothing is known. They hold for the float32 logits that
  /// the network computes, in whatever order its kernels add up. Images are N×H×W×C in [0,1];
  /// 1 ≤ count ≤ the capacity that it was made for. Valid until the next call.
  virtual std::span<const float> margins(std::span<const float> images, std::span<const int> labels,
                                         std::size_t count, std::span<const double> epsilons) = 0;

  virtual const Sequential& network() const = 0;
};

/// Makes such bounds for one thread; `intervals`, made for certificates, must outlive them.
using MakeMarginBounds = std::unique_ptr<MarginBounds> (*)(const IntervalNetwork& intervals,
                                                           std::size_t capacity);

/// By interval bounds alone (interval_pass.h).
std::unique_ptr<MarginBounds> interval_margins(const IntervalNetwork& intervals,
                                               std::size_t capacity);

}  // namespace signflip
