// Two-dimensional cross-correlation with bias.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

/// y: (H+2p−k)/s+1 on each axis, `filters` channels.
struct Conv2d {
  static constexpr std::string_view kType = "conv2d";
  static constexpr LayerTraits kTraits = {.weights = true, .packed = true};

  int filters = 0;
  Size2 kernel;
  Size2 stride;
  Size2 padding{0, 0};
  bool operator==(const Conv2d&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field("filters", filters);
    field("kernel", kernel);
    field("stride", stride, Size2{1, 1});
    field("padding", padding, Size2{0, 0});
  }

  Result<ImageShape> output_shape(ImageShape in) const;
  WeightShape weight_shape(ImageShape in) const;
  WeightTensor weight_tensor(const Placement& place) const;
  std::size_t multiply_adds(ImageShape in) const;
  bool overwrites_input(const Placement&) const { return false; }

  /// Lets the kernels choose their algorithms, after place.fusion is known.
  void plan(Placement& place) const;
  PackedSize packed_size(const Placement& place) const;
  void pack(const Placement& place, RowRange rows, const float* weight, float* forward,
            float* transposed) const;
  LayerMemory memory(const Placement& place) const;

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;

  TrainingMemory training_memory(const Placement& place, std::size_t capacity) const;
  void weight_gradient(const TrainingCall& call, const float* x, const float* dy, float* dweight,
                       float* dbias) const;
};

Conv2dShape conv_shape(const Conv2d& layer, const Placement& place);

/// The weights as the kernels read them.
PreparedConv prepared_conv(const LayerCall& call);

}  // namespace signflip
