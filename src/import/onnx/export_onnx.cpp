#include "import/onnx/export_onnx.h"

#include <cmath>
#include <map>

#include "core/concat.h"
#include "import/onnx/writer.h"
#include "nn/architecture_json.h"
#include "nn/model_file.h"
#include "nn/safetensors.h"

namespace signflip {
namespace {

using onnx::GraphWriter;
using Sides = std::vector<std::int64_t>;

class Exporter {
 public:
  Exporter(const Sequential& network, Safetensors tensors)
      : network_(network), tensors_(std::move(tensors)) {}

  Result<std::vector<std::uint8_t>> run() {
    const Architecture& architecture = network_.architecture();
    const OrderedJson layers = architecture_to_json(architecture)["layers"];
    const std::string first = normalised(std::string(GraphWriter::kInput));
    const auto last = list(layers, {first, false}, "");
    if (!last) return last.error();
    const ImageShape in = network_.input_shape(), out = network_.output_shape();
    Sides sides = {-1, out.channels, out.height, out.width};
    std::string value = last->name;
    if (out.height == 1 && out.width == 1) {
      sides.resize(2);
      value = as_list(*last, "logits.flat").name;
    }
    return graph_.finish(architecture.name, value, {-1, in.channels, in.height, in.width}, sides);
  }

 private:
  std::string normalised(std::string value) {
    const Architecture& a = network_.architecture();
    if (a.mean.empty()) return value;
    const std::vector<std::size_t> shape = {a.mean.size(), 1, 1};
    const auto mean = graph_.constant("normalise.mean", shape, a.mean);
    const auto deviation = graph_.constant("normalise.std", shape, a.deviation);
    const auto centred = graph_.node("Sub", "centred", {value, mean});
    return graph_.node("Div", "normalised", {centred, deviation});
  }

  /// A value in the graph: an image N×C×H×W, or a list N×C.
  struct Value {
    std::string name;
    bool flat = false;
  };

  Value as_list(const Value& value, const std::string& name) {
    if (value.flat) return value;
    return {graph_.node("Flatten", name, {value.name}, {GraphWriter::whole("axis", 1)}), true};
  }

  Value as_image(const Value& value, const std::string& name) {
    if (!value.flat) return value;
    const std::int64_t axes[] = {2, 3};
    const auto places = graph_.integers(name + ".axes", axes);
    return {graph_.node("Unsqueeze", name + ".image", {value.name, places}), false};
  }

  Result<Value> list(const OrderedJson& layers, Value value, const std::string& prefix) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string name = prefix + std::to_string(i);
      const std::string type = layers[i]["type"].get<std::string>();
      auto made = type == "residual"
                      ? residual(layers[i], value, name)
                      : layer(type, layers[i], value, name, network_.layers()[at_++].in);
      if (!made) return Error{concat("layer ", name, " (", type, ") ", made.error().message)};
      value = std::move(*made);
    }
    return value;
  }

  /// One constant of the layer; "" where it has none of that name.
  std::string tensor(const std::string& name, const std::string& what) {
    const StoredTensor* const stored = tensors_.find(name + "." + what);
    if (stored == nullptr) return {};
    const auto values = to_floats(*stored);
    return graph_.constant(stored->name, stored->shape, *values);
  }

  std::string scalar(const std::string& name, double value) {
    const auto single = static_cast<float>(value);
    return graph_.constant(name, {}, std::span(&single, 1));
  }

  static Sides pair(const OrderedJson& layer, const char* key, std::int64_t fallback) {
    if (!layer.contains(key)) return {fallback, fallback};
    const OrderedJson& value = layer[key];
    if (value.is_array()) return {value[0].get<std::int64_t>(), value[1].get<std::int64_t>()};
    return {value.get<std::int64_t>(), value.get<std::int64_t>()};
  }

  static double number(const OrderedJson& layer, const char* key, double fallback) {
    return layer.contains(key) ? layer[key].get<double>() : fallback;
  }

