// The backend seam: what a device does, as two tables of coarse functions chosen once. The second
// table, for training, is a separate symbol so that the WASM module does not link it.
//
// Only what deserves a fast kernel is here (the matrix products inside convolutions and dense
// layers, ReLU and pooling); every backend may use reference.h for the rest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/shapes.h"

namespace signflip {

/// What comes back through the pool of a convolution whose shape is `pooled`: its gradient, winners
/// and, where ReLU comes before it, output.
struct PooledGradient {
  const float* dy;
  const std::int32_t* winner;
  const float* y = nullptr;
};

/// Forward and input gradients. Weights come packed: into the order in which the kernels read them.
struct Ops {
  const char* name;  ///< "avx512", "avx2", "generic" …

  /// Floats that a dense layer's packed matrix takes, and its packed transpose.
  std::size_t (*packed_size)(const DenseShape& shape);
  std::size_t (*packed_transposed_size)(const DenseShape& shape);
  /// Packs some rows of a dense layer's matrix, inputs × outputs, for the forward product.
  void (*pack)(const DenseShape& shape, RowRange rows, const float* matrix, float* packed);
  /// Packs the same rows into its transpose, outputs × inputs, for the input gradient.
  void (*pack_transposed)(const DenseShape& shape, RowRange rows, const float* matrix,
                          float* packed);
  /// The whole matrix of a convolution, which is patch × filters.
  std::size_t (*conv2d_packed_size)(const Conv2dShape& shape);
  void (*conv2d_pack)(const Conv2dShape& shape, const float* matrix, float* packed);
  std::size_t (*conv2d_packed_transposed_size)(const Conv2dShape& shape);
  void (*conv2d_pack_transposed)(const Conv2dShape& shape, const float* matrix, float* packed);

  /// By how much rounding in conv2d_forward() can exceed that of plain sums, where the shape is not
  /// plain: an output's error is at most the plain one or this · max |x| of the image · Σ |weights|
  /// of the filter, whichever is larger. 0 where sums are plain anyway.
  float (*conv2d_rounding)(const Conv2dShape& shape);

  /// Floats of scratch memory that all kernels of a convolution need, whatever the batch size.
  std::size_t (*conv2d_scratch)(const Conv2dShape& shape);
  /// `packed` was made of `matrix`; some backends read the one, some the other, some both.
  /// `scratch` holds conv2d_scratch() floats.
  void (*conv2d_forward)(const Conv2dShape& shape, std::size_t count, const float* x,
                         const float* matrix, const float* packed, const float* bias, float* y,
                         float* scratch);
  void (*conv2d_input_gradient)(const Conv2dShape& shape, std::size_t count, const float* dy,
                                const float* packed_transposed, float* dx, float* scratch);
  /// The same through ReLU and pool at once, where the shape is `pooled`.
  void (*conv2d_pooled_input_gradient)(const Conv2dShape& shape, std::size_t count,
                                       const PooledGradient& pooled, const float* packed_transposed,
                                       float* dx, float* scratch);
  /// The matrix twice, too.
  void (*dense_forward)(const DenseShape& shape, std::size_t count, const float* x,
                        const float* matrix, const float* packed, const float* bias, float* y);
  void (*dense_input_gradient)(const DenseShape& shape, std::size_t count, const float* dy,
                               const float* packed_transposed, float* dx);
  /// As in reference.h, where a compiler cannot vectorise them because they may work in place.
  void (*relu_forward)(std::size_t size, const float* x, float* y);
  void (*relu_input_gradient)(std::size_t size, const float* y, const float* dy, float* dx);
  /// Also notes where in each image the maxima came from; the first of equal values wins.
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
  void (*conv2d_weight_gradient)(const Conv2dShape& shape, std::size_t count, const float* x,
                                 const float* dy, float* dweight, float* dbias, float* scratch,
                                 float* dy_packed);
  /// A dense layer's in two steps, so that threads can share the second and nobody has to keep a
  /// gradient as large as the weights: first dy, count × outputs, is packed and added to dbias …
  void (*dense_gradient_pack)(const DenseShape& shape, std::size_t count, const float* dy,
                              float* dbias, float* dy_packed);
  /// … then each row of xᵀ·dy is a matter of its own. `dweight` holds these rows alone.
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
