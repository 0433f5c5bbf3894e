// A network: layers one after the other, their weights, and how images and gradients travel
// through it at inference. Training (weight gradients, batch statistics) is training_pass.h, which
// the WASM module does not link.
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

/// One layer in its place: shapes, and where its values lie in the network's arrays.
struct PlacedLayer {
  Layer layer;
  ImageShape in, out;
  WeightShape shape;
  std::size_t weight = 0;      ///< offset of the weight matrix in parameters()
  std::size_t bias = 0;        ///< offset of the bias
  std::size_t statistics = 0;  ///< batch norm: offset of running mean, then variance
  bool in_place = false;       ///< the output overwrites the input, and the gradient likewise
};

/// What the kernels want to know of a placed convolution or dense layer.
Conv2dShape conv_shape(const Conv2d& layer, const PlacedLayer& placed);
DenseShape dense_shape(const PlacedLayer& placed);

/// Floats that the kernels' copies of a convolution's or dense layer's weights take.
struct PackedSize {
  std::size_t forward = 0;
  std::size_t transposed = 0;
};
PackedSize packed_size(const PlacedLayer& placed);
/// Makes these copies of the weight matrix; `transposed` may be null. Some rows of a dense layer's
/// go alone, a convolution's only all together.
void pack_weights(const PlacedLayer& placed, RowRange rows, const float* weight, float* forward,
                  float* transposed);

/// Owns the values of a network. Weight matrices are "inputs × outputs" (backend/shapes.h).
class Sequential final : public DifferentiableModel {
 public:
  /// Checks that the layers fit each other; weights are zero (batch norm's: the identity).
  static Result<Sequential> create(Architecture architecture);

  /// He initialisation (He et al. 2015): weights normal with deviation √(2/fan-in), biases 0.
  void initialise(std::uint64_t seed);
  /// For training on interval bounds (Shi et al. 2021, "Fast certified robust training with short
  /// warmup"): weights normal with deviation √(2π)/fan-in, so that bounds keep their width from
  /// layer to layer instead of growing by √fan-in; biases 0.
  void initialise_for_intervals(std::uint64_t seed);

  const Architecture& architecture() const { return architecture_; }
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

  /// What the kernels read; offsets into packed(), for conv2d and dense.
  struct Packed {
    std::size_t forward = 0;
    std::size_t transposed = 0;
  };
  const float* packed_forward(std::size_t layer) const {
    return packed_.data() + packed_layers_[layer].forward;
  }
  const float* packed_transposed(std::size_t layer) const {
    return packed_.data() + packed_layers_[layer].transposed;
  }
  /// Batch norm at inference as scale and shift, C values each.
  const float* channel_scale(std::size_t layer) const { return packed_forward(layer); }
  const float* channel_shift(std::size_t layer) const { return packed_transposed(layer); }
  /// Input normalisation as scale and shift; empty where there is none.
  std::span<const float> input_scale() const { return input_scale_; }
  std::span<const float> input_shift() const { return input_shift_; }

 private:
  Sequential() = default;

  template <class Deviation>
  void draw_weights(std::uint64_t seed, Deviation deviation_of_fan_in);

  Architecture architecture_;
  std::vector<PlacedLayer> layers_;
  AlignedFloats parameters_;
  std::vector<float> statistics_;
  std::vector<Packed> packed_layers_;
  AlignedFloats packed_;  // each layer's from a cache line on
  std::vector<float> input_scale_, input_shift_;
};

/// Memory for the activations of up to `capacity` images: one buffer for the input and each layer.
/// Layers that work in place share their input's buffer. One block, not cleared, for attacks on
/// single images come and go: every value is written before it is read.
class Activations {
 public:
  Activations(const Sequential& network, std::size_t capacity);

  std::size_t capacity() const { return capacity_; }
  /// The (normalised) input of the first layer, then each layer's output.
  float* input() { return at(buffers_[0]); }
  float* input_of(std::size_t layer) { return at(buffers_[source_[layer]]); }
  float* output_of(std::size_t layer) { return at(buffers_[source_[layer + 1]]); }
  /// Max pooling's winners.
  std::int32_t* winners_of(std::size_t layer) { return winners_.get() + first_winner_[layer]; }
  float* scratch() { return at(scratch_); }
  /// Two buffers that gradients alternate between on their way back.
  float* gradient(int which) { return at(gradients_[which]); }

 private:
  float* at(std::size_t offset) { return floats_.get() + offset; }

  std::size_t capacity_;
  std::vector<std::size_t> source_;   // buffer of the network's input, then of each layer's output
  std::vector<std::size_t> buffers_;  // their offsets in floats_
  std::vector<std::size_t> first_winner_;
  std::size_t scratch_ = 0;
  std::size_t gradients_[2] = {};
  AlignedMemory floats_;
  std::unique_ptr<std::int32_t[]> winners_;
};

/// Images (pixels in [0,1]) to the output of the last layer, at inference.
std::span<const float> forward(const Sequential& network, std::span<const float> images,
                               std::size_t count, Activations& activations);

/// Writes the normalised images into activations.input().
void normalise_input(const Sequential& network, std::span<const float> images, std::size_t count,
                     Activations& activations);

/// One layer forward at inference, on the buffers of `activations`.
void forward_layer(const Sequential& network, std::size_t layer, std::size_t count,
                   Activations& activations);

/// One layer's input gradient; dx and dy are the same memory just where the layer is in_place.
void layer_input_gradient(const Sequential& network, std::size_t layer, std::size_t count,
                          const float* dy, float* dx, Activations& activations);

/// The gradient with respect to the pixels, after forward() on the same activations.
void input_gradient(const Sequential& network, std::span<const float> doutput, std::size_t count,
                    Activations& activations, std::span<float> dimages);

}  // namespace signflip
