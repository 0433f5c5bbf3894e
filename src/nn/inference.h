// How images and gradients travel through a network at inference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "nn/sequential.h"

namespace signflip {

/// Memory for the activations of up to `capacity` images: one buffer for the input and each layer.
/// Layers that work in place share their input's buffer. One block, not cleared, because an
/// attack on a single image makes one: every value is written before it is read.
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
  /// What residual blocks carry; `offset` as in Placement::carried.
  float* carried(std::size_t offset) { return at(carried_) + capacity_ * offset; }
  /// Two buffers that gradients alternate between on their way back.
  float* gradient(int which) { return at(gradients_[which]); }

 private:
  float* at(std::size_t offset) { return floats_.get() + offset; }

  std::size_t capacity_;
  std::vector<std::size_t> source_;   // buffer of the network's input, then of each layer's output
  std::vector<std::size_t> buffers_;  // their offsets in floats_
  std::vector<std::size_t> first_winner_;
  std::size_t scratch_ = 0, carried_ = 0;
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

/// The gradient with respect to the pixels, of that with respect to the normalised images.
void pixel_gradient(const Sequential& network, const float* gradient, std::size_t count,
                    std::span<float> dimages);

/// A layer's values together with its memory in `activations`.
LayerCall layer_call(const Sequential& network, std::size_t layer, std::size_t count,
                     Activations& activations);

/// One layer forward at inference, on the buffers of `activations`.
void forward_layer(const Sequential& network, std::size_t layer, std::size_t count,
                   Activations& activations);

/// One layer's input gradient; dx and dy are the same memory exactly if the layer is in_place.
void layer_input_gradient(const Sequential& network, std::size_t layer, std::size_t count,
                          const float* dy, float* dx, Activations& activations);

/// The gradient with respect to the pixels, after forward() on the same activations.
void input_gradient(const Sequential& network, std::span<const float> doutput, std::size_t count,
                    Activations& activations, std::span<float> dimages);

}  // namespace signflip
