// Two-dimensional cross-correlation. What nearly every network has (one group, no dilation, the
// same padding on both sides) runs in the fast kernels of backend/ops.h, the rest in
// backend/grouped_conv.h.
#pragma once

#include "backend/grouped_conv.h"

#include "nn/layers/rules.h"

namespace signflip {

/// y: (H+2p−d(k−1)−1)/s+1 on each axis, `filters` channels.
struct Conv2d {
  static constexpr std::string_view kType = "conv2d";
  static constexpr LayerTraits kTraits = {.weights = true, .packed = true};

  int filters = 0;
  Size2 kernel;
  Size2 stride{1, 1};
  Size2 padding{0, 0};   ///< on each side; 0 where `same`
  bool same = false;     ///< pads to the input's height and width, where odd one more behind
  Size2 dilation{1, 1};  ///< distance of neighbouring taps
  int groups = 1;        ///< of channels and of filters, each group of filters sees its channels
  bool bias = true;
  bool operator==(const Conv2d&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field("filters", filters);
    field("kernel", kernel);
    field("stride", stride, Size2{1, 1});
    field("padding", padding, same);
    field.optional("dilation", dilation, Size2{1, 1});
    field.optional("groups", groups, 1);
    field.optional("bias", bias, true);
  }

  Result<ImageShape> output_shape(ImageShape in) const;
  WeightShape weight_shape(ImageShape in) const;
  WeightTensor weight_tensor(const Placement& place) const;
  std::size_t multiply_adds(ImageShape in) const;
  bool overwrites_input(const Placement&) const { return false; }

  /// Whether the kernels of backend/ops.h run it.
  bool ordinary() const;
  /// Height and width of what one output sees.
  Size2 extent() const;
  /// Padding before the first row and column.
  Size2 padding_before() const;

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
GroupedConv2dShape grouped_shape(const Conv2d& layer, const Placement& place);

/// The weights as the kernels read them.
PreparedConv prepared_conv(const LayerCall& call);

/// What is added to each output: zeros where the layer has no bias.
const float* conv_bias(const Conv2d& layer, const LayerCall& call);

}  // namespace signflip
