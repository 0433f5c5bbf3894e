// A network together with |W|, which interval bounds need beside its own weights; packed once for
// all threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "certify/layers/rules.h"
#include "core/aligned.h"
#include "nn/sequential.h"

namespace signflip {

/// Reads the network, which must outlive it. Only update() changes it.
class IntervalNetwork {
 public:
  enum class Purpose {
    certificates,  ///< bounds are widened so that they hold for the float32 network
    training,      ///< no widening; |W|ᵀ is packed too, for gradients
  };

  explicit IntervalNetwork(const Sequential& network, Purpose purpose = Purpose::certificates);

  /// Reads the weights again; call after each Sequential::prepare() on changed weights.
  void update();

  const Sequential& network() const { return *network_; }
  Purpose purpose() const { return purpose_; }

  /// One layer's values, for `count` images; memory is the caller's to add.
  IntervalCall call(std::size_t layer, std::size_t count) const;

  /// For conv2d and dense layers: |W|, and packed as Sequential packs W.
  const float* absolute(std::size_t layer) const {
    return absolute_.data() + network_->layers()[layer].weight;
  }
  const float* packed_absolute(std::size_t layer) const {
    return packed_.data() + places_[layer].forward;
  }
  /// Only for Purpose::training.
  const float* packed_absolute_transposed(std::size_t layer) const {
    return packed_.data() + places_[layer].transposed;
  }
  /// What rounding in adding the layer's bias may cost; zeros in training.
  const float* radius_bias(std::size_t layer) const {
    return radius_bias_.data() + places_[layer].bias;
  }

 private:
  struct Place {
    std::size_t forward = 0, transposed = 0, bias = 0;
  };

  const Sequential* network_;
  Purpose purpose_;
  std::vector<Place> places_;
  AlignedFloats packed_;
  std::vector<float> radius_bias_, absolute_;
};

/// Memory that one layer's step needs, for up to `capacity` images.
struct IntervalScratch {
  IntervalScratch(const Sequential& network, std::size_t capacity);

  /// Gives a layer's call its scratch memory and what residual blocks keep.
  void lend(IntervalCall& call);

  std::vector<float> scratch;
  std::vector<std::int32_t> winners;

 private:
  Interval carried(std::size_t offset);

  std::size_t capacity_;
  std::vector<float> carried_;  // centres, then radii
};

/// Intervals at the network's first layer, `count` images of input_shape(): epsilons[n] is image
/// n's radius in pixels (0 or less: the image itself).
void input_intervals(const IntervalNetwork& intervals, const float* images, std::size_t count,
                     const double* epsilons, Interval y);

/// Intervals through one layer as it is at inference: x (count × in) to y (count × out), which may
/// be the same memory unless its interval_step() is `apart`. Destroys x.
void interval_layer(const IntervalNetwork& intervals, std::size_t layer, std::size_t count,
                    Interval x, Interval y, IntervalScratch& scratch);

IntervalStep interval_step(const PlacedLayer& placed);

}  // namespace signflip
