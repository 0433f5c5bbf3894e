// y = x·W + b.
#pragma once

#include "nn/layers/rules.h"

namespace signflip {

/// Needs a 1×1×U input (put a flatten before it).
struct Dense {
  static constexpr std::string_view kType = "dense";
  static constexpr LayerTraits kTraits = {.weights = true, .packed = true, .row_gradients = true};

  int units = 0;
  bool operator==(const Dense&) const = default;

  template <class Fields>
  void fields(Fields& field) {
    field("units", units);
  }

  Result<ImageShape> output_shape(ImageShape in) const;
  WeightShape weight_shape(ImageShape in) const;
  WeightTensor weight_tensor(const Placement& place) const;
  std::size_t multiply_adds(ImageShape in) const { return weight_shape(in).weight(); }
  bool overwrites_input(const Placement&) const { return false; }

  void plan(Placement& place) const;
  PackedSize packed_size(const Placement& place) const;
  void pack(const Placement& place, RowRange rows, const float* weight, float* forward,
            float* transposed) const;
  LayerMemory memory(const Placement&) const { return {}; }

  void forward(const LayerCall& call, const float* x, float* y) const;
  void input_gradient(const LayerCall& call, const float* y, const float* dy, float* dx) const;

  /// The gradient in two steps: first dy is packed (kept) and added to dbias …
  TrainingMemory training_memory(const Placement& place, std::size_t capacity) const;
  void weight_gradient(const TrainingCall& call, const float* x, const float* dy, float* dweight,
                       float* dbias) const;
  /// … then some rows of it are added to `sum`, which holds these rows alone.
  void add_row_gradients(const TrainingCall& call, RowRange rows, const float* x, float* sum) const;
};

DenseShape dense_shape(const Placement& place);

/// The weights as the kernels read them.
PreparedDense prepared_dense(const LayerCall& call);

}  // namespace signflip
