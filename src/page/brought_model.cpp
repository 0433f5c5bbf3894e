#include "page/brought_model.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/batches.h"
#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/names.h"
#include "core/number.h"
#include "import/foreign_model.h"
#include "import/onnx/import_onnx.h"
#include "import/state_dict.h"
#include "nn/architecture_json.h"
#include "nn/model_file.h"

namespace signflip {
namespace {

/// A file as a model file, and what is to be said of it.
struct Translated {
  std::vector<std::uint8_t> bytes;
  std::vector<std::string> notes;
  bool ours = false;
};

std::string stem(const std::string& file) {
  const std::size_t dot = file.rfind('.');
  return dot == std::string::npos || dot == 0 ? file : file.substr(0, dot);
}

/// The pixel range is the file's where it says one: a file whose own normalisation is of bytes is
/// refused without it. `read` takes ImportOptions.
template <typename Read>
auto in_its_range(const Read& read, ImportOptions import) {
  auto read_first = read(import);
  if (read_first || import.pixel_range != 0) return read_first;
  import.pixel_range = 255;
  auto of_bytes = read(import);
  if (!of_bytes) return read_first;
  of_bytes->notes.push_back("its own normalisation is of pixels from 0 to 255");
  return of_bytes;
}

Result<Translated> translate_onnx(std::span<const std::uint8_t> bytes,
                                  const ImportOptions& import) {
  auto onnx = in_its_range(
      [&](const ImportOptions& options) { return import_onnx(bytes, options); }, import);
  if (!onnx) return onnx.error();
  return Translated{std::move(onnx->bytes), std::move(onnx->notes)};
}

/// Where the file leaves the image's shape open it is a place's: the first that suits.
Result<Translated> translate_onnx_for(std::span<const std::uint8_t> bytes,
                                      const ImportOptions& import,
                                      std::span<const ModelPlace> places) {
  auto first = translate_onnx(bytes, import);
  if (first) return first;
  for (const ModelPlace& place : places) {
    ImportOptions shaped = import;
    shaped.input = place.input;
    auto tried = translate_onnx(bytes, shaped);
    if (!tried) continue;
    tried->notes.push_back(concat("the file leaves the image's shape open; taken for ",
                                  to_string(place.input), " as ", place.dataset, " has"));
    return tried;
  }
  return first.error();
}

Result<ArchitectureChoice> choice_of(const std::string& text) {
  ArchitectureChoice choice;
  if (text.empty()) return choice;
  choice.file = "the architecture file";
  auto read = architecture_from_text(text, choice.file);
  if (!read) return read.error();
  choice.from_file = std::move(*read);
  return choice;
}

Result<Translated> translate(std::span<const std::uint8_t> bytes, const BringOptions& options) {
  const auto format = foreign_model_format(bytes);
  if (!format) return format.error();
  ImportOptions import;
  import.name = stem(options.file);
  import.mean = options.prepared.mean;
  import.deviation = options.prepared.deviation;
  import.pixel_range = options.prepared.range;
  if (*format == ForeignModel::onnx) {
    if (!options.architecture.empty()) {
      return Error{"an architecture was given, but ONNX says its own"};
    }
    return translate_onnx_for(bytes, import, options.places);
  }
  const auto file = parse_safetensors(bytes, options.file);
  if (!file) return file.error();
  if (file->metadata.contains("signflip")) {
    if (!options.architecture.empty() || !import.mean.empty() || import.pixel_range != 0) {
      return Error{
          concat(options.architecture.empty() ? "a preparation of pixels" : "an architecture",
                 " was given, but a model file of Signflip says its own")};
    }
    return Translated{{bytes.begin(), bytes.end()}, {}, true};
  }
  const auto choice = choice_of(options.architecture);
  if (!choice) return choice.error();
  auto state = in_its_range(
      [&](const ImportOptions& options) { return import_state_dict(*file, *choice, options); },
      import);
  if (!state) return state.error();
  return Translated{std::move(state->bytes), std::move(state->notes)};
}

/// Null: none has its images and classes, and it can do without.
Result<const ModelPlace*> place_of(const Sequential& network, const BringOptions& options) {
  const std::size_t classes = network.architecture().classes.size();
  if (classes == 0) {
    return Error{"its output is an image, so it is no classifier: there is nothing to attack"};
  }
  const ImageShape input = network.input_shape();
  for (const ModelPlace& place : options.places) {
    if (place.input == input && place.classes.size() == classes) return &place;
  }
  const bool small = std::max(input.height, input.width) <= options.largest_side;
  if (small && (input.channels == 1 || input.channels == 3)) return nullptr;
  return Error{concat("its images are ", to_string(input),
                      ", expected 1 or 3 channels and sides up to ", options.largest_side)};
}

/// Which of the model's classes each class of the place is.
Result<std::vector<std::size_t>> class_order(const std::vector<std::string>& model,
                                             const ModelPlace& place) {
  std::vector<std::size_t> order(model.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  if (model == place.classes || are_plain_numbers(model)) return order;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto known = std::find(place.classes.begin(), place.classes.end(), model[i]);
    if (known == place.classes.end()) {
      return Error{concat("class ", i, " of the model is \"", model[i], "\", but ", place.dataset,
                          " has no class of that name")};
    }
    order[static_cast<std::size_t>(known - place.classes.begin())] = i;
  }
  if (std::set<std::string>(model.begin(), model.end()).size() != model.size()) {
    return Error{"the model names a class twice"};
  }
  return order;
}

/// The same network with its outputs in another order and the place's names; an error where the
/// last layer is none whose outputs are exchanged.
Result<Sequential> reordered(const Sequential& network, const std::vector<std::size_t>& order,
                             const ModelPlace& place) {
  Sequential result = network;
  const Status named = result.rename_classes(place.classes);
  if (!named) return named.error();
  const auto from = network.parameters();
  const auto to = result.parameters();
  if (!std::is_sorted(order.begin(), order.end())) {
    const PlacedLayer& last = network.layers().back();
    if (!std::holds_alternative<Dense>(last.layer)) {
      return Error{concat("its classes are in another order than those of ", place.dataset,
                          ", which only a dense layer at the end lets exchange")};
    }
    const std::size_t columns = last.shape.columns;
    for (std::size_t k = 0; k < columns; ++k) {
      for (std::size_t row = 0; row < last.shape.rows; ++row) {
        to[last.weight + row * columns + k] = from[last.weight + row * columns + order[k]];
      }
      to[last.bias + k] = from[last.bias + order[k]];
    }
  }
  result.prepare();
  return result;
}

Result<BroughtModel> brought_model(std::span<const std::uint8_t> bytes,
                                   const BringOptions& options) {
  auto translated = translate(bytes, options);
  if (!translated) return translated.error();
  const auto model = load_model(translated->bytes, options.file);
  if (!model) return model.error();
  const auto found = place_of(model->network, options);
  if (!found) return found.error();
  const std::vector<std::string>& names = model->network.architecture().classes;
  const ModelPlace alone{"", model->network.input_shape(), names};
  const ModelPlace& place = *found == nullptr ? alone : **found;
  const auto order = class_order(names, place);
  if (!order) return order.error();
  if (!std::is_sorted(order->begin(), order->end())) {
    translated->notes.push_back(
        concat("its classes were put in the order of ", place.dataset, ", by their names"));
  }
  const auto network = reordered(model->network, *order, place);
  if (!network) return network.error();
  BroughtModel result;
  result.bytes = translated->ours && names == place.classes ? std::move(translated->bytes)
                                                            : format_model(*network, {});
  result.name = stem(options.file);
  result.dataset = place.dataset;
  result.input = network->input_shape();
  result.classes = network->architecture().classes;
  result.parameters = network->parameters().size();
  result.normalises = !network->architecture().mean.empty();
  const bool given = !options.prepared.mean.empty() || options.prepared.range != 0;
  result.states_preparation = translated->ours || (result.normalises && !given);
  result.notes = std::move(translated->notes);
  return result;
}

}  // namespace

Result<BroughtModel> bring_model(std::span<const std::uint8_t> bytes, const BringOptions& options) {
  const auto brought = brought_model(bytes, options);
  if (brought || brought.error().message.starts_with(options.file)) return brought;
  return Error{concat(options.file, ": ", brought.error().message)};
}

Result<std::vector<std::size_t>> right_under(std::span<const std::uint8_t> model,
                                             std::span<const std::uint8_t> pixels,
                                             std::span<const int> labels,
                                             std::span<const PixelPreparation> preparations) {
  const auto loaded = load_model(model, "the model");
  if (!loaded) return loaded.error();
  const Sequential& network = loaded->network;
  const ImageShape shape = network.input_shape();
  const auto classes = static_cast<std::size_t>(network.classes());
  if (pixels.size() != labels.size() * shape.size()) {
    return Error{concat("there are ", pixels.size(), " values for ", labels.size(), " images of ",
                        to_string(shape))};
  }
  std::vector<std::size_t> result;
  const auto channels = static_cast<std::size_t>(shape.channels);
  for (const PixelPreparation& prepared : preparations) {
    Tensor images(labels.size(), shape);
    const auto values = images.values();
    const auto of = [&](const std::vector<float>& list, std::size_t i, float otherwise) {
      if (list.empty()) return otherwise;
      return list[list.size() == channels ? i % channels : 0];
    };
    const auto range = static_cast<float>(prepared.range == 0 ? 1 : prepared.range);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float x = range * static_cast<float>(pixels[i]) / 255.0F;
      values[i] = (x - of(prepared.mean, i, 0.0F)) / of(prepared.deviation, i, 1.0F);
    }
    std::size_t right = 0;
    forward_batches(network, images,
                    [&](std::size_t first, std::size_t count, std::span<const float> logits) {
                      for (std::size_t n = 0; n < count; ++n) {
                        right += argmax(logits.subspan(n * classes, classes)) == labels[first + n];
                      }
                    });
    result.push_back(right);
  }
  return result;
}

}  // namespace signflip
