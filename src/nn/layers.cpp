// Calls the function of whichever layer a variant holds. A layer that lacks one does not compile.
#include "nn/layers.h"

#include <cstdint>

#include "core/concat.h"

namespace signflip {
namespace {

Result<ImageShape> within_limits(std::string_view what, Result<ImageShape> shape) {
  if (!shape) return shape;
  const std::uint64_t size =
      std::uint64_t(shape->height) * std::uint64_t(shape->width) * std::uint64_t(shape->channels);
  if (shape->height > kMaximumSide || shape->width > kMaximumSide || size > kMaximumActivations) {
    return Error{concat(what, " makes an output of ", to_string(*shape),
                        ", which is larger than this build allows")};
  }
  return shape;
}

/// Null where the layer is another.
const ResidualMark* mark_of(const Layer& layer) { return std::get_if<ResidualMark>(&layer); }

}  // namespace

std::string_view layer_type(const Layer& layer) {
  return std::visit([](const auto& l) { return l.kType; }, layer);
}

LayerTraits traits(const Layer& layer) {
  return std::visit([](const auto& l) { return l.kTraits; }, layer);
}

Status check_input(ImageShape input) {
  const double size = double(input.height) * input.width * input.channels;  // cannot overflow
  if (input.height < 1 || input.width < 1 || input.channels < 1 || input.height > kMaximumSide ||
      input.width > kMaximumSide || input.channels > kMaximumChannels ||
      size > double(kMaximumActivations)) {
    return Error{
        concat("the input must be at least 1×1×1 and of a sensible size, not ", to_string(input))};
  }
  return {};
}

Result<ImageShape> output_shape(const Layer& layer, ImageShape in) {
  return within_limits(layer_type(layer),
                       std::visit([&](const auto& l) { return l.output_shape(in); }, layer));
}

std::size_t mark_before(const std::vector<Layer>& layers, std::size_t i) {
  const ResidualMark& own = *mark_of(layers[i]);
  if (own == kResidualBegin) return layers.size();
  const ResidualMark& wanted = own == kResidualTurn ? kResidualBegin : kResidualTurn;
  std::size_t depth = 0;
  for (std::size_t j = i; j-- > 0;) {
    const ResidualMark* const mark = mark_of(layers[j]);
    if (mark == nullptr) continue;
    if (*mark == kResidualEnd) {
      ++depth;
    } else if (depth == 0) {
      return *mark == wanted ? j : layers.size();
    } else if (*mark == kResidualBegin) {
      --depth;
    }
  }
  return layers.size();
}

Result<ImageShape> output_shape(const std::vector<Layer>& layers, std::size_t i,
                                const std::vector<ImageShape>& inputs) {
  const ResidualMark* const mark = mark_of(layers[i]);
  if (mark == nullptr || *mark == kResidualBegin) return output_shape(layers[i], inputs[i]);
  const std::size_t before = mark_before(layers, i);
  if (before == layers.size()) return Error{"the marks of a residual block do not belong together"};
  if (*mark == kResidualEnd && inputs[before] != inputs[i]) {
    return Error{concat("residual's body makes ", to_string(inputs[before]), ", its shortcut ",
                        to_string(inputs[i]), ", which cannot be added")};
  }
  return inputs[before];
}

std::string layer_name(const std::vector<Layer>& layers, std::size_t i) {
  std::size_t depth = 0, place = 0;
  bool shortcut = false;
  for (std::size_t j = i; j-- > 0;) {
    const ResidualMark* const mark = mark_of(layers[j]);
    if (mark != nullptr && *mark == kResidualEnd) {
      ++depth;
    } else if (mark == nullptr || (depth > 0 && *mark == kResidualBegin && --depth == 0)) {
      if (depth == 0 && !shortcut) ++place;  // a layer or a whole block of the same list
    } else if (depth == 0 && *mark == kResidualTurn) {
      shortcut = true;
    } else if (depth == 0) {
      const ResidualMark* const own = mark_of(layers[i]);
      std::string name = layer_name(layers, j);
      if (own != nullptr && *own == kResidualEnd) return name;
      name += shortcut || (own != nullptr && *own == kResidualTurn) ? ".shortcut" : ".body";
      if (own == nullptr || *own == kResidualBegin) name += concat(".", place);
      return name;
    }
  }
  return std::to_string(place);
}

WeightShape weight_shape(const Layer& layer, ImageShape in) {
  return std::visit(
      [&]<class L>(const L& l) -> WeightShape {
        if constexpr (L::kTraits.weights) return l.weight_shape(in);
        return {};
      },
      layer);
}

WeightTensor weight_tensor(const Layer& layer, const Placement& place) {
  return std::visit(
      [&]<class L>(const L& l) -> WeightTensor {
        if constexpr (L::kTraits.weights) return l.weight_tensor(place);
        return {};
      },
      layer);
}

std::size_t multiply_adds(const Layer& layer, ImageShape in) {
  return std::visit([&](const auto& l) { return l.multiply_adds(in); }, layer);
}

PackedSize packed_size(const Layer& layer, const Placement& place) {
  return std::visit(
      [&]<class L>(const L& l) -> PackedSize {
        if constexpr (L::kTraits.packed) return l.packed_size(place);
        return {};
      },
      layer);
}

void pack_weights(const Layer& layer, const Placement& place, RowRange rows, const float* weight,
                  float* forward, float* transposed) {
  std::visit(
      [&]<class L>(const L& l) {
        if constexpr (L::kTraits.packed) l.pack(place, rows, weight, forward, transposed);
      },
      layer);
}

}  // namespace signflip
