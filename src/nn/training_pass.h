// One shard of a training batch through the network: forward with batch statistics and
// dropout, backward to the weights. A shard is the work of one thread; the trainer adds
// up the shards' gradients in their order, so results do not depend on the number of threads.
//
// A dense layer's weight gradient is a product of two small matrices that is as large as the
// weights. It is made only when it is asked for, piece by piece, and never stored.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/rng.h"
#include "nn/inference.h"
#include "nn/parameter_pieces.h"

namespace signflip {

class TrainingPass {
 public:
  TrainingPass(const Sequential& network, std::size_t capacity);

  /// Images in [0,1] to outputs; `rng` draws the dropout masks.
  std::span<const float> forward(std::span<const float> images, std::size_t count, Rng rng);

  /// After forward(): makes the weights' gradients, given the loss's gradient at the outputs. Where
  /// `dimages` is not empty it also gets the gradient with respect to the pixels. Where the loss
  /// depends on batch_statistics() directly, too, `dstatistics` is its gradient with respect to
  /// them.
  void backward(std::span<const float> doutput, std::span<float> dimages = {},
                std::span<const float> dstatistics = {});

  /// After backward() and before the next forward(): adds the gradients of these parameters to
  /// `sum`, piece.size() floats. Several threads may ask, each for its own `sum`.
  void add_gradients(const ParameterPiece& piece, float* sum);
  /// Adds those of all parameters, laid out like Sequential::parameters().
  void add_gradients(std::span<float> sum);

  /// Mean and unbiased variance of the last forward(), laid out like Sequential::statistics().
  std::span<const float> batch_statistics() const { return batch_statistics_; }

  std::size_t capacity() const { return activations_.capacity(); }

 private:
  TrainingCall call(std::size_t layer);
  void train_layer(std::size_t layer);
  void make_weight_gradient(std::size_t layer, const float* dy);
  void train_layer_input_gradient(std::size_t layer, const float* dy, float* dx,
                                  std::span<const float> dstatistics);

  const Sequential& network_;
  Activations activations_;
  std::size_t count_ = 0;
  std::size_t first_trainable_ = 0;
  // Of all parameters but dense layers' weights, layer after layer; where each layer's begin.
  std::vector<float> gradients_;
  std::vector<std::size_t> first_gradient_;
  std::vector<float> batch_statistics_;
  std::vector<std::vector<float>> kept_;  // each layer's TrainingMemory::kept
  std::vector<float> shared_;
  Rng rng_{0};
};

}  // namespace signflip
