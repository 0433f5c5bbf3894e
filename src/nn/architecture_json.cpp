// Architectures to and from JSON.
#include "nn/architecture_json.h"

#include "core/concat.h"

namespace signflip {
namespace {

Error unexpected(const std::string& what, const JsonView& found, const std::string& expected) {
  return Error{concat(what, " is ", found.shown(), ", expected ", expected)};
}

constexpr std::uint64_t kLargestNumber = 1U << 30;

Result<int> whole_number(const JsonView& object, const char* key) {
  const JsonView value = object[key];
  if (!value.valid()) return Error{concat(key, " is missing")};
  const auto number = value.whole();
  if (!number || *number > kLargestNumber) return unexpected(key, value, "a whole number");
  return static_cast<int>(*number);
}

/// [height, width], or one number for both.
Result<Size2> size2(const JsonView& object, const char* key, const Size2* fallback) {
  const JsonView value = object[key];
  if (!value.valid()) {
    if (fallback != nullptr) return *fallback;
    return Error{concat(key, " is missing")};
  }
  std::vector<JsonView> sides = value.items();
  if (!value.is_array()) sides = {value, value};
  Size2 size;
  bool fits = sides.size() == 2;
  for (std::size_t i = 0; fits && i < 2; ++i) {
    const auto side = sides[i].whole();
    fits = side && *side <= kMaximumSide;
    if (fits) (i == 0 ? size.height : size.width) = static_cast<int>(*side);
  }
  if (!fits) return unexpected(key, value, "[height, width]");
  return size;
}

Result<Layer> layer_from_json(const JsonView& json) {
  const JsonView given_type = json["type"];
  if (!given_type.is_string()) return Error{"needs a type"};
  const std::string type = given_type.string();
  constexpr Size2 one{1, 1}, zero{0, 0};
  if (type == "conv2d") {
    const auto filters = whole_number(json, "filters");
    const auto kernel = size2(json, "kernel", nullptr);
    const auto stride = size2(json, "stride", &one);
    const auto padding = size2(json, "padding", &zero);
    if (!filters) return filters.error();
    for (const auto* size : {&kernel, &stride, &padding}) {
      if (!*size) return size->error();
    }
    return Layer{Conv2d{*filters, *kernel, *stride, *padding}};
  }
  if (type == "maxpool2d") {
    const auto kernel = size2(json, "kernel", nullptr);
    if (!kernel) return kernel.error();
    const auto stride = size2(json, "stride", &*kernel);
    if (!stride) return stride.error();
    return Layer{MaxPool2d{*kernel, *stride}};
  }
  if (type == "dense") {
    const auto units = whole_number(json, "units");
    if (!units) return units.error();
    return Layer{Dense{*units}};
  }
  if (type == "dropout") {
    const JsonView rate = json["rate"];
    if (!rate.valid()) return Error{"rate is missing"};
    if (!rate.is_number()) return unexpected("rate", rate, "a number");
    return Layer{Dropout{static_cast<float>(rate.number())}};
  }
  if (type == "upsample2d") {
    const auto scale = size2(json, "scale", nullptr);
    if (!scale) return scale.error();
    return Layer{Upsample2d{*scale}};
  }
  if (type == "batchnorm2d") return Layer{BatchNorm2d{}};
  if (type == "relu") return Layer{Relu{}};
  if (type == "flatten") return Layer{Flatten{}};
  if (type == "sigmoid") return Layer{Sigmoid{}};
  return unexpected("type", given_type,
                    "conv2d, batchnorm2d, relu, maxpool2d, dropout, flatten, dense, upsample2d or "
                    "sigmoid");
}

OrderedJson layer_to_json(const Layer& layer) {
  const auto pair = [](Size2 size) { return OrderedJson::array({size.height, size.width}); };
  OrderedJson json = {{"type", layer_type(layer)}};
  if (const auto* conv = std::get_if<Conv2d>(&layer)) {
    json["filters"] = conv->filters;
    json["kernel"] = pair(conv->kernel);
    json["stride"] = pair(conv->stride);
    json["padding"] = pair(conv->padding);
  } else if (const auto* pool = std::get_if<MaxPool2d>(&layer)) {
    json["kernel"] = pair(pool->kernel);
    json["stride"] = pair(pool->stride);
  } else if (const auto* dense = std::get_if<Dense>(&layer)) {
    json["units"] = dense->units;
  } else if (const auto* dropout = std::get_if<Dropout>(&layer)) {
    json["rate"] = dropout->rate;
  } else if (const auto* upsample = std::get_if<Upsample2d>(&layer)) {
    json["scale"] = pair(upsample->scale);
  }
  return json;
}

Result<std::vector<float>> numbers(const JsonView& object, const char* key) {
  std::vector<float> values;
  const JsonView list = object[key];
  if (!list.is_array()) return Error{concat("normalise needs a list ", key)};
  for (const JsonView& value : list.items()) {
    if (!value.is_number()) return unexpected(key, value, "numbers");
    values.push_back(static_cast<float>(value.number()));
  }
  return values;
}

}  // namespace

OrderedJson architecture_to_json(const Architecture& architecture) {
  OrderedJson json;
  json["version"] = 1;
  json["name"] = architecture.name;
  json["input"] = {{"height", architecture.input.height},
                   {"width", architecture.input.width},
                   {"channels", architecture.input.channels}};
  if (!architecture.classes.empty()) json["classes"] = architecture.classes;
  if (!architecture.mean.empty()) {
    json["normalise"] = {{"mean", architecture.mean}, {"std", architecture.deviation}};
  }
  json["layers"] = OrderedJson::array();
  for (const Layer& layer : architecture.layers) json["layers"].push_back(layer_to_json(layer));
  return json;
}

Result<Architecture> architecture_from_json(const JsonView& json) {
  if (!json.is_object()) return Error{"the architecture is not a JSON object"};
  Architecture result;
  if (json.contains("version")) {
    const auto version = whole_number(json, "version");
    if (!version) return version.error();
    if (*version != 1) return unexpected("version", json["version"], "1");
  }
  result.name = json["name"].string();
  if (const JsonView input = json["input"]; input.valid()) {
    if (!input.is_object()) return unexpected("input", input, "height, width and channels");
    const auto height = whole_number(input, "height");
    const auto width = whole_number(input, "width");
    const auto channels = whole_number(input, "channels");
    for (const auto* side : {&height, &width, &channels}) {
      if (!*side) return Error{concat("input: ", side->error().message)};
    }
    result.input = {*height, *width, *channels};
  }
  if (const JsonView classes = json["classes"]; classes.valid()) {
    if (!classes.is_array()) return unexpected("classes", classes, "a list");
    for (const JsonView& name : classes.items()) {
      if (!name.is_string()) return unexpected("a class name", name, "a string");
      result.classes.push_back(name.string());
    }
  }
  if (const JsonView normalise = json["normalise"]; normalise.valid() && !normalise.is_null()) {
    if (!normalise.is_object()) return unexpected("normalise", normalise, "mean and std");
    auto mean = numbers(normalise, "mean");
    if (!mean) return mean.error();
    auto deviation = numbers(normalise, "std");
    if (!deviation) return deviation.error();
    result.mean = std::move(*mean);
    result.deviation = std::move(*deviation);
  }
  if (!json["layers"].is_array()) return Error{"the architecture needs a list of layers"};
  for (const JsonView& entry : json["layers"].items()) {
    auto layer = layer_from_json(entry);
    if (!layer) {
      return Error{concat("layer ", result.layers.size(), ": ", layer.error().message)};
    }
    result.layers.push_back(std::move(*layer));
  }
  return result;
}

}  // namespace signflip
