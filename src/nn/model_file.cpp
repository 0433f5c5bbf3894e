// Model files, and the translation between our weight matrices and PyTorch's layouts.
#include "nn/model_file.h"

#include <algorithm>
#include <cmath>

#include "core/bits.h"
#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/rng.h"
#include "nn/architecture_json.h"
#include "nn/inference.h"
#include "nn/json_text.h"

namespace signflip {
namespace {

using Sides = std::vector<std::size_t>;

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

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

/// An image that is in every file of this shape: smooth enough to look like one, never saturated.
std::vector<float> selftest_image(ImageShape shape) {
  std::vector<float> image(shape.size());
  Rng rng(2022, shape.size());
  for (float& pixel : image) pixel = rng.uniform();
  return image;
}

Status verify_selftest(const Safetensors& file, const Sequential& network) {
  const ImageShape in = network.input_shape();
  const auto side = [](int value) { return static_cast<std::size_t>(value); };
  std::vector<float> input, expected;
  const Status has_input = read_tensor(
      file, "selftest.input", {1, side(in.height), side(in.width), side(in.channels)}, input);
  if (!has_input) return has_input;
  const StoredTensor* const logits = file.find("selftest.logits");
  if (logits == nullptr) return Error{"tensor selftest.logits is missing"};
  auto values = to_floats(*logits);
  if (!values) return values.error();
  expected = std::move(*values);
  if (!all_finite(expected)) {
    return Error{"tensor selftest.logits holds a value that is not a finite number"};
  }
  if (expected.size() != network.output_shape().size()) {
    return Error{concat("tensor selftest.logits has ", expected.size(), " values, expected ",
                        network.output_shape().size())};
  }
  Activations activations(network, 1);
  const auto logits_found = forward(network, input, 1, activations);
  std::vector<float> found(logits_found.begin(), logits_found.end());
  // Whoever wrote the file had what was taken off.
  const std::string& removed = network.architecture().removed;
  for (std::size_t k = 0; k < found.size() && !removed.empty(); ++k) {
    found[k] = -cross_entropy(logits_found, static_cast<int>(k));
    if (removed == "softmax") found[k] = std::exp(found[k]);
  }
  float scale = 1.0F;
  for (const float logit : expected) scale = std::max(scale, std::abs(logit));
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const float difference = std::abs(expected[k] - found[k]);
    if (!(difference <= 1e-4F * scale)) {  // so that NaN fails
      return Error{concat("its self-test fails: logit ", k, " is off by ", difference,
                          ", so its weights are damaged or were not made for this architecture")};
    }
  }
  return {};
}

/// Where the architecture does not say what shares a ceiling, the tensor's size does.
void settle_ceilings(const Safetensors& file, const std::string& name, ImageShape in,
                     Layer& layer) {
  auto* const relu = std::get_if<ClippedRelu>(&layer);
  if (relu == nullptr || relu->ceilings != Ceilings::unsaid) return;
  const StoredTensor* const tensor = file.find(name + ".ceiling");
  if (tensor == nullptr) return;  // read_network() says so
  const std::size_t values = tensor->size();
  relu->ceilings = values == 1                              ? Ceilings::layer
                   : values == in.size() && in.pixels() > 1 ? Ceilings::neuron
                                                            : Ceilings::channel;
}

/// What the layers' tensors are called, sorted; with what PyTorch counts in a batch norm.
std::vector<std::string> names_of_tensors(const Sequential& network) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    if (!traits(placed.layer).weights) continue;
    const std::string prefix = layer_name(network.architecture().layers, i) + ".";
    const auto add_name = [&](std::string_view value) { names.push_back(concat(prefix, value)); };
    if (placed.shape.weight() > 0) add_name(weight_tensor(placed.layer, placed).name);
    if (placed.shape.bias > 0) add_name("bias");
    if (!traits(placed.layer).statistics) continue;
    for (const char* const value : {"running_mean", "running_var", "num_batches_tracked"}) {
      add_name(value);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// A tensor that nothing reads is a part of another network, or a name that is misspelt. Those that
/// begin with "golden." are expected values, for the tests of whoever wrote the file.
Status check_no_others(const Safetensors& file, const Sequential& network) {
  const std::vector<std::string> own = names_of_tensors(network);
  for (const StoredTensor& tensor : file.tensors) {
    std::string_view name = tensor.name;
    if (name.starts_with("golden.") || name == "selftest.input" || name == "selftest.logits") {
      continue;
    }
    constexpr std::string_view kScale = ".scale";
    if (name.ends_with(kScale)) {
      const StoredTensor* const scaled = file.find(name.substr(0, name.size() - kScale.size()));
      if (scaled != nullptr && scaled->dtype == "I8") name = scaled->name;
    }
    if (std::binary_search(own.begin(), own.end(), name)) continue;
    return Error{concat("tensor ", tensor.name, " belongs to none of its layers")};
  }
  return {};
}

/// The file must be large enough for its own architecture, before anything is allocated for it.
Status check_size(const Safetensors& file, Architecture& architecture, std::size_t bytes) {
  ImageShape in = architecture.input;
  const Status fits = check_input(in);
  if (!fits) return fits;
  std::size_t parameters = 0;
  std::vector<ImageShape> inputs;
  for (std::size_t i = 0; i < architecture.layers.size(); ++i) {
    Layer& layer = architecture.layers[i];
    inputs.push_back(in);
    const auto out = output_shape(architecture.layers, i, inputs);
    if (!out) break;  // Sequential::create says so
    settle_ceilings(file, layer_name(architecture.layers, i), in, layer);
    const WeightShape shape = weight_shape(layer, in);
    parameters += shape.weight() + shape.bias;
    if (parameters > bytes) {
      return Error{
          concat("its architecture has more parameters than the file has bytes (", bytes, ")")};
    }
    in = *out;
  }
  return {};
}

/// visit(layer, traits, prefix of its tensors' names) for each layer that has weights, until one
/// returns an error.
template <class Visit>
Status for_each_stored(const Sequential& network, Visit visit) {
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const PlacedLayer& placed = network.layers()[i];
    const LayerTraits kind = traits(placed.layer);
    if (!kind.weights) continue;
    const Status done = visit(placed, kind, layer_name(network.architecture().layers, i) + ".");
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<ModelFile> load_model(std::span<const std::uint8_t> bytes, std::string_view name) {
  auto file = parse_safetensors(bytes, name);
  if (!file) return file.error();
  const auto bad = [&](const Error& error) { return Error{concat(name, ": ", error.message)}; };
  const auto text = file->metadata.find("signflip");
  if (text == file->metadata.end()) {
    return bad({"its metadata has no 'signflip' entry with the architecture"});
  }
  auto architecture = architecture_from_json(JsonView(text->second));
  if (!architecture) return bad(architecture.error());
  const Status sized = check_size(*file, *architecture, bytes.size());
  if (!sized) return bad(sized.error());
  const std::size_t classes = architecture->classes.size();
  auto network = Sequential::create(std::move(*architecture));
  if (!network) return bad(network.error());
  if (classes == 0 && network->output_shape() != network->input_shape()) {
    return bad({"it has no classes, and its output " + to_string(network->output_shape()) +
                " is not an image of its input's shape " + to_string(network->input_shape())});
  }
  const Status read = read_network(*file, *network);
  if (!read) return bad(read.error());
  ModelFile model{std::move(*network), false, std::move(file->metadata)};
  if (file->find("selftest.input") != nullptr || file->find("selftest.logits") != nullptr) {
    const Status verified = verify_selftest(*file, model.network);
    if (!verified) return bad(verified.error());
    model.verified = true;
  }
  const Status whole = check_no_others(*file, model.network);
  if (!whole) return bad(whole.error());
  return model;
}

std::optional<WeightType> weight_type_from_name(std::string_view name) {
  if (name == "f32") return WeightType::f32;
  if (name == "f16") return WeightType::f16;
  if (name == "i8") return WeightType::i8;
  return std::nullopt;
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

std::vector<std::uint8_t> format_model(const Sequential& network, const SaveOptions& options) {
  SafetensorsWriter writer;
  for (const auto& [key, value] : options.metadata) writer.add_metadata(key, value);
  writer.add_metadata("signflip", json_text(architecture_to_json(network.architecture())));
  add_network(writer, network, options.weights);
  if (options.selftest) {
    // What will be loaded is the stored net, so the self-test is computed on exactly that.
    SafetensorsWriter stored_writer;
    add_network(stored_writer, network, options.weights);
    const auto bytes = stored_writer.finish();
    const auto file = parse_safetensors(bytes, "memory");
    Sequential stored = network;
    if (file) (void)read_network(*file, stored);
    const ImageShape in = network.input_shape(), out = network.output_shape();
    const auto side = [](int value) { return static_cast<std::size_t>(value); };
    const auto image = selftest_image(in);
    Activations activations(stored, 1);
    const auto logits = forward(stored, image, 1, activations);
    writer.add_f32("selftest.input", {1, side(in.height), side(in.width), side(in.channels)},
                   image);
    Sides sides = {1, logits.size()};
    if (out.height != 1 || out.width != 1) {
      sides = {1, side(out.height), side(out.width), side(out.channels)};
    }
    writer.add_f32("selftest.logits", sides, logits);
  }
  return writer.finish();
}

}  // namespace signflip
