// What the functions of a layer take and return. src/nn/README.md lists those functions; a layer
// without one of them does not compile in nn/layers.cpp, nn/sequential.cpp, nn/inference.cpp or
// nn/training_pass.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "backend/plans.h"
#include "core/result.h"
#include "core/rng.h"

namespace signflip {

/// What a layer has beside a value for each input. Each layer says so as `kTraits`.
struct LayerTraits {
  /// Trainable values: weight_shape(), weight_tensor(), weight_gradient().
  bool weights = false;
  /// A weight matrix of which the kernels read packed copies: plan(), packed_size(), pack().
  bool packed = false;
  /// Running mean and variance for each channel, which become a scale and a shift at inference.
  bool statistics = false;
  /// The gradient of the weights is made row by row when it is asked for (add_row_gradients()),
  /// because it is as large as the weights and never stored whole.
  bool row_gradients = false;
  /// In training the layer does something else: train_forward(), train_input_gradient().
  bool trains_otherwise = false;
  /// The input gradient reads the values of the output, so no later layer may overwrite them.
  bool reads_output = false;
  /// What the weights are before training or loading, unless they are drawn at random.
  float initial_weight = 0.0F;
};

/// Trainable values: the weight matrix rows×columns and the bias (batch norm: 1×C and C).
struct WeightShape {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t bias = 0;
  std::size_t weight() const { return rows * columns; }
};

/// A layer in its place in a network: shapes, and where its values lie in the network's arrays.
struct Placement {
  ImageShape in, out;
  WeightShape shape;
  std::size_t weight = 0;          ///< offset of the weight matrix in parameters()
  std::size_t bias = 0;            ///< offset of the bias
  std::size_t statistics = 0;      ///< offset of running mean, then variance; of scale, then shift
  std::size_t carried = 0;         ///< of a mark: offset, per image, of LayerMemory::carried …
  std::size_t carried_before = 0;  ///< … and of that of the mark before it in its block
  bool in_place = false;           ///< the output overwrites the input, and the gradient likewise
  Fusion fusion = Fusion::none;    ///< what comes behind a convolution and shares its gradient
  std::size_t fuses = 0;           ///< of that pool: so many layers before it share its gradient
  ConvPlan conv;                   ///< how the kernels run a convolution …
  DensePlan dense;                 ///< … or a dense layer
};

/// The weight tensor as PyTorch names it ("<i>.<name>") and lays it out. Rows of our matrix count
/// (tap, channel); PyTorch's weights of one output lie in the order (channel, tap).
struct WeightTensor {
  std::string_view name;
  std::vector<std::size_t> sides;
  std::size_t channels = 1;
  bool broadcasts = false;  ///< a file's tensor may have more sides of 1
};

/// Floats that the packed copies of a weight matrix take.
struct PackedSize {
  std::size_t forward = 0;
  std::size_t transposed = 0;
};

/// Memory that a layer needs while images pass.
struct LayerMemory {
  std::size_t scratch = 0;  ///< floats, whatever the number of images; shared with other layers
  std::size_t winners = 0;  ///< integers per image, kept from the forward pass for the gradient
  std::size_t carried = 0;  ///< floats per image, which a residual block needs there and back
};

/// The same in training.
struct TrainingMemory {
  std::size_t kept = 0;    ///< floats, kept from the forward pass until the next one
  std::size_t shared = 0;  ///< floats, shared with other layers
};

/// `count` images passing through one layer. What the layer does not have is null.
struct LayerCall {
  const Placement& place;
  std::size_t count = 0;
  const float* weight = nullptr;
  const float* bias = nullptr;
  const float* packed = nullptr;             ///< for the forward product
  const float* packed_transposed = nullptr;  ///< for the input gradient
  const float* scale = nullptr;              ///< of a layer with statistics, at inference
  const float* shift = nullptr;
  float* scratch = nullptr;
  std::int32_t* winners = nullptr;
  const float* input = nullptr;     ///< the layer's input, in an input gradient that reads it
  float* carried = nullptr;         ///< of a mark in a residual block …
  float* carried_before = nullptr;  ///< … and of the mark before it

  /// Values of all images' inputs.
  std::size_t inputs() const { return count * place.in.size(); }
};

/// The same in training.
struct TrainingCall {
  LayerCall layer;
  float* kept = nullptr;
  float* shared = nullptr;
  float* statistics = nullptr;  ///< mean and unbiased variance of this batch, to be written
  Rng* rng = nullptr;
};

/// What holds for a layer that says nothing else: no keys in JSON, no weights, no memory of its
/// own, an output of the input's shape in memory of its own. A layer derives from it and states
/// what differs.
struct PlainLayer {
  static constexpr LayerTraits kTraits = {};

  bool operator==(const PlainLayer&) const = default;

  template <class Fields>
  void fields(Fields&) {}

  Result<ImageShape> output_shape(ImageShape in) const { return in; }
  std::size_t multiply_adds(ImageShape) const { return 0; }
  bool overwrites_input(const Placement&) const { return false; }
  LayerMemory memory(const Placement&) const { return {}; }
};

/// Limits that no file can exceed.
constexpr int kMaximumSide = 4096;
constexpr int kMaximumChannels = 65536;
constexpr std::size_t kMaximumParameters = std::size_t{1} << 28;
constexpr std::size_t kMaximumActivations = std::size_t{1} << 26;  ///< per image, all layers
constexpr std::size_t kMaximumLayers = 1000;

/// "2×3".
std::string to_string(Size2 size);
/// Whether both sides lie between 1 and kMaximumSide.
bool is_positive(Size2 size);
/// The output of windows of that kernel, stride and padding; an error where they do not fit.
Result<ImageShape> windows(std::string_view what, ImageShape in, Size2 kernel, Size2 stride,
                           Size2 padding, int channels);
/// An error unless epsilon, which keeps a division from one by 0, is finite and above 0.
Status check_epsilon(std::string_view what, float epsilon);
/// An error unless 1 ≤ count ≤ kMaximumChannels.
Status check_count(std::string_view what, int count);
/// What to say of a layer whose weights or scratch memory exceed the limits.
Error unaffordable(std::string_view what, ImageShape in);

}  // namespace signflip
