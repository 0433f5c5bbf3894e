#include "nn/sequential.h"

#include <algorithm>
#include <cmath>

#include "core/concat.h"
#include "core/rng.h"

namespace signflip {

namespace {

/// Whether a layer may overwrite its input: it must be able to, and nothing before it that shares
/// the memory may read the value again.
bool works_in_place(const PlacedLayer& placed, const std::vector<PlacedLayer>& before) {
  const bool able =
      std::visit([&](const auto& l) { return l.overwrites_input(placed); }, placed.layer);
  for (std::size_t i = before.size(); able && i-- > 0;) {
    if (traits(before[i].layer).reads_output) return false;
    if (!before[i].in_place) break;
  }
  return able;
}

/// How many of the last layers are a convolution and perhaps ReLU whose gradient a max pool behind
/// them might share (Fusion::pool).
std::size_t fusible_layers(const Layer& layer, const std::vector<PlacedLayer>& before) {
  const auto* const pool = std::get_if<MaxPool2d>(&layer);
  if (pool == nullptr || pool->kernel != Size2{2, 2} || pool->stride != Size2{2, 2}) return 0;
  const std::size_t count = before.size();
  const bool relu = count > 1 && std::holds_alternative<Relu>(before[count - 1].layer);
  const std::size_t fused = relu ? 2 : 1;
  if (count < fused) return 0;
  return std::holds_alternative<Conv2d>(before[count - fused].layer) ? fused : 0;
}

void plan(PlacedLayer& placed) {
  std::visit(
      [&]<class L>(const L& l) {
        if constexpr (L::kTraits.packed) l.plan(placed);
      },
      placed.layer);
}

}  // namespace

Result<std::vector<PlacedLayer>> Sequential::place_layers(const Architecture& architecture) {
  const Status fits = check_input(architecture.input);
  if (!fits) return fits.error();
  if (architecture.layers.empty()) return Error{"a network needs at least one layer, found none"};
  if (architecture.layers.size() > kMaximumLayers) {
    return Error{concat("a network has at most ", kMaximumLayers, " layers, not ",
                        architecture.layers.size())};
  }
  std::vector<PlacedLayer> layers;
  std::size_t parameters = 0, statistics = 0, activations = architecture.input.size(), carried = 0;
  ImageShape in = architecture.input;
  std::vector<ImageShape> inputs;
  int open = 0;  // residual blocks
  const auto error = [&](std::size_t i, const std::string& message) {
    return Error{concat("layer ", layer_name(architecture.layers, i), ": ", message)};
  };
  for (std::size_t i = 0; i < architecture.layers.size(); ++i) {
    const Layer& layer = architecture.layers[i];
    inputs.push_back(in);
    const auto out = signflip::output_shape(architecture.layers, i, inputs);
    if (!out) return error(i, out.error().message);
    PlacedLayer placed;
    placed.layer = layer;
    placed.in = in;
    placed.out = *out;
    placed.shape = signflip::weight_shape(layer, in);
    placed.in_place = works_in_place(placed, layers);
    placed.weight = parameters;
    placed.bias = parameters + placed.shape.weight();
    parameters = placed.bias + placed.shape.bias;
    if (parameters > kMaximumParameters) {
      return error(i, concat("the network has more than ", kMaximumParameters, " parameters"));
    }
    activations += placed.in_place ? 0 : out->size();
    if (std::holds_alternative<ResidualMark>(layer)) {
      const std::size_t before = mark_before(architecture.layers, i);
      if (before < i) placed.carried_before = layers[before].carried;
      placed.carried = carried;
      const ResidualMark& mark = std::get<ResidualMark>(layer);
      carried += mark.memory(placed).carried;
      open += mark == kResidualBegin ? 1 : mark == kResidualEnd ? -1 : 0;
    }
    if (activations + carried > kMaximumActivations) {
      return error(
          i, concat("the network has more than ", kMaximumActivations, " activations per image"));
    }
    if (traits(layer).statistics) {
      placed.statistics = statistics;
      statistics += 2 * placed.shape.columns;
    }
    plan(placed);
    if (const std::size_t fusible = fusible_layers(layer, layers); fusible > 0) {
      PlacedLayer& conv = layers[i - fusible];
      conv.fusion = Fusion::pool;
      plan(conv);
      conv.fusion = conv.conv.fusion;
      if (conv.fusion == Fusion::pool) placed.fuses = fusible;
    }
    layers.push_back(placed);
    in = *out;
  }
  if (open != 0) return Error{"a residual block has no end"};
  if (!architecture.classes.empty() &&
      in != ImageShape{1, 1, static_cast<int>(architecture.classes.size())}) {
    return Error{concat("the last layer makes ", to_string(in), ", but there are ",
                        architecture.classes.size(), " classes")};
  }
  if (!architecture.removed.empty() && (in.height != 1 || in.width != 1)) {
    return Error{
        concat(architecture.removed, " needs a flat input, not ", signflip::to_string(in))};
  }
  return layers;
}

/// The architecture's mean and deviation as scale and shift.
Status Sequential::make_normalisation() {
  const auto channels = static_cast<std::size_t>(architecture_.input.channels);
  if (architecture_.mean.size() != architecture_.deviation.size() ||
      (!architecture_.mean.empty() && architecture_.mean.size() != channels)) {
    return Error{concat("normalise needs one mean and one std for each of the ", channels,
                        " channels, found ", architecture_.mean.size(), " and ",
                        architecture_.deviation.size())};
  }
  for (std::size_t c = 0; c < architecture_.mean.size(); ++c) {
    const float mean = architecture_.mean[c], deviation = architecture_.deviation[c];
    if (!std::isfinite(mean) || !(deviation > 1e-6F) || !std::isfinite(deviation)) {
      return Error{concat("normalise needs finite means and a std above 0, found ", mean, " and ",
                          deviation)};
    }
    if (!std::isfinite(mean / deviation)) {
      return Error{"normalise has a mean that is too large for its std"};
    }
    input_scale_.push_back(1.0F / deviation);
    input_shift_.push_back(-mean / deviation);
  }
  return {};
}

/// Memory for all values: 0 but for batch norm's, which make it the identity, and for ceilings.
void Sequential::allocate() {
  std::size_t packed = 0, parameters = 0, statistics = 0;
  for (const PlacedLayer& placed : layers_) {
    const PackedSize size = packed_size(placed.layer, placed);
    packed_layers_.push_back({packed, packed + size.forward});
    packed += size.forward + size.transposed;
    parameters += placed.shape.weight() + placed.shape.bias;
    if (traits(placed.layer).statistics) statistics += 2 * placed.shape.columns;
  }
  parameters_ = AlignedFloats(parameters);
  statistics_.assign(statistics, 0.0F);
  affine_ = AlignedFloats(statistics);
  packed_ = AlignedFloats(packed);  // which is what weights of 0 are packed as
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const PlacedLayer& placed = layers_[i];
    const LayerTraits kind = traits(placed.layer);
    if (kind.initial_weight != 0.0F) {
      std::fill_n(parameters_.begin() + placed.weight, placed.shape.weight(), kind.initial_weight);
    }
    if (!kind.statistics) continue;
    const std::size_t channels = placed.shape.columns;
    std::fill_n(statistics_.begin() + static_cast<std::ptrdiff_t>(placed.statistics + channels),
                channels, 1.0F);
    prepare(i, {});
  }
}

