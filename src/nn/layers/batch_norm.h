// Batch normalisation over N, H, W for each channel (Ioffe and Szegedy 2015). In training the
// statistics are those of one shard of the batch (ghost batch norm, Hoffer et al. 2017).
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

constexpr float kBatchNormEpsilon = 1e-5F;  ///< PyTorch's default

/// All of it but the name, which in PyTorch depends on the shape of the input.
struct BatchNorm {
  static constexpr LayerTraits kTraits = {
      .weights = true, .statistics = true, .trains_otherwise = true, .initial_weight = 1.0F};

  float epsilon = kBatchNormEpsilon;  ///< added to the variance
  bool affine = true;                 ///< has a weight and a bias; without them they are 1 and 0
  bool operator==(const BatchNorm&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field.optional("eps", epsilon, kBatchNormEpsilon);
    field.optional("affine", affine, true);
  }

  /// output_shape() of the layer of that name, which takes flat input alone or any.
  Result<ImageShape> check(std::string_view type, ImageShape in, bool flat) const;
  WeightShape weight_shape(ImageShape in) const;
  WeightTensor weight_tensor(const Placement& place) const;
  std::size_t multiply_adds(ImageShape in) const { return in.size(); }
  bool overwrites_input(const Placement&) const { return false; }
  LayerMemory memory(const Placement&) const { return {}; }

  /// Running mean and variance, weight and bias to what inference multiplies by and adds. Neither
  /// weight nor bias is read where the layer is not affine.
  void make_affine(std::size_t channels, const float* statistics, const float* weight,
                   const float* bias, float* scale, float* shift) const;
  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;

  TrainingMemory training_memory(const Placement& place, std::size_t capacity) const;
  void train_forward(const TrainingCall& call, const float* x, float* y) const;
  void train_input_gradient(const TrainingCall& call, const float* x, const float* dy,
                            float* dx) const;
  /// Adds to `dx` what a gradient with respect to the batch's statistics, mean and unbiased
  /// variance of each channel, is at the layer's input.
  void add_statistics_gradient(const TrainingCall& call, const float* x, const float* dstatistics,
                               float* dx) const;
  void weight_gradient(const TrainingCall& call, const float* x, const float* dy, float* dweight,
                       float* dbias) const;
};

/// torch.nn.BatchNorm2d: of images.
struct BatchNorm2d : BatchNorm {
  static constexpr std::string_view kType = "batchnorm2d";

  bool operator==(const BatchNorm2d&) const = default;

  Result<ImageShape> output_shape(ImageShape in) const { return check(kType, in, false); }
};

/// torch.nn.BatchNorm1d: of a flat input, as behind a dense layer.
struct BatchNorm1d : BatchNorm {
  static constexpr std::string_view kType = "batchnorm1d";

  bool operator==(const BatchNorm1d&) const = default;

  Result<ImageShape> output_shape(ImageShape in) const { return check(kType, in, true); }
};

}  // namespace signflip
