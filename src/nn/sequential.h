// A network: layers one after the other, and their weights. How images and gradients travel through
// it is inference.h; training (weight gradients, batch statistics) is training_pass.h, which the
// WASM module does not link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "core/differentiable_model.h"
#include "nn/layers.h"

namespace signflip {

/// One layer of a network.
struct PlacedLayer : Placement {
  Layer layer;
};

/// Owns the values of a network. Weight matrices are "inputs × outputs" (backend/shapes.h).
class Sequential final : public DifferentiableModel {
 public:
  /// Checks that the layers fit each other; weights are zero (batch norm's: the identity).
  static Result<Sequential> create(Architecture architecture);
  /// The same checks of input and layers, and the layers in their places, without their values.
  static Result<std::vector<PlacedLayer>> place_layers(const Architecture& architecture);

  /// He initialisation (He et al. 2015): weights normal with deviation √(2/fan-in), biases 0.
  void initialise(std::uint64_t seed);
  /// For training on interval bounds (Shi et al. 2021, "Fast certified robust training with short
  /// warmup"): weights normal with deviation √(2π)/fan-in, so that bounds keep their width from
  /// layer to layer instead of growing by √fan-in; biases 0.
  void initialise_for_intervals(std::uint64_t seed);

  const Architecture& architecture() const { return architecture_; }
  /// Other names: of the network; of its classes, an error unless there are as many as outputs.
  void rename(std::string name) { architecture_.name = std::move(name); }
  Status rename_classes(std::vector<std::string> classes);
  const std::vector<PlacedLayer>& layers() const { return layers_; }
  ImageShape output_shape() const { return layers_.back().out; }
  std::size_t multiply_adds() const;

  /// All trainable values, layer after layer. After writing to them call prepare().
  std::span<float> parameters() { return parameters_; }
  std::span<const float> parameters() const { return parameters_; }
  /// Running means and variances of batch norm.
  std::span<float> statistics() { return statistics_; }
  std::span<const float> statistics() const { return statistics_; }

  /// Makes the weights ready for the kernels.
  void prepare();
  /// The same for some rows of a dense layer's weights, or all of another's: threads that each take
  /// other rows share the work.
  void prepare(std::size_t layer, RowRange rows);

  ImageShape input_shape() const override { return architecture_.input; }
  int classes() const override { return static_cast<int>(output_shape().size()); }
  std::unique_ptr<Pass> new_pass(std::size_t capacity) const override;

  /// The layer's values, for `count` images; memory is the caller's to add.
  LayerCall call(std::size_t layer, std::size_t count) const;
  /// Packed copies of a weight matrix, which the kernels read.
  const float* packed_forward(std::size_t layer) const {
    return packed_.data() + packed_layers_[layer].forward;
  }
  const float* packed_transposed(std::size_t layer) const {
    return packed_.data() + packed_layers_[layer].transposed;
  }
  /// Batch norm at inference: C values each.
  const float* channel_scale(std::size_t layer) const {
    return affine_.data() + layers_[layer].statistics;
  }
  const float* channel_shift(std::size_t layer) const {
    return channel_scale(layer) + layers_[layer].shape.columns;
  }
  /// Input normalisation as scale and shift; empty where there is none.
  std::span<const float> input_scale() const { return input_scale_; }
  std::span<const float> input_shift() const { return input_shift_; }

 private:
  Sequential() = default;

  /// Where a layer's packed copies begin in packed_.
  struct Packed {
    std::size_t forward = 0;
    std::size_t transposed = 0;
  };

  Status make_normalisation();
  void allocate();
  template <class Deviation>
  void draw_weights(std::uint64_t seed, Deviation deviation_of_fan_in);

  Architecture architecture_;
  std::vector<PlacedLayer> layers_;
  AlignedFloats parameters_;
  std::vector<float> statistics_;
  AlignedFloats affine_;  // laid out like statistics_: scale, then shift
  std::vector<Packed> packed_layers_;
  AlignedFloats packed_;  // each layer's from a cache line on
  std::vector<float> input_scale_, input_shift_;
};

}  // namespace signflip