  Result<Value> layer(const std::string& type, const OrderedJson& json, const Value& value,
                      const std::string& name, ImageShape in) {
    if (type == "dropout") return value;
    if (type == "flatten") return as_list(value, name);
    if (type == "dense") {
      const std::string from = as_list(value, name + ".list").name;
      return Value{graph_.node("Gemm", name, {from, tensor(name, "weight"), tensor(name, "bias")},
                               {GraphWriter::whole("transB", 1)}),
                   true};
    }
    const bool windows = type == "conv2d" || type == "maxpool2d" || type == "avgpool2d" ||
                         type == "adaptive_avgpool2d" || type == "upsample2d";
    const Value from = windows ? as_image(value, name) : value;
    const auto made = operators(type, json, from.name, name, in);
    if (!made) return made.error();
    return Value{*made, from.flat};
  }

  Result<std::string> operators(const std::string& type, const OrderedJson& json,
                                const std::string& value, const std::string& name, ImageShape in) {
    if (type == "conv2d") return conv(json, value, name);
    if (type == "batchnorm2d" || type == "batchnorm1d") return norm(json, value, name);
    if (type == "maxpool2d" || type == "avgpool2d") return pool(type, json, value, name);
    if (type == "adaptive_avgpool2d") return adaptive(json, value, name, in);
    if (type == "upsample2d") return upsample(json, value, name);
    return activation(type, json, value, name);
  }

  Result<std::string> activation(const std::string& type, const OrderedJson& json,
                                 const std::string& value, const std::string& name) {
    if (type == "relu") return graph_.node("Relu", name, {value});
    if (type == "tanh") return graph_.node("Tanh", name, {value});
    if (type == "sigmoid") return graph_.node("Sigmoid", name, {value});
    if (type == "silu") {
      return graph_.node("Mul", name, {value, graph_.node("Sigmoid", name + ".sigmoid", {value})});
    }
    if (type == "leaky_relu") {
      return graph_.node("LeakyRelu", name, {value},
                         {GraphWriter::real("alpha", number(json, "slope", 0.01))});
    }
    if (type == "hardtanh") {
      const auto low = scalar(name + ".min", number(json, "min_val", -1.0));
      const auto high = scalar(name + ".max", number(json, "max_val", 1.0));
      return graph_.node("Clip", name, {value, low, high});
    }
    if (type == "gelu") {  // an operator of its own only from opset 20 on
      const auto scaled =
          graph_.node("Div", name + ".scaled", {value, scalar(name + ".root", std::sqrt(2.0))});
      const auto erf = graph_.node("Erf", name + ".erf", {scaled});
      const auto one = graph_.node("Add", name + ".one", {erf, scalar(name + ".1", 1.0)});
      const auto whole = graph_.node("Mul", name + ".double", {value, one});
      return graph_.node("Mul", name, {whole, scalar(name + ".half", 0.5)});
    }
    return Error{"has no operators in ONNX that this program writes"};
  }

  Result<std::string> conv(const OrderedJson& json, const std::string& value,
                           const std::string& name) {
    const Sides kernel = pair(json, "kernel", 1), stride = pair(json, "stride", 1);
    const Sides dilation = pair(json, "dilation", 1);
    std::vector<GraphWriter::Given> given = {GraphWriter::list("kernel_shape", kernel),
                                             GraphWriter::list("strides", stride),
                                             GraphWriter::list("dilations", dilation)};
    Sides pads(4);
    const bool same = json.contains("padding") && json["padding"] == "same";
    const Sides padding = same ? Sides{0, 0} : pair(json, "padding", 0);
    for (std::size_t a = 0; a < 2; ++a) {
      const std::int64_t total = same ? (kernel[a] - 1) * dilation[a] : 2 * padding[a];
      pads[a] = total / 2;  // the odd one behind, as in PyTorch
      pads[a + 2] = total - total / 2;
    }
    given.push_back(GraphWriter::list("pads", pads));
    const std::int64_t groups = json.contains("groups") ? json["groups"].get<std::int64_t>() : 1;
    given.push_back(GraphWriter::whole("group", groups));
    std::vector<std::string> inputs = {value, tensor(name, "weight")};
    const std::string bias = tensor(name, "bias");
    if (!bias.empty()) inputs.push_back(bias);
    return graph_.node("Conv", name, inputs, given);
  }

