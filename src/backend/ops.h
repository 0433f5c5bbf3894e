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

/// Forward and input gradients. Weights come packed: into the order in which the kernels read them.
struct Ops {
  const char* name;  ///< "avx512", "avx2", "generic" …

  /// Floats that a dense layer's packed matrix of rows × columns takes.
  std::size_t (*packed_size)(std::size_t rows, std::size_t columns);
  /// Packs a row-major matrix rows × columns for the forward product.
  void (*pack)(const float* matrix, std::size_t rows, std::size_t columns, float* packed);
  /// Packs its transpose, columns × rows, for the input gradient.
  void (*pack_transposed)(const float* matrix, std::size_t rows, std::size_t columns,
                          float* packed);
  /// The same of a convolution, whose matrix is patch × filters.
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
  /// `scratch` holds conv2d_scratch() floats.
  void (*conv2d_forward)(const Conv2dShape& shape, std::size_t count, const float* x,
                         const float* packed, const float* bias, float* y, float* scratch);
  void (*conv2d_input_gradient)(const Conv2dShape& shape, std::size_t count, const float* dy,
                                const float* packed_transposed, float* dx, float* scratch);
  void (*dense_forward)(const DenseShape& shape, std::size_t count, const float* x,
                        const float* packed, const float* bias, float* y);
  void (*dense_input_gradient)(const DenseShape& shape, std::size_t count, const float* dy,
                               const float* packed_transposed, float* dx);
  /// As in reference.h, where a compiler cannot vectorise them because they may work in place.
  void (*relu_forward)(std::size_t size, const float* x, float* y);
  void (*relu_input_gradient)(std::size_t size, const float* y, const float* dy, float* dx);
  /// Also notes where in each image the maxima came from; the first of equal values wins.
  void (*maxpool_forward)(const PoolShape& shape, std::size_t count, const float* x, float* y,
                          std::int32_t* winner);
};

/// Weight gradients, added to dweight and dbias. `dy_padded` is scratch: training_scratch() floats.
struct TrainingOps {
  std::size_t (*training_scratch)(std::size_t rows, std::size_t columns);
  void (*conv2d_weight_gradient)(const Conv2dShape& shape, std::size_t count, const float* x,
                                 const float* dy, float* dweight, float* dbias, float* scratch,
                                 float* dy_padded);
  void (*dense_weight_gradient)(const DenseShape& shape, std::size_t count, const float* x,
                                const float* dy, float* dweight, float* dbias, float* dy_padded);
};

/// The fastest kernels that this processor runs. SIGNFLIP_KERNELS=generic|avx2|avx512 in the
/// environment overrides the choice (where the processor has it), for tests and measurements.
const Ops& cpu_ops();
const TrainingOps& cpu_training_ops();

}  // namespace signflip
