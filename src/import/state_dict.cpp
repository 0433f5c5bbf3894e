#include "import/state_dict.h"

#include <algorithm>

#include "core/concat.h"
#include "core/names.h"
#include "import/known_nets.h"
#include "import/state_modules.h"
#include "import/tensor_values.h"
#include "nn/architecture_json.h"
#include "nn/sequential.h"

namespace signflip {
namespace {

/// A candidate whose tensors are those of the file.
struct Match {
  StateArchitecture candidate;
  std::vector<LayerSlot> slots;
  std::vector<const StateModule*> modules;
};

/// Whether the architecture has as many layers with weights as the file has modules: a glance that
/// spares making most networks.
bool may_match(const Architecture& architecture, const StateModules& modules) {
  const auto weighted = std::count_if(architecture.layers.begin(), architecture.layers.end(),
                                      [](const Layer& layer) { return traits(layer).weights; });
  const std::size_t own = modules.modules.size() - (modules.normalise != nullptr ? 1 : 0);
  return static_cast<std::size_t>(weighted) == own;
}

/// Where the architecture does not say what shares a ceiling, the file's tensors do, in their
/// order.
void settle_ceilings(Architecture& architecture, const StateModules& modules) {
  std::vector<const StoredTensor*> ceilings;
  for (const StateModule& module : modules.modules) {
    if (const StoredTensor* const ceiling = module.find("ceiling")) ceilings.push_back(ceiling);
  }
  const auto layers = Sequential::place_layers(architecture);
  if (!layers) return;  // layer_slots() says so
  auto next = ceilings.begin();
  for (std::size_t i = 0; i < architecture.layers.size(); ++i) {
    auto* const relu = std::get_if<ClippedRelu>(&architecture.layers[i]);
    if (relu == nullptr) continue;
    if (next == ceilings.end()) return;
    if (relu->ceilings == Ceilings::unsaid) {
      relu->ceilings = ClippedRelu::ceilings_of((*next)->size(), (*layers)[i].in);
    }
    ++next;
  }
}

Result<Match> match(StateArchitecture candidate, const StateModules& modules) {
  settle_ceilings(candidate.architecture, modules);
  auto slots = layer_slots(candidate.architecture);
  if (!slots) return slots.error();
  auto chosen = match_modules(*slots, modules);
  if (!chosen) return chosen.error();
  return Match{std::move(candidate), std::move(*slots), std::move(*chosen)};
}

/// Channels that an image may have, as the file's convolutions take them.
std::vector<int> image_channels(const StateModules& modules) {
  std::vector<int> channels;
  for (const int count : {1, 3}) {
    for (const StateModule& module : modules.modules) {
      const StoredTensor* const weight = module.find("weight");
      if (weight == nullptr || weight->shape.size() != 4) continue;
      if (weight->shape[1] != static_cast<std::size_t>(count)) continue;
      channels.push_back(count);
      break;
    }
  }
  return channels;
}

/// The shapes of images that are tried where none is given: of MNIST and of GTSRB and CIFAR.
std::vector<ImageShape> image_shapes(const StateModules& modules, const ImportOptions& options) {
  if (options.input != ImageShape{}) return {options.input};
  std::vector<ImageShape> shapes;
  for (const int channels : image_channels(modules)) {
    for (const int side : {28, 32}) shapes.push_back({side, side, channels});
  }
  return shapes;
}

/// Numbers of classes that the file's dense layers allow.
std::vector<int> class_counts(const StateModules& modules) {
  std::vector<int> counts;
  for (const StateModule& module : modules.modules) {
    const StoredTensor* const weight = module.find("weight");
    if (weight == nullptr || weight->shape.size() != 2) continue;
    const auto count = static_cast<int>(weight->shape[0]);
    if (std::find(counts.begin(), counts.end(), count) == counts.end()) counts.push_back(count);
  }
  return counts;
}

/// What the choice may mean, for each shape of an image and number of classes.
Result<std::vector<StateArchitecture>> candidates(const ArchitectureChoice& choice,
                                                  const StateModules& modules,
                                                  const ImportOptions& options) {
  std::vector<StateArchitecture> list;
  const std::vector<ImageShape> shapes = image_shapes(modules, options);
  if (choice.from_file) {
    const ImageShape own = choice.from_file->input;
    if (own != ImageShape{}) {
      if (options.input != ImageShape{} && options.input != own) {
        return Error{concat("input is ", to_string(options.input), ", but ", choice.file, " says ",
                            to_string(own))};
      }
      list.push_back({choice.file, *choice.from_file});
      return list;
    }
    for (const ImageShape shape : shapes) {
      list.push_back({choice.file, *choice.from_file});
      list.back().architecture.input = shape;
    }
    if (list.empty()) return Error{concat(choice.file, " does not say the input's shape")};
    return list;
  }
  const bool inferred = choice.name.empty();
  for (const ImageShape shape : shapes) {
    for (const int classes : class_counts(modules)) {
      for (const ArchitectureSummary& summary : architecture_summaries()) {
        if (!inferred && summary.name != choice.name) continue;
        auto known = named_architecture(summary.name, shape, classes);
        if (!known) continue;
        list.push_back({std::string(summary.name), std::move(*known)});
      }
    }
    if (!inferred) continue;
    for (const KnownNet& net : known_nets()) {
      auto architecture = architecture_from_json(JsonView(net.architecture));
      if (!architecture || architecture->input != shape) continue;
      list.push_back({std::string(net.name), std::move(*architecture)});
    }
  }
  if (!inferred && list.empty()) {
    auto known = named_architecture(choice.name, {28, 28, 1}, 10);  // or the error that lists them
    if (!known) return known.error();
    return Error{concat("input's shape is not given, and the file's tensors do not tell it")};
  }
  return list;
}

/// The one candidate that the tensors are of.
Result<Match> the_match(const ArchitectureChoice& choice, const StateModules& modules,
                        const ImportOptions& options) {
  auto list = candidates(choice, modules, options);
  if (!list) return list.error();
  std::vector<Match> found;
  std::string why;
  const bool inferred = choice.name.empty() && !choice.from_file;
  for (StateArchitecture& candidate : *list) {
    if (inferred && !may_match(candidate.architecture, modules)) continue;
    auto tried = match(std::move(candidate), modules);
    if (tried) {
      found.push_back(std::move(*tried));
    } else {
      why = tried.error().message;
    }
  }
  if (found.size() == 1) return std::move(found[0]);
  if (found.empty() && !inferred) {
    const std::string label = choice.from_file ? choice.file : choice.name;
    return Error{concat("its tensors are not those of ", label, ": ", why)};
  }
  if (found.empty()) {
    return Error{concat(
        "a state_dict does not say which activations, strides and pools lie between its weights, "
        "and its tensors are not those of an architecture that is known: name one as "
        "'architecture' "
        "(built in are ",
        architecture_names(), "), or export the module with tools/python/signflip_export.py")};
  }
  std::string shapes;
  for (const Match& one : found) {
    shapes += concat(shapes.empty() ? "" : ", ", one.candidate.label, " on ",
                     to_string(one.candidate.architecture.input));
  }
  return Error{concat("its tensors suit more than one net (", shapes,
                      "): say which by 'architecture' and 'input'")};
}

Result<std::vector<float>> values_of(const StateModule& module, const LayerSlot::Need& need) {
  if (const StoredTensor* const tensor = module.find(need.what)) return imported_values(*tensor);
  std::size_t size = 1;
  for (const std::size_t side : need.shape) size *= side;
  return std::vector<float>(size, need.what == "weight" ? 1.0F : 0.0F);
}

/// The normalisation that the file itself holds, as buffers of a module.
Status read_normalisation(const StateModules& modules, Imported& imported) {
  if (modules.normalise == nullptr) return {};
  for (const NormaliseNames& names : kNormaliseNames) {
    const StoredTensor* const mean = modules.normalise->find(names.mean);
    const StoredTensor* const deviation = modules.normalise->find(names.deviation);
    if (mean == nullptr || deviation == nullptr) continue;
    auto means = imported_values(*mean);
    if (!means) return means.error();
    auto deviations = imported_values(*deviation);
    if (!deviations) return deviations.error();
    imported.mean = std::move(*means);
    imported.deviation = std::move(*deviations);
    imported.notes.push_back(
        concat("its input is normalised by the file's ", mean->name, " and ", deviation->name));
  }
  return {};
}

void note_order(const Match& found, std::vector<std::string>& notes) {
  for (std::size_t i = 0; i < found.slots.size(); ++i) {
    for (std::size_t j = i + 1; j < found.slots.size(); ++j) {
      const auto& a = found.slots[i].needs[0];
      const auto& b = found.slots[j].needs[0];
      if (a.shape != b.shape || found.slots[i].type != found.slots[j].type) continue;
      if (!differ_in_words(found.modules[i]->name, found.modules[j]->name)) continue;
      notes.push_back(concat("the tensors of ", found.modules[i]->name, " and ",
                             found.modules[j]->name,
                             " have equal shapes and were taken in the order of their names"));
      return;
    }
  }
}

}  // namespace

Result<StateImport> import_state_dict(const Safetensors& file, const ArchitectureChoice& choice,
                                      const ImportOptions& options) {
  if (file.metadata.contains("signflip")) {
    return Error{"it is a model file of Signflip already: nothing to import"};
  }
  const auto modules = group_modules(file);
  if (!modules) return modules.error();
  auto found = the_match(choice, *modules, options);
  if (!found) return found.error();
  const Architecture& architecture = found->candidate.architecture;
  Imported imported;
  imported.input = architecture.input;
  const OrderedJson json = architecture_to_json(architecture);
  imported.layers = json["layers"];
  const Status normalised = read_normalisation(*modules, imported);
  if (!normalised) return normalised.error();
  if (!architecture.mean.empty()) {
    if (!imported.mean.empty()) {
      return Error{concat("both the file (", modules->normalise->name, ") and ",
                          found->candidate.label,
                          " normalise the input: it would be normalised twice")};
    }
    imported.mean = architecture.mean;
    imported.deviation = architecture.deviation;
  }
  StateImport result;
  if (choice.name.empty() && !choice.from_file) {
    imported.notes.push_back(
        concat("inferred from the shapes of the tensors: architecture ", found->candidate.label,
               ", input ", to_string(architecture.input),
               "; where activations, strides or pools are others, say so by 'architecture'"));
  }
  for (std::size_t i = 0; i < found->slots.size(); ++i) {
    const LayerSlot& slot = found->slots[i];
    const StateModule& module = *found->modules[i];
    result.modules.emplace_back(slot.place + " " + slot.type, module.name);
    for (const LayerSlot::Need& need : slot.needs) {
      auto values = values_of(module, need);
      if (!values) return values.error();
      imported.tensors.push_back({slot.place + "." + need.what, need.shape, std::move(*values)});
    }
  }
  note_order(*found, imported.notes);
  const auto network = Sequential::create(architecture);
  if (!network) return network.error();
  const ImageShape out = network->output_shape();
  const bool classifier = out.height == 1 && out.width == 1;
  ImportOptions completed = options;
  if (completed.classes.empty()) completed.classes = architecture.classes;
  if (completed.name.empty()) completed.name = architecture.name;
  imported.outputs = classifier ? out.size() : 0;
  auto whole = complete_architecture(imported, completed);
  if (!whole) return whole.error();
  result.architecture = std::move(*whole);
  result.bytes = model_bytes(result.architecture, imported.tensors);
  result.notes = std::move(imported.notes);
  return result;
}

}  // namespace signflip