Result<Sequential> Sequential::create(Architecture architecture) {
  auto layers = place_layers(architecture);
  if (!layers) return layers.error();
  Sequential network;
  network.architecture_ = std::move(architecture);
  network.layers_ = std::move(*layers);
  const Status normalised = network.make_normalisation();
  if (!normalised) return normalised.error();
  network.allocate();
  return network;
}

Status Sequential::rename_classes(std::vector<std::string> classes) {
  const ImageShape out = output_shape();
  if (out != ImageShape{1, 1, static_cast<int>(classes.size())}) {
    return Error{concat("the last layer makes ", to_string(out), ", but there are ", classes.size(),
                        " classes")};
  }
  architecture_.classes = std::move(classes);
  return {};
}

LayerCall Sequential::call(std::size_t layer, std::size_t count) const {
  const PlacedLayer& placed = layers_[layer];
  LayerCall call{.place = placed, .count = count};
  call.weight = parameters_.data() + placed.weight;
  call.bias = parameters_.data() + placed.bias;
  if (traits(placed.layer).packed) {
    call.packed = packed_forward(layer);
    call.packed_transposed = packed_transposed(layer);
  }
  if (traits(placed.layer).statistics) {
    call.scale = channel_scale(layer);
    call.shift = channel_shift(layer);
  }
  return call;
}

template <class Deviation>
void Sequential::draw_weights(std::uint64_t seed, Deviation deviation_of_fan_in) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const PlacedLayer& placed = layers_[i];
    if (!traits(placed.layer).packed) continue;
    Rng rng(seed, i);
    const float deviation = deviation_of_fan_in(static_cast<float>(placed.shape.rows));
    for (float& w : parameters().subspan(placed.weight, placed.shape.weight())) {
      w = deviation * rng.normal();
    }
    for (float& b : parameters().subspan(placed.bias, placed.shape.bias)) b = 0.0F;
  }
  prepare();
}

void Sequential::initialise(std::uint64_t seed) {
  draw_weights(seed, [](float fan_in) { return std::sqrt(2.0F / fan_in); });
}

void Sequential::initialise_for_intervals(std::uint64_t seed) {
  constexpr float kRootOfTwoPi = 2.50662827F;
  draw_weights(seed, [](float fan_in) { return kRootOfTwoPi / fan_in; });
}

std::size_t Sequential::multiply_adds() const {
  std::size_t sum = 0;
  for (const PlacedLayer& placed : layers_) sum += signflip::multiply_adds(placed.layer, placed.in);
  return sum;
}

void Sequential::prepare() {
  for (std::size_t i = 0; i < layers_.size(); ++i) prepare(i, {0, layers_[i].shape.rows});
}

void Sequential::prepare(std::size_t layer, RowRange rows) {
  const PlacedLayer& placed = layers_[layer];
  const float* const weight = parameters_.data() + placed.weight;
  const float* const bias = parameters_.data() + placed.bias;
  std::visit(
      [&]<class L>(const L& l) {
        if constexpr (L::kTraits.packed) {
          l.pack(placed, rows, weight, packed_.data() + packed_layers_[layer].forward,
                 packed_.data() + packed_layers_[layer].transposed);
        }
        if constexpr (L::kTraits.statistics) {
          const std::size_t channels = placed.shape.columns;
          float* const scale = affine_.data() + placed.statistics;
          l.make_affine(channels, statistics_.data() + placed.statistics, weight, bias, scale,
                        scale + channels);
        }
      },
      placed.layer);
}

}  // namespace signflip
