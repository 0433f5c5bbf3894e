// The list of layers: a variant of the structs in nn/layers/, and the architecture made of them.
// What each layer computes is in its own file.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "nn/layers/adaptive_avg_pool.h"
#include "nn/layers/avg_pool.h"
#include "nn/layers/batch_norm.h"
#include "nn/layers/clipped_relu.h"
#include "nn/layers/contrast_normalise.h"
#include "nn/layers/conv2d.h"
#include "nn/layers/dense.h"
#include "nn/layers/dropout.h"
#include "nn/layers/flatten.h"
#include "nn/layers/gelu.h"
#include "nn/layers/hardtanh.h"
#include "nn/layers/leaky_relu.h"
#include "nn/layers/max_pool.h"
#include "nn/layers/relu.h"
#include "nn/layers/residual.h"
#include "nn/layers/sigmoid.h"
#include "nn/layers/silu.h"
#include "nn/layers/tanh.h"
#include "nn/layers/upsample.h"

namespace signflip {

using Layer =
    std::variant<Conv2d, BatchNorm1d, BatchNorm2d, Relu, MaxPool2d, Dropout, Flatten, Dense,
                 Upsample2d, Sigmoid, LeakyRelu, Tanh, Gelu, Silu, Hardtanh, AvgPool2d,
                 AdaptiveAvgPool2d, ClippedRelu, ContrastNormalise, ResidualMark>;

/// "conv2d", "batchnorm2d", "relu" … as in model files.
std::string_view layer_type(const Layer& layer);
LayerTraits traits(const Layer& layer);

/// Whether a network may take images of this shape.
Status check_input(ImageShape input);

/// The shape that the layer makes of `in`, which has passed check_input() or is another layer's
/// output; or an error that says why it does not fit.
Result<ImageShape> output_shape(const Layer& layer, ImageShape in);

/// The same of layer i of a list, residual blocks included. `inputs` are the input shapes of the
/// layers up to i.
Result<ImageShape> output_shape(const std::vector<Layer>& layers, std::size_t i,
                                const std::vector<ImageShape>& inputs);

/// The mark before mark i in its residual block; layers.size() where there is none, as of the
/// first.
std::size_t mark_before(const std::vector<Layer>& layers, std::size_t i);

/// The name of layer i as that of its tensors begins: "0", "1.body.0", "1.shortcut.2" … A block's
/// marks have the names of the block, of its shortcut and of the block again.
std::string layer_name(const std::vector<Layer>& layers, std::size_t i);

/// Trainable values; all 0 where there are none.
WeightShape weight_shape(const Layer& layer, ImageShape in);
/// Only of a layer with weights.
WeightTensor weight_tensor(const Layer& layer, const Placement& place);

/// Multiplications that one image costs in this layer.
std::size_t multiply_adds(const Layer& layer, ImageShape in);

/// Packed copies of a weight matrix for the kernels; 0 where there are none.
PackedSize packed_size(const Layer& layer, const Placement& place);
/// Makes these copies; `transposed` may be null. Some rows of a dense layer's matrix can be packed
/// alone, a convolution's only all together.
void pack_weights(const Layer& layer, const Placement& place, RowRange rows, const float* weight,
                  float* forward, float* transposed);

/// Everything about a network but its weights.
struct Architecture {
  std::string name;
  ImageShape input;
  std::vector<std::string> classes;    ///< empty for a denoiser, whose output has the input's shape
  std::vector<float> mean, deviation;  ///< input normalisation per channel; empty where absent
  std::vector<Layer> layers;
  /// "softmax" or "log_softmax" where JSON had one behind these layers. It was taken off, because
  /// losses and attacks take logits; JSON that is written has it no longer.
  std::string removed = {};
};

}  // namespace signflip
