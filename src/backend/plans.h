// What the kernels decide about a product before they run it: once per layer, in Ops::plan_conv2d()
// and Ops::plan_dense(). Callers hand plans back to the kernels and read only what is marked
// public; cpu/README.md says which algorithm is chosen when.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/shapes.h"

namespace signflip {

/// What comes behind a convolution and shares its input gradient.
enum class Fusion : std::uint8_t {
  none,
  pool,  ///< a max pool of 2×2 windows with stride 2, perhaps behind ReLU; the stride is 1
};

/// How a convolution may be summed.
enum class Sums : std::uint8_t {
  fastest,
  plain,  ///< the products themselves: for callers that rely on the sum's sign or error bound
};

enum class ConvForward : std::uint8_t {
  panels,    ///< matrix product of patches, in panels of filters
  planar,    ///< vectors of pixels, for few filters
  winograd,  ///< transformed tiles, for 5×5 kernels
};

enum class ConvBackward : std::uint8_t {
  patches,  ///< products scattered patch by patch, without what is zero where that pays
  alive,    ///< the same, always without what is zero
  all,      ///< small patches, zeros included
  cells,    ///< a forward product of dy
};

struct ConvPlan {
  Conv2dShape shape;                  ///< public
  Fusion fusion = Fusion::none;       ///< public: none where it was asked for but is not possible
  std::size_t packed = 0;             ///< public: floats of the packed weights
  std::size_t packed_transposed = 0;  ///< public: and of their transpose
  std::size_t scratch = 0;  ///< public: floats of memory that all kernels need, for any batch size
  /// Public: by how much rounding in conv2d_forward() can exceed that of plain sums: an output's
  /// error is at most the plain one or this · max |x| of the image · Σ |weights| of the filter,
  /// whichever is larger. 0 where sums are plain.
  float rounding = 0.0F;

  ConvForward forward = ConvForward::panels;
  ConvBackward backward = ConvBackward::patches;
  /// An image, its dy behind `patches`, and a dy for the weights: if at most so many values are not
  /// zero, zeros are skipped. The first is −1 where they never are.
  std::ptrdiff_t skip_inputs = -1;
  std::ptrdiff_t skip_gradients = -1;
  std::ptrdiff_t skip_weight_gradients = -1;
};

/// A plan with the weights, of which kernels read the matrix (patch × filters), the packed copies
/// or both. What a call does not need may be null.
struct PreparedConv {
  const ConvPlan& plan;
  const float* matrix = nullptr;
  const float* packed = nullptr;
  const float* packed_transposed = nullptr;
};

enum class DenseProduct : std::uint8_t {
  panels,  ///< in panels of outputs; a few images by rows of the matrix where vectors are narrow
  rows,    ///< always image by image, by rows of the matrix, without what is zero
};

struct DensePlan {
  DenseShape shape;                   ///< public
  std::size_t packed = 0;             ///< public: floats of the packed matrix
  std::size_t packed_transposed = 0;  ///< public: and of its transpose

  DenseProduct product = DenseProduct::panels;
};

/// The same of a dense layer; the matrix is inputs × outputs.
struct PreparedDense {
  const DensePlan& plan;
  const float* matrix = nullptr;
  const float* packed = nullptr;
  const float* packed_transposed = nullptr;
};

}  // namespace signflip
