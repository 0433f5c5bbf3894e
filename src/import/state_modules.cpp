#include "import/state_modules.h"

#include <algorithm>
#include <cctype>

#include "core/concat.h"
#include "import/tensor_values.h"
#include "nn/architecture_json.h"
#include "nn/network_tensors.h"
#include "nn/sequential.h"

namespace signflip {
namespace {

constexpr std::string_view kKnownTensors[] = {"weight", "bias", "running_mean", "running_var",
                                              "ceiling"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether `a` comes before `b` where numbers in them count as numbers: "conv2" before "conv10".
bool naturally_before(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      std::size_t i_end = i, j_end = j;
      while (i_end < a.size() && is_digit(a[i_end])) ++i_end;
      while (j_end < b.size() && is_digit(b[j_end])) ++j_end;
      if (i_end - i != j_end - j) return i_end - i < j_end - j;
      const int order = a.substr(i, i_end - i).compare(b.substr(j, j_end - j));
      if (order != 0) return order < 0;
      i = i_end;
      j = j_end;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

bool is_counter(const StoredTensor& tensor) {
  const bool whole = tensor.dtype == "I64" || tensor.dtype == "I32";
  return whole && tensor.size() == 1;
}

bool is_normalising(const StateModule& module) {
  if (module.tensors.size() != 2) return false;
  return std::any_of(
      std::begin(kNormaliseNames), std::end(kNormaliseNames), [&](const NormaliseNames& names) {
        return module.find(names.mean) != nullptr && module.find(names.deviation) != nullptr;
      });
}

bool has_shape(const StoredTensor* tensor, const std::vector<std::size_t>& shape) {
  return tensor != nullptr && tensor->shape == shape;
}

/// Whether the module has what the slot needs, and no more. A bias may be absent, and of batch norm
/// the weight too (affine=False).
bool suits(const StateModule& module, const LayerSlot& slot) {
  std::size_t used = 0;
  const bool normalises = std::any_of(slot.needs.begin(), slot.needs.end(),
                                      [](const auto& n) { return n.what == "running_mean"; });
  for (const LayerSlot::Need& need : slot.needs) {
    const StoredTensor* const tensor = module.find(need.what);
    const bool optional = need.what == "bias" || (normalises && need.what == "weight");
    if (tensor == nullptr && optional) continue;
    if (!has_shape(tensor, need.shape)) return false;
    ++used;
  }
  return used == module.tensors.size() && used > 0;
}

std::string described(const StateModule& module) {
  const StoredTensor& tensor = *module.tensors.front();
  return concat(tensor.name, " ", shape_text(tensor.shape));
}

/// The type of the layer at "2.body.0".
std::string type_at(const OrderedJson& layers, std::string_view place) {
  const OrderedJson* list = &layers;
  const OrderedJson* layer = nullptr;
  while (!place.empty()) {
    const std::size_t dot = std::min(place.find('.'), place.size());
    const std::string part(place.substr(0, dot));
    place.remove_prefix(std::min(dot + 1, place.size()));
    if (!part.empty() && is_digit(part[0])) {
      const auto index = static_cast<std::size_t>(std::stoul(part));
      if (!list->is_array() || index >= list->size()) return "layer";
      layer = &(*list)[index];
    } else if (layer != nullptr && layer->contains(part)) {
      list = &(*layer)[part];
    }
  }
  return layer != nullptr && layer->contains("type") ? (*layer)["type"].get<std::string>()
                                                     : "layer";
}

}  // namespace

const StoredTensor* StateModule::find(std::string_view what) const {
  for (const StoredTensor* const tensor : tensors) {
    const std::string_view full = tensor->name;
    if (full.substr(name.empty() ? 0 : name.size() + 1) == what) return tensor;
  }
  return nullptr;
}

Result<StateModules> group_modules(const Safetensors& file) {
  StateModules result;
  for (const StoredTensor& tensor : file.tensors) {
    if (is_counter(tensor)) {
      result.dropped.push_back(tensor.name);
      continue;
    }
    const std::size_t dot = tensor.name.rfind('.');
    const std::string prefix = dot == std::string::npos ? "" : tensor.name.substr(0, dot);
    const auto same = [&](const StateModule& module) { return module.name == prefix; };
    auto found = std::find_if(result.modules.begin(), result.modules.end(), same);
    if (found == result.modules.end()) {
      result.modules.push_back({prefix, {}});
      found = result.modules.end() - 1;
    }
    found->tensors.push_back(&tensor);
  }
  std::sort(result.modules.begin(), result.modules.end(),
            [](const auto& a, const auto& b) { return naturally_before(a.name, b.name); });
  for (const StateModule& module : result.modules) {
    if (is_normalising(module)) {
      if (result.normalise != nullptr) {
        return Error{
            concat("it holds two normalisations: ", result.normalise->name, " and ", module.name)};
      }
      result.normalise = &module;
      continue;
    }
    for (const StoredTensor* const tensor : module.tensors) {
      const std::string_view what =
          std::string_view(tensor->name).substr(module.name.empty() ? 0 : module.name.size() + 1);
      if (std::find(std::begin(kKnownTensors), std::end(kKnownTensors), what) ==
          std::end(kKnownTensors)) {
        return Error{concat("tensor ", tensor->name, " (", shape_text(tensor->shape),
                            ") is of no layer that we have: tensors of our layers are weight, "
                            "bias, running_mean, running_var and ceiling")};
      }
    }
  }
  if (result.modules.empty()) return Error{"it holds no weights"};
  return result;
}

Result<std::vector<LayerSlot>> layer_slots(const Architecture& architecture) {
  const auto placed = Sequential::place_layers(architecture);
  if (!placed) return placed.error();
  const OrderedJson layers = architecture_to_json(architecture)["layers"];
  std::vector<LayerSlot> slots;
  for (TensorShape& tensor : network_tensors(architecture.layers, *placed)) {
    const std::size_t dot = tensor.name.rfind('.');
    const std::string place = tensor.name.substr(0, dot);
    if (slots.empty() || slots.back().place != place) {
      slots.push_back({place, type_at(layers, place), {}});
    }
    slots.back().needs.push_back({tensor.name.substr(dot + 1), std::move(tensor.sides)});
  }
  return slots;
}

Result<std::vector<const StateModule*>> match_modules(const std::vector<LayerSlot>& slots,
                                                      const StateModules& modules) {
  std::vector<const StateModule*> chosen;
  std::vector<bool> used(modules.modules.size(), false);
  for (const LayerSlot& slot : slots) {
    std::size_t m = 0;
    while (m < used.size() && (used[m] || &modules.modules[m] == modules.normalise ||
                               !suits(modules.modules[m], slot))) {
      ++m;
    }
    if (m == used.size()) {
      std::string left;
      for (std::size_t i = 0; i < used.size(); ++i) {
        if (used[i] || &modules.modules[i] == modules.normalise) continue;
        left += (left.empty() ? "" : ", ") + described(modules.modules[i]);
      }
      return Error{concat("layer ", slot.place, " (", slot.type, ") needs a ", slot.needs[0].what,
                          " of ", shape_text(slot.needs[0].shape),
                          left.empty() ? ", but all of the file's tensors are taken"
                                       : ", but the file's remaining tensors are " + left)};
    }
    used[m] = true;
    chosen.push_back(&modules.modules[m]);
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i] || &modules.modules[i] == modules.normalise) continue;
    return Error{concat("no layer is left for the file's ", described(modules.modules[i]))};
  }
  return chosen;
}

bool differ_in_words(std::string_view a, std::string_view b) {
  const auto words = [](std::string_view name) {
    std::string text;
    for (const char c : name) {
      if (!is_digit(c)) text += c;
    }
    return text;
  };
  return words(a) != words(b);
}

}  // namespace signflip