  Result<std::string> norm(const OrderedJson& json, const std::string& value,
                           const std::string& name) {
    std::vector<std::string> inputs = {value};
    const std::string mean = tensor(name, "running_mean"), variance = tensor(name, "running_var");
    const std::size_t channels = tensors_.find(mean)->size();
    for (const char* what : {"weight", "bias"}) {
      inputs.push_back(tensor(name, what));
      if (!inputs.back().empty()) continue;
      const std::vector<float> neutral(channels, std::string_view(what) == "weight" ? 1.0F : 0.0F);
      inputs.back() = graph_.constant(concat(name, ".", what), {channels}, neutral);
    }
    inputs.push_back(mean);
    inputs.push_back(variance);
    return graph_.node("BatchNormalization", name, inputs,
                       {GraphWriter::real("epsilon", number(json, "eps", 1e-5))});
  }

  Result<std::string> pool(const std::string& type, const OrderedJson& json,
                           const std::string& value, const std::string& name) {
    const Sides kernel = pair(json, "kernel", 1);
    const Sides stride = json.contains("stride") ? pair(json, "stride", 1) : kernel;
    const Sides padding = pair(json, "padding", 0);
    std::vector<GraphWriter::Given> given = {
        GraphWriter::list("kernel_shape", kernel), GraphWriter::list("strides", stride),
        GraphWriter::list("pads", {padding[0], padding[1], padding[0], padding[1]})};
    if (type == "avgpool2d") {
      const bool counted =
          !json.contains("count_include_pad") || json["count_include_pad"].get<bool>();
      given.push_back(GraphWriter::whole("count_include_pad", counted ? 1 : 0));
    }
    return graph_.node(type == "avgpool2d" ? "AveragePool" : "MaxPool", name, {value}, given);
  }

  Result<std::string> adaptive(const OrderedJson& json, const std::string& value,
                               const std::string& name, ImageShape in) {
    const Sides size = pair(json, "size", 1);
    if (size == Sides{1, 1}) return graph_.node("GlobalAveragePool", name, {value});
    if (in == ImageShape{} || in.height % size[0] != 0 || in.width % size[1] != 0) {
      return Error{"averages windows of different sizes, which no operator of ONNX does"};
    }
    const Sides kernel = {in.height / size[0], in.width / size[1]};
    return graph_.node(
        "AveragePool", name, {value},
        {GraphWriter::list("kernel_shape", kernel), GraphWriter::list("strides", kernel)});
  }

  Result<std::string> upsample(const OrderedJson& json, const std::string& value,
                               const std::string& name) {
    const Sides scale = pair(json, "scale", 1);
    const float scales[] = {1.0F, 1.0F, static_cast<float>(scale[0]), static_cast<float>(scale[1])};
    const auto by = graph_.constant(name + ".scales", {4}, scales);
    return graph_.node("Resize", name, {value, "", by},
                       {GraphWriter::text("mode", "nearest"),
                        GraphWriter::text("coordinate_transformation_mode", "asymmetric"),
                        GraphWriter::text("nearest_mode", "floor")});
  }

  Result<Value> residual(const OrderedJson& json, const Value& value, const std::string& name) {
    ++at_;  // in the network, marks are where a block begins, turns to its shortcut and ends
    const auto body = list(json["body"], value, name + ".body.");
    if (!body) return body;
    ++at_;
    const auto shortcut = list(json["shortcut"], value, name + ".shortcut.");
    if (!shortcut) return shortcut;
    ++at_;
    Value left = *body, right = *shortcut;
    if (left.flat != right.flat) {  // of one pixel, else they would not fit
      left = as_list(left, name + ".body.list");
      right = as_list(right, name + ".shortcut.list");
    }
    return Value{graph_.node("Add", name, {left.name, right.name}), left.flat};
  }

  const Sequential& network_;
  Safetensors tensors_;
  GraphWriter graph_;
  std::size_t at_ = 0;  ///< the next of the network's layers
};

}  // namespace

Result<std::vector<std::uint8_t>> export_onnx(const Sequential& network) {
  // The writer of model files knows the tensors of every layer, nested ones too.
  SafetensorsWriter writer;
  add_network(writer, network, WeightType::f32);
  const auto bytes = writer.finish();
  auto tensors = parse_safetensors(bytes, "memory");
  if (!tensors) return tensors.error();
  return Exporter(network, std::move(*tensors)).run();
}

}  // namespace signflip
