// A network's values as tensors of a safetensors file, and the translation between our weight
// matrices and PyTorch's layouts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/safetensors.h"
#include "nn/sequential.h"

namespace signflip {

/// How a file stores the weights of convolutions and dense layers. i8: round(w / scale) with one
/// F32 scale per output channel, max |w| / 127, so that 0 stays 0; everything else is then F32.
enum class WeightType { f32, f16, i8 };

/// "f32", "f16" or "i8", as on the command line.
std::optional<WeightType> weight_type_from_name(std::string_view name);

/// The sides of a tensor, outermost first.
using Sides = std::vector<std::size_t>;

bool all_finite(std::span<const float> values);

/// Reads a tensor of these sides, whatever its type; an error where it is missing, of another
/// shape, or holds a value that is not finite.
Status read_tensor(const Safetensors& file, const std::string& name, const Sides& sides,
                   std::vector<float>& values);

/// Fills the network's values from a file's tensors; an error if one is missing or has another
/// shape.
Status read_network(const Safetensors& file, Sequential& network);

/// A tensor of a file, without its values.
struct TensorShape {
  std::string name;
  Sides sides;
};

/// The tensors that add_network() adds of a network of these layers, in its order, as F32.
std::vector<TensorShape> network_tensors(const std::vector<Layer>& layers,
                                         const std::vector<PlacedLayer>& placed);

/// Adds the network's tensors ("<i>.weight" …), in PyTorch's layouts.
void add_network(SafetensorsWriter& writer, const Sequential& network, WeightType type);

}  // namespace signflip
