#include "nn/network_tensors.h"

#include <algorithm>
#include <cmath>

#include "core/bits.h"
#include "core/concat.h"

namespace signflip {
namespace {

void copy(std::span<const float> from, std::span<float> to) {
  std::copy(from.begin(), from.end(), to.begin());
}

/// Calls visit(index in our matrix, index in PyTorch's tensor) for each weight.
template <class Visit>
void for_each_weight(const PlacedLayer& placed, Visit visit) {
  const std::size_t columns = placed.shape.columns, rows = placed.shape.rows;
  const std::size_t channels = weight_tensor(placed.layer, placed).channels;
  const std::size_t taps = rows / channels;
  for (std::size_t tap = 0; tap < taps; ++tap) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t f = 0; f < columns; ++f) {
        visit((tap * channels + c) * columns + f, (f * channels + c) * taps + tap);
      }
    }
  }
}

/// PyTorch's tensor to our matrix. Kept apart: in a browser the loop makes the function that it is
/// in hot, and compiling all of load_model() anew would take longer than the loading.
[[gnu::noinline]] void rearrange(const PlacedLayer& placed, std::span<const float> theirs,
                                 std::span<float> ours) {
  for_each_weight(placed, [&](std::size_t to, std::size_t from) { ours[to] = theirs[from]; });
}

/// Whether the shapes are the same but for sides of 1.
bool same_but_for_ones(const Sides& a, const Sides& b) {
  std::size_t i = 0;
  for (const std::size_t side : a) {
    if (side == 1) continue;
    while (i < b.size() && b[i] == 1) ++i;
    if (i == b.size() || b[i++] != side) return false;
  }
  return std::all_of(b.begin() + static_cast<std::ptrdiff_t>(i), b.end(),
                     [](std::size_t side) { return side == 1; });
}

std::string to_string(const Sides& sides) {
  std::string text;
  for (const std::size_t side : sides) text += (text.empty() ? "" : "×") + std::to_string(side);
  return text;
}

void add(SafetensorsWriter& writer, WeightType type, std::string name, Sides sides,
         std::span<const float> values) {
  if (type == WeightType::f16) {
    writer.add_f16(std::move(name), std::move(sides), values);
  } else {
    writer.add_f32(std::move(name), std::move(sides), values);
  }
}

/// Rounds each output channel (the first side) to 8 bits.
void add_quantised(SafetensorsWriter& writer, const std::string& name, const Sides& sides,
                   std::span<const float> values) {
  const std::size_t channels = sides[0], each = values.size() / channels;
  std::vector<std::int8_t> rounded(values.size());
  std::vector<float> scales(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    float largest = 0.0F;
    for (const float value : values.subspan(c * each, each)) {
      largest = std::max(largest, std::abs(value));
    }
    // Seven bits fewer than a float has: 127·scale is then exact, so that quantising what was
    // quantised changes nothing, and never more than `largest`, so that nothing overflows.
    const float scale = float_from_bits(float_bits(largest / 127.0F) & ~0x7FU);
    scales[c] = scale;
    if (scale == 0.0F) continue;
    for (std::size_t i = c * each; i < (c + 1) * each; ++i) {
      const float steps = std::clamp(std::nearbyint(values[i] / scale), -127.0F, 127.0F);
      rounded[i] = static_cast<std::int8_t>(steps);
    }
  }
  writer.add_i8(name, sides, rounded);
  writer.add_f32(name + ".scale", {channels}, scales);
}

/// visit(layer, traits, prefix of its tensors' names) for each layer that has weights, until one
/// returns an error.
template <class Visit>
Status for_each_stored(const std::vector<Layer>& layers, const std::vector<PlacedLayer>& all,
                       Visit visit) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const PlacedLayer& placed = all[i];
    const LayerTraits kind = traits(placed.layer);
    if (!kind.weights) continue;
    const Status done = visit(placed, kind, layer_name(layers, i) + ".");
    if (!done) return done;
  }
  return {};
}

template <class Visit>
Status for_each_stored(const Sequential& network, Visit visit) {
  return for_each_stored(network.architecture().layers, network.layers(), visit);
}

}  // namespace

