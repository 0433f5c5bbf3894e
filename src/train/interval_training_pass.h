// Interval bounds of a shard through a network in training, and their gradients back to the
// weights, by the rules of certify/layers. Keeps each layer's bounds for the gradients. Not a loss:
// interval_training.h makes one of the margins.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "certify/interval_network.h"

namespace signflip {

class IntervalTrainingPass {
 public:
  /// `intervals`, made for training, must outlive the pass and be up to date in each forward().
  IntervalTrainingPass(const IntervalNetwork& intervals, std::size_t capacity);

  /// Lower bounds of z[label] − z[k] within epsilon, N×K, as IntervalPass::margins(). Batch norm
  /// takes `statistics` of `count` images, laid out like TrainingPass::batch_statistics(); dropout
  /// does nothing: bounds are those of the network at inference. `labels` must live until
  /// backward().
  std::span<const float> forward(std::span<const float> images, std::span<const int> labels,
                                 std::size_t count, double epsilon,
                                 std::span<const float> statistics);

  /// After forward(): adds the gradient with respect to the parameters, given the loss's gradient
  /// at the margins (its entry for the label's own margin, a constant, is ignored). Returns the
  /// gradient with respect to the statistics, laid out like them: TrainingPass takes it further.
  std::span<const float> backward(std::span<const float> dmargins, std::span<float> gradients);

 private:
  Interval output_of(std::size_t stage);
  IntervalTrainingCall call(std::size_t layer);
  void make_batch_affine(std::size_t layer, std::span<const float> statistics);
  void last_layer_backward(std::span<const float> dmargins, Interval dx, float* dweight,
                           float* dbias);
  void add_weight_gradient(std::size_t layer, Interval dy, std::span<float> gradients);
  void input_gradient(std::size_t layer, Interval dy, Interval dx);

  const IntervalNetwork& intervals_;
  std::size_t count_ = 0;
  std::size_t first_trainable_;
  bool elided_;
  std::span<const int> labels_;
  IntervalScratch scratch_;
  std::vector<std::size_t> source_;           // buffer of the input, then of each layer's output
  std::vector<std::vector<float>> buffers_;   // centres, then radii
  std::vector<std::vector<int>> winners_[2];  // of max pooling: lower bounds, upper bounds
  std::vector<float> gradients_[2];           // of the backward pass: centres, then radii
  std::vector<float> norms_;     // batch norm: mean, 1/deviation, scale and shift of each channel
  std::vector<float> absolute_;  // gradients with respect to |W|, laid out like the parameters
  std::vector<float> dstatistics_;
  std::vector<float> packed_dy_, unused_bias_, margins_, row_;
};

}  // namespace signflip
