#include "nn/model_file.h"

#include <algorithm>
#include <cmath>

#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/rng.h"
#include "nn/architecture_json.h"
#include "nn/inference.h"
#include "nn/json_text.h"
#include "nn/network_tensors.h"

namespace signflip {
namespace {

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
  relu->ceilings = ClippedRelu::ceilings_of(tensor->size(), in);
}

/// What the layers' tensors are called, sorted; with what PyTorch counts in a batch norm.
std::vector<std::string> names_of_tensors(const Sequential& network) {
  std::vector<std::string> names;
  for (TensorShape& tensor : network_tensors(network.architecture().layers, network.layers())) {
    constexpr std::string_view kVariance = "running_var";
    if (tensor.name.ends_with(kVariance)) {
      names.push_back(concat(tensor.name.substr(0, tensor.name.size() - kVariance.size()),
                             "num_batches_tracked"));
    }
    names.push_back(std::move(tensor.name));
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
