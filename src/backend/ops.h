// The backend seam: two tables of kernels, chosen once per process for the processor. The second
// table, for training, is a separate symbol so that the WASM module does not link it.
//
// Only what deserves a fast kernel is here (the matrix products inside convolutions and dense
// layers, ReLU and pooling); plain_ops.h defines them, and is what runs for the rest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/plans.h"
#include "backend/shapes.h"

namespace signflip {

/// What comes back through the pool behind a convolution with Fusion::pool: its gradient, winners
/// and, where ReLU comes before it, output.
struct PooledGradient {
  const float* dy;
  const std::int32_t* winner;
  const float* y = nullptr;
};

/// Forward and input gradients. Weights come packed: into the order in which the kernels read them.
struct Ops {
  const char* name;  ///< "avx512", "avx2", "generic" …

  /// Chooses the algorithms. Plans of one shape and fusion read the same packed weights, whatever
  /// `sums` is.
  ConvPlan (*plan_conv2d)(const Conv2dShape& shape, Fusion fusion, Sums sums);
  DensePlan (*plan_dense)(const DenseShape& shape);

  /// Packs a convolution's matrix for the forward product, and for the input gradient.
  void (*conv2d_pack)(const ConvPlan& plan, const float* matrix, float* packed);
  void (*conv2d_pack_transposed)(const ConvPlan& plan, const float* matrix, float* packed);
  /// The same of some rows of a dense layer's matrix.
  void (*dense_pack)(const DensePlan& plan, RowRange rows, const float* matrix, float* packed);
  void (*dense_pack_transposed)(const DensePlan& plan, RowRange rows, const float* matrix,
                                float* packed);

  void (*conv2d_forward)(const PreparedConv& conv, std::size_t count, const float* x,
                         const float* bias, float* y, float* scratch);
  void (*conv2d_input_gradient)(const PreparedConv& conv, std::size_t count, const float* dy,
                                float* dx, float* scratch);
  /// The same through ReLU and pool at once, with Fusion::pool.
  void (*conv2d_pooled_input_gradient)(const PreparedConv& conv, std::size_t count,
                                       const PooledGradient& pooled, float* dx, float* scratch);
  void (*dense_forward)(const PreparedDense& dense, std::size_t count, const float* x,
                        const float* bias, float* y);
  void (*dense_input_gradient)(const PreparedDense& dense, std::size_t count, const float* dy,
                               float* dx);
  /// As in plain_ops.h, where a compiler cannot vectorise them because they may work in place.
  void (*relu_forward)(std::size_t size, const float* x, float* y);
  void (*relu_input_gradient)(std::size_t size, const float* y, const float* dy, float* dx);
  /// Also writes where in each image the maxima came from; the first of equal values wins.
  void (*maxpool_forward)(const PoolShape& shape, std::size_t count, const float* x, float* y,
                          std::int32_t* winner);
};

/// One step of Adam (Kingma and Ba 2015) or AdamW, as every parameter takes it:
/// g ← g + decay·w, m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← shrink·w − rate·m/(√(second·v) + ε).
struct AdamStep {
  float beta1, beta2, epsilon;
  float decay;   ///< weight decay that is added to the gradient
  float shrink;  ///< AdamW's: 1 − learning rate · weight decay; else 1
  float rate;    ///< learning rate / (1 − β₁ᵗ)
  float second;  ///< 1 / (1 − β₂ᵗ)
};

/// Weight gradients, added to dweight and dbias, and the optimiser's step.
struct TrainingOps {
  /// Floats that a gradient of rows × columns takes when it is packed.
  std::size_t (*packed_gradient_size)(std::size_t rows, std::size_t columns);
  /// `dy_packed` is scratch for one image's gradient, pixels × filters.
  void (*conv2d_weight_gradient)(const ConvPlan& plan, std::size_t count, const float* x,
                                 const float* dy, float* dweight, float* dbias, float* scratch,
                                 float* dy_packed);
  /// A dense layer's in two steps, so that threads can share the second and no gradient as large as
  /// the weights is stored: first dy, count × outputs, is packed and added to dbias …
  void (*dense_gradient_pack)(const DenseShape& shape, std::size_t count, const float* dy,
                              float* dbias, float* dy_packed);
  /// … then any rows of xᵀ·dy can be made. `dweight` holds these rows alone.
  void (*dense_weight_gradient)(const DenseShape& shape, std::size_t count, RowRange rows,
                                const float* x, const float* dy_packed, float* dweight);
  /// Gradients, weights and both moments of `size` parameters, in memory that does not overlap.
  void (*adam)(const AdamStep& step, std::size_t size, const float* gradient, float* weight,
               float* first, float* second);
};

/// The fastest kernels that this processor runs. SIGNFLIP_KERNELS=generic|avx2|avx512 in the
/// environment overrides the choice (where the processor has it), for tests and measurements.
const Ops& cpu_ops();
const TrainingOps& cpu_training_ops();

}  // namespace signflip
