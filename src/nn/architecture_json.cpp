// Architectures to and from JSON.
#include "nn/architecture_json.h"

#include <array>

namespace signflip {
namespace {

Error unexpected(const std::string& what, const Json& found, const std::string& expected) {
  std::string text = found.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 40) text = text.substr(0, 40) + "…";
  return Error{what + " is " + text + ", expected " + expected};
}

Result<int> whole_number(const Json& object, const char* key) {
  if (!object.contains(key)) return Error{std::string(key) + " is missing"};
  const Json& value = object[key];
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 ||
      value.get<std::int64_t>() > 1 << 30) {
    return unexpected(key, value, "a whole number");
  }
  return value.get<int>();
}

/// [height, width], or one number for both.
Result<Size2> size2(const Json& object, const char* key, const Size2* fallback) {
  if (!object.contains(key)) {
    if (fallback != nullptr) return *fallback;
    return Error{std::string(key) + " is missing"};
  }
  const Json& value = object[key];
  std::array<int, 2> sides{};
  for (std::size_t i = 0; i < 2; ++i) {
    const Json* side = &value;
    if (value.is_array()) {
      if (value.size() != 2) return unexpected(key, value, "[height, width]");
      side = &value[i];
    }
    if (!side->is_number_integer() || side->get<std::int64_t>() < 0 ||
        side->get<std::int64_t>() > kMaximumSide) {
      return unexpected(key, value, "[height, width]");
    }
    sides[i] = side->get<int>();
  }
  return Size2{sides[0], sides[1]};
}

Result<Layer> layer_from_json(const Json& json) {
  if (!json.is_object() || !json.contains("type") || !json["type"].is_string()) {
    return Error{"needs a type"};
  }
  const auto& type = json["type"].get_ref<const std::string&>();
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
    if (!json.contains("rate")) return Error{"rate is missing"};
    if (!json["rate"].is_number()) return unexpected("rate", json["rate"], "a number");
    return Layer{Dropout{json["rate"].get<float>()}};
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
  return unexpected("type", json["type"],
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

Result<std::vector<float>> numbers(const Json& object, const char* key) {
  std::vector<float> values;
  if (!object.contains(key) || !object[key].is_array()) {
    return Error{std::string("normalise needs a list ") + key};
  }
  for (const Json& value : object[key]) {
    if (!value.is_number()) return unexpected(key, value, "numbers");
    values.push_back(value.get<float>());
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

Result<Architecture> architecture_from_json(const Json& json) {
  if (!json.is_object()) return Error{"the architecture is not a JSON object"};
  Architecture result;
  if (json.contains("version")) {
    const auto version = whole_number(json, "version");
    if (!version) return version.error();
    if (*version != 1) return unexpected("version", json["version"], "1");
  }
  if (json.contains("name") && json["name"].is_string()) {
    result.name = json["name"].get<std::string>();
  }
  if (json.contains("input")) {
    const Json& input = json["input"];
    if (!input.is_object()) return unexpected("input", input, "height, width and channels");
    const auto height = whole_number(input, "height");
    const auto width = whole_number(input, "width");
    const auto channels = whole_number(input, "channels");
    for (const auto* side : {&height, &width, &channels}) {
      if (!*side) return Error{"input: " + side->error().message};
    }
    result.input = {*height, *width, *channels};
  }
  if (json.contains("classes")) {
    if (!json["classes"].is_array()) return unexpected("classes", json["classes"], "a list");
    for (const Json& name : json["classes"]) {
      if (!name.is_string()) return unexpected("a class name", name, "a string");
      result.classes.push_back(name.get<std::string>());
    }
  }
  if (json.contains("normalise") && !json["normalise"].is_null()) {
    if (!json["normalise"].is_object()) {
      return unexpected("normalise", json["normalise"], "mean and std");
    }
    auto mean = numbers(json["normalise"], "mean");
    if (!mean) return mean.error();
    auto deviation = numbers(json["normalise"], "std");
    if (!deviation) return deviation.error();
    result.mean = std::move(*mean);
    result.deviation = std::move(*deviation);
  }
  if (!json.contains("layers") || !json["layers"].is_array()) {
    return Error{"the architecture needs a list of layers"};
  }
  for (const Json& entry : json["layers"]) {
    auto layer = layer_from_json(entry);
    if (!layer) {
      return Error{"layer " + std::to_string(result.layers.size()) + ": " + layer.error().message};
    }
    result.layers.push_back(std::move(*layer));
  }
  return result;
}

}  // namespace signflip