std::optional<WeightType> weight_type_from_name(std::string_view name) {
  if (name == "f32") return WeightType::f32;
  if (name == "f16") return WeightType::f16;
  if (name == "i8") return WeightType::i8;
  return std::nullopt;
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

Status read_tensor(const Safetensors& file, const std::string& name, const Sides& sides,
                   std::vector<float>& values) {
  const StoredTensor* const tensor = file.find(name);
  if (tensor == nullptr) return Error{concat("tensor ", name, " is missing")};
  if (tensor->shape != sides) {
    return Error{concat("tensor ", name, " has the shape ", to_string(tensor->shape), ", expected ",
                        to_string(sides))};
  }
  auto floats = to_floats(*tensor);
  if (!floats) return floats.error();
  values = std::move(*floats);
  if (tensor->dtype == "I8") {
    const std::string scale_name = name + ".scale";
    std::vector<float> scale;
    const StoredTensor* const stored = file.find(scale_name);
    if (stored == nullptr)
      return Error{concat("tensor ", name, " is I8, but ", scale_name, " is missing")};
    if (stored->dtype != "F32") {
      return Error{concat("tensor ", scale_name, " has dtype ", stored->dtype, ", expected F32")};
    }
    const Status read = read_tensor(file, scale_name, {sides[0]}, scale);
    if (!read) return read;
    const std::size_t each = values.size() / sides[0];
    for (std::size_t c = 0; c < sides[0]; ++c) {
      for (float& value : std::span(values).subspan(c * each, each)) value *= scale[c];
    }
  }
  if (!all_finite(values)) {
    return Error{concat("tensor ", name, " holds a value that is not a finite number")};
  }
  return {};
}

Status read_network(const Safetensors& file, Sequential& network) {
  std::vector<float> values;
  const auto read_layer = [&](const PlacedLayer& placed, LayerTraits kind,
                              const std::string& prefix) -> Status {
    Status read;
    if (placed.shape.weight() > 0) {  // batch norm may have none
      WeightTensor tensor = weight_tensor(placed.layer, placed);
      const StoredTensor* const stored = file.find(concat(prefix, tensor.name));
      if (tensor.broadcasts && stored != nullptr &&
          same_but_for_ones(stored->shape, tensor.sides)) {
        tensor.sides = stored->shape;
      }
      read = read_tensor(file, concat(prefix, tensor.name), tensor.sides, values);
      if (!read) return read;
      rearrange(placed, values, network.parameters().subspan(placed.weight, placed.shape.weight()));
    }
    if (placed.shape.bias > 0) {
      read = read_tensor(file, prefix + "bias", {placed.shape.bias}, values);
      if (!read) return read;
      copy(values, network.parameters().subspan(placed.bias));
    }
    if (!kind.statistics) return {};
    const std::size_t channels = placed.shape.columns;
    read = read_tensor(file, prefix + "running_mean", {channels}, values);
    if (!read) return read;
    copy(values, network.statistics().subspan(placed.statistics));
    read = read_tensor(file, prefix + "running_var", {channels}, values);
    if (!read) return read;
    if (std::any_of(values.begin(), values.end(), [](float v) { return v < 0.0F; })) {
      return Error{concat("tensor ", prefix, "running_var holds a negative variance")};
    }
    copy(values, network.statistics().subspan(placed.statistics + channels));
    return {};
  };
  const Status read = for_each_stored(network, read_layer);
  if (!read) return read;
  network.prepare();
  return {};
}

std::vector<TensorShape> network_tensors(const std::vector<Layer>& layers,
                                         const std::vector<PlacedLayer>& placed) {
  std::vector<TensorShape> tensors;
  const auto add_layer = [&](const PlacedLayer& one, LayerTraits kind,
                             const std::string& prefix) -> Status {
    if (one.shape.weight() > 0) {
      WeightTensor weight = weight_tensor(one.layer, one);
      tensors.push_back({concat(prefix, weight.name), std::move(weight.sides)});
    }
    if (one.shape.bias > 0) tensors.push_back({prefix + "bias", {one.shape.bias}});
    if (!kind.statistics) return {};
    for (const char* const value : {"running_mean", "running_var"}) {
      tensors.push_back({concat(prefix, value), {one.shape.columns}});
    }
    return {};
  };
  (void)for_each_stored(layers, placed, add_layer);
  return tensors;
}

void add_network(SafetensorsWriter& writer, const Sequential& network, WeightType type) {
  std::vector<float> values;
  const auto add_layer = [&](const PlacedLayer& placed, LayerTraits kind,
                             const std::string& prefix) -> Status {
    const auto weight = network.parameters().subspan(placed.weight, placed.shape.weight());
    if (!weight.empty()) {
      const WeightTensor tensor = weight_tensor(placed.layer, placed);
      values.resize(weight.size());
      for_each_weight(placed,
                      [&](std::size_t ours, std::size_t theirs) { values[theirs] = weight[ours]; });
      if (type == WeightType::i8 && kind.packed) {
        add_quantised(writer, concat(prefix, tensor.name), tensor.sides, values);
      } else {
        add(writer, type, concat(prefix, tensor.name), tensor.sides, values);
      }
    }
    if (placed.shape.bias > 0) {
      add(writer, type, prefix + "bias", {placed.shape.bias},
          network.parameters().subspan(placed.bias, placed.shape.bias));
    }
    if (!kind.statistics) return {};
    const std::size_t channels = placed.shape.columns;
    const auto statistics = network.statistics().subspan(placed.statistics, 2 * channels);
    add(writer, WeightType::f32, prefix + "running_mean", {channels}, statistics.first(channels));
    add(writer, WeightType::f32, prefix + "running_var", {channels}, statistics.last(channels));
    return {};
  };
  (void)for_each_stored(network, add_layer);
}

}  // namespace signflip
