#include "nn/architecture_json.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>

#include "core/concat.h"
#include "core/names.h"
#include "nn/json_place.h"

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
Result<Size2> size2(const JsonView& object, const char* key) {
  const JsonView value = object[key];
  if (!value.valid()) return Error{concat(key, " is missing")};
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

/// What shares a ceiling, in the order of Ceilings.
constexpr std::string_view kCeilings[] = {"layer", "channel", "neuron"};

/// Reads the fields that a layer names in its fields(), and keeps the first error. What does not
/// depend on the type of a field is apart, because each layer's fields() is compiled for it.
class FieldReader {
 public:
  explicit FieldReader(const JsonView& json) : json_(json) {}

  template <class T>
  void operator()(const char* key, T& value) {
    has(key);
    read(key, value);
  }
  template <class T>
  void operator()(const char* key, T& value, T fallback) {
    optional(key, value, fallback);
  }
  /// "same", or a Size2 which may be absent.
  void operator()(const char* key, Size2& value, bool& same) {
    const JsonView json = json_[key];
    same = json.is_string() && json.string() == "same";
    if (!has(key) || same) {
      value = {0, 0};
    } else if (json.is_string()) {
      fail(unexpected(key, json, "[height, width] or \"same\""));
    } else {
      read(key, value);
    }
  }
  /// Of a key that may be absent, and is not written where it says what is usual.
  template <class T>
  void optional(const char* key, T& value, T usual) {
    if (has(key)) {
      read(key, value);
    } else {
      value = usual;
    }
  }

  Status finish(std::string_view type) const {
    return status_ ? check_keys(type, json_, keys_) : status_;
  }

 private:
  /// Notes that the key is known.
  [[gnu::noinline]] bool has(const char* key) {
    keys_.push_back(key);
    return json_.contains(key);
  }
  void fail(Error error) {
    if (status_) status_ = std::move(error);
  }
  template <class T>
  void take(Result<T> read, T& value) {
    if (read) {
      value = *read;
    } else {
      fail(read.error());
    }
  }
  [[gnu::noinline]] void read(const char* key, int& value) {
    take(whole_number(json_, key), value);
  }
  [[gnu::noinline]] void read(const char* key, Size2& value) { take(size2(json_, key), value); }
  [[gnu::noinline]] void read(const char* key, float& value) {
    const JsonView json = json_[key];
    if (!json.valid()) return fail(Error{concat(key, " is missing")});
    if (!json.is_number()) return fail(unexpected(key, json, "a number"));
    value = static_cast<float>(json.number());
  }
  [[gnu::noinline]] void read(const char* key, bool& value) {
    const auto found = json_[key].boolean();
    if (!found) return fail(unexpected(key, json_[key], "true or false"));
    value = *found;
  }
  void read(const char* key, Ceilings& value) {
    const JsonView json = json_[key];
    const auto* const found = std::find(std::begin(kCeilings), std::end(kCeilings), json.string());
    if (found == std::end(kCeilings)) {
      return fail(unexpected(key, json, listed(std::span(kCeilings), std::identity{}, " or ")));
    }
    value = static_cast<Ceilings>(found - kCeilings + 1);
  }

  const JsonView& json_;
  std::vector<std::string_view> keys_ = {"type"};
  Status status_;
};

class FieldWriter {
 public:
  explicit FieldWriter(OrderedJson& json) : json_(json) {}

  void operator()(const char* key, int value) { json_[key] = value; }
  void operator()(const char* key, float value) { json_[key] = value; }
  void operator()(const char* key, bool value) { json_[key] = value; }
  void operator()(const char* key, Size2 value, bool same) {
    (*this)(key, value);
    if (same) json_[key] = "same";
  }
  void operator()(const char* key, Ceilings value) {
    json_[key] = kCeilings[static_cast<std::size_t>(value) - 1];
  }
  template <class T>
  void optional(const char* key, T value, T usual) {
    if (!(value == usual)) (*this)(key, value);
  }
  void operator()(const char* key, Size2 value, Size2 = {}) {
    json_[key] = OrderedJson::array({value.height, value.width});
  }

 private:
  OrderedJson& json_;
};

template <class L>
Layer read_fields(FieldReader& reader) {
  L layer;
  layer.fields(reader);
  return layer;
}

/// Reads the layer whose type it is; `Layers...` are all of the variant's.
template <class... Layers>
Result<Layer> layer_of_type(const JsonView& json, const std::variant<Layers...>*) {
  static constexpr std::string_view kTypes[] = {Layers::kType...};
  static constexpr Layer (*kReaders[])(FieldReader&) = {read_fields<Layers>...};
  const JsonView type = json["type"];
  if (!type.is_string()) return Error{"needs a type"};
  const auto* const found = std::find(std::begin(kTypes), std::end(kTypes), type.string());
  if (found == std::end(kTypes)) {
    return unexpected("type", type, listed(std::span(kTypes), std::identity{}, " or "));
  }
  FieldReader reader(json);
  Layer layer = kReaders[found - std::begin(kTypes)](reader);
  const Status status = reader.finish(*found);
  if (!status) return status.error();
  return layer;
}

/// Files of Signflip 0.1 say batchnorm2d behind a dense layer or a flatten, too, where PyTorch has
/// BatchNorm1d.
void name_flat_norms(std::vector<Layer>& layers) {
  bool flat = false;
  std::vector<bool> blocks;  // whether what goes into them is flat
  for (Layer& layer : layers) {
    if (const auto* mark = std::get_if<ResidualMark>(&layer)) {
      if (*mark == kResidualBegin) {
        blocks.push_back(flat);
      } else if (*mark == kResidualTurn) {
        flat = blocks.back();
        blocks.pop_back();
      }
    } else if (std::holds_alternative<Flatten>(layer) || std::holds_alternative<Dense>(layer)) {
      flat = true;
    } else if (std::holds_alternative<Conv2d>(layer) || std::holds_alternative<MaxPool2d>(layer) ||
               std::holds_alternative<Upsample2d>(layer)) {
      flat = false;
    } else if (const auto* norm = std::get_if<BatchNorm2d>(&layer); flat && norm != nullptr) {
      layer = BatchNorm1d{BatchNorm(*norm)};
    }
  }
}

bool is_softmax(std::string_view type) { return type == "softmax" || type == "log_softmax"; }

Result<Layer> layer_from_json(const JsonView& json) {
  if (const std::string type = json["type"].string(); is_softmax(type)) {
    return Error{concat(type, " may only be the last layer, where it is taken off")};
  }
  return layer_of_type(json, static_cast<const Layer*>(nullptr));
}

/// Adds the layers of a list, a residual block as its two lists between marks. After an error
/// `where`, the name of the list's place, is that of the layer that is wrong.
Status read_layers(const std::vector<JsonView>& list, std::string& where,
                   std::vector<Layer>& layers) {
  const std::size_t prefix = where.size();
  for (std::size_t i = 0; i < list.size(); ++i) {
    where += std::to_string(i);
    if (list[i]["type"].string() == ResidualMark::kType) {
      Status read = check_keys(ResidualMark::kType, list[i], {"type", "body", "shortcut"});
      for (const auto kind : {ResidualMark::Kind::begin, ResidualMark::Kind::turn}) {
        const bool body = kind == ResidualMark::Kind::begin;
        const char* const key = body ? "body" : "shortcut";
        const JsonView part = list[i][key];
        if (read && !part.is_array() && (body || part.valid())) {
          read = Error{concat("residual needs a list ", key)};
        }
        if (!read) return read;
        layers.push_back(ResidualMark{{}, kind});
        const std::size_t block = where.size();
        where += concat(".", key, ".");
        read = read_layers(part.items(), where, layers);
        if (!read) return read;
        where.resize(block);
      }
      layers.push_back(kResidualEnd);
    } else {
      auto layer = layer_from_json(list[i]);
      if (!layer) return layer.error();
      layers.push_back(*layer);
    }
    where.resize(prefix);
  }
  return {};
}

/// The layers from `i` on, up to the end of the list or the mark behind them.
OrderedJson layers_to_json(const std::vector<Layer>& layers, std::size_t& i) {
  OrderedJson list = OrderedJson::array();
  for (; i < layers.size(); ++i) {
    const auto* const mark = std::get_if<ResidualMark>(&layers[i]);
    const bool block = mark != nullptr && *mark == kResidualBegin;
    if (mark != nullptr && !block) break;
    list.push_back(layer_to_json(layers[i]));
    if (!block) continue;
    list.back()["body"] = layers_to_json(layers, ++i);
    list.back()["shortcut"] = layers_to_json(layers, ++i);
  }
  return list;
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

OrderedJson layer_to_json(const Layer& layer) {
  OrderedJson json = {{"type", layer_type(layer)}};
  FieldWriter writer(json);
  std::visit([&](auto l) { l.fields(writer); }, layer);
  return json;
}

OrderedJson architecture_head(std::string_view name, ImageShape input) {
  OrderedJson json;
  json["version"] = 1;
  json["name"] = name;
  json["input"] = {{"height", input.height}, {"width", input.width}, {"channels", input.channels}};
  return json;
}

OrderedJson architecture_to_json(const Architecture& architecture) {
  OrderedJson json = architecture_head(architecture.name, architecture.input);
  if (!architecture.classes.empty()) json["classes"] = architecture.classes;
  if (!architecture.mean.empty()) {
    json["normalise"] = {{"mean", architecture.mean}, {"std", architecture.deviation}};
  }
  std::size_t first = 0;
  json["layers"] = layers_to_json(architecture.layers, first);
  return json;
}

Result<Architecture> architecture_from_json(const JsonView& json) {
  if (!json.is_object()) return Error{"the architecture is not a JSON object"};
  const Status known = check_keys("the architecture", json,
                                  {"version", "name", "input", "classes", "normalise", "layers"});
  if (!known) return known.error();
  Architecture result;
  if (json.contains("version")) {
    const auto version = whole_number(json, "version");
    if (!version) return version.error();
    if (*version != 1) return unexpected("version", json["version"], "1");
  }
  result.name = json["name"].string();
  if (const JsonView input = json["input"]; input.valid()) {
    if (!input.is_object()) return unexpected("input", input, "height, width and channels");
    const Status sides = check_keys("input", input, {"height", "width", "channels"});
    if (!sides) return sides.error();
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
    const Status lists = check_keys("normalise", normalise, {"mean", "std"});
    if (!lists) return lists.error();
    auto mean = numbers(normalise, "mean");
    if (!mean) return mean.error();
    auto deviation = numbers(normalise, "std");
    if (!deviation) return deviation.error();
    result.mean = std::move(*mean);
    result.deviation = std::move(*deviation);
  }
  if (!json["layers"].is_array()) return Error{"the architecture needs a list of layers"};
  std::vector<JsonView> entries = json["layers"].items();
  if (!entries.empty() && is_softmax(entries.back()["type"].string())) {
    result.removed = entries.back()["type"].string();
    const Status plain = check_keys(result.removed, entries.back(), {"type"});
    if (!plain) return Error{concat("layer ", entries.size() - 1, ": ", plain.error().message)};
    entries.pop_back();
  }
  std::string where = "layer ";
  const Status read = read_layers(entries, where, result.layers);
  if (!read) return Error{concat(where, ": ", read.error().message)};
  name_flat_norms(result.layers);
  return result;
}

Result<Architecture> architecture_from_text(std::string_view text, const std::string& name) {
  const std::string malformed = json_error_place(text);
  if (!malformed.empty()) return Error{concat(name, " is not JSON: ", malformed)};
  const JsonView json(text);
  if (!json.is_object()) {
    return Error{concat(name, " is no object, expected one such as {\"layers\": [...]}")};
  }
  auto read = architecture_from_json(json);
  if (!read) return Error{concat(name, ": ", read.error().message)};
  return read;
}

}  // namespace signflip
