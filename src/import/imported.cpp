#include "import/imported.h"

#include <algorithm>
#include <cmath>

#include "core/concat.h"
#include "nn/architecture_json.h"
#include "nn/json_text.h"
#include "nn/safetensors.h"

namespace signflip {
namespace {

/// One value for each channel, from one for all or one for each.
Result<std::vector<float>> per_channel(std::string_view what, const std::vector<float>& values,
                                       int channels) {
  for (const float value : values) {
    if (!std::isfinite(value)) return Error{concat(what, " is ", value, ", expected a number")};
  }
  const auto count = static_cast<std::size_t>(channels);
  if (values.size() == 1) return std::vector<float>(count, values[0]);
  if (values.size() == count) return values;
  return Error{concat(what, " has ", values.size(), " values, expected ", channels,
                      ": one for each channel")};
}

struct Normalisation {
  std::vector<float> mean, deviation;  ///< of pixels in [0,1]; empty where there is none
};

/// An error where pixels from 0 to the range cannot have this mean and deviation. The file's own
/// are believed where the range is given, and else may be of another centre ([-1,1] for [0,1]).
Status check_scale(float mean, float deviation, bool of_file, int given_range) {
  const int range = given_range == 0 ? 1 : given_range;
  if (range > 1 && mean > 0.0F && mean < 1.0F && deviation < 1.0F) {
    return Error{concat("mean and std are ", mean, " and ", deviation,
                        ", as of pixels from 0 to 1, but the pixel range is ", range)};
  }
  // More than any deviation of values from 0 to 1.
  constexpr float kLargestDeviation = 2.0F;
  if (of_file) {
    const bool of_bytes = std::abs(mean) > 1.0F || deviation > kLargestDeviation;
    if (given_range != 0 || !of_bytes) return {};
    return Error{concat("it normalises its input by mean ", mean, " and std ", deviation,
                        ", so it takes pixels from 0 to 255: say so with --pixel-range 255, or "
                        "--pixel-range 1 if not")};
  }
  const char* const hint = range == 1 ? "; for pixels from 0 to 255 the pixel range is 255" : "";
  if (!(mean >= 0.0F && mean <= static_cast<float>(range))) {
    return Error{concat("mean is ", mean, ", expected 0 to ", range,
                        ", since the model takes pixels from 0 to ", range, hint)};
  }
  if (deviation > kLargestDeviation * static_cast<float>(range)) {
    return Error{concat("std is ", deviation, ", expected up to ",
                        kLargestDeviation * static_cast<float>(range),
                        ", since the model takes pixels from 0 to ", range, hint)};
  }
  return {};
}

Result<Normalisation> normalisation(const Imported& imported, const ImportOptions& options) {
  if (options.mean.empty() != options.deviation.empty()) {
    return Error{concat(options.mean.empty() ? "std" : "mean", " is given without ",
                        options.mean.empty() ? "mean" : "std", ": both belong together")};
  }
  if (!options.mean.empty() && !imported.mean.empty()) {
    return Error{concat("mean is given, but the model normalises its input itself (mean ",
                        imported.mean[0], ", std ", imported.deviation[0],
                        " for the first channel): it would be normalised twice")};
  }
  const int channels = imported.input.channels;
  const bool given = !options.mean.empty();
  std::vector<float> mean = given ? options.mean : imported.mean;
  std::vector<float> deviation = given ? options.deviation : imported.deviation;
  const int range = options.pixel_range == 0 ? 1 : options.pixel_range;
  if (mean.empty()) {
    if (range == 1) return Normalisation{};
    mean = {0.0F};
    deviation = {1.0F};
  }
  auto means = per_channel("mean", mean, channels);
  if (!means) return means.error();
  auto deviations = per_channel("std", deviation, channels);
  if (!deviations) return deviations.error();
  for (std::size_t c = 0; c < means->size() && (given || !imported.mean.empty()); ++c) {
    const Status scale = check_scale((*means)[c], (*deviations)[c], !given, options.pixel_range);
    if (!scale) return scale.error();
  }
  // (range·x − mean) / std of a pixel x in [0,1].
  for (float& value : *means) value /= static_cast<float>(range);
  for (float& value : *deviations) {
    if (!(value > 0.0F)) return Error{concat("std is ", value, ", expected more than 0")};
    value /= static_cast<float>(range);
  }
  return Normalisation{std::move(*means), std::move(*deviations)};
}

}  // namespace

Result<OrderedJson> complete_architecture(const Imported& imported, const ImportOptions& options) {
  const std::size_t outputs = imported.outputs;
  const auto normalise = normalisation(imported, options);
  if (!normalise) return normalise.error();
  OrderedJson json = architecture_head(options.name, imported.input);
  if (outputs == 1) {
    return Error{
        "its output is one number, expected a logit for each class, of two or more: those of a "
        "yes-or-no model are 0 and its number"};
  }
  if (outputs > 0) {
    if (!options.classes.empty() && options.classes.size() != outputs) {
      return Error{concat("there are names of ", options.classes.size(),
                          " classes, but the model has ", outputs, " outputs")};
    }
    std::vector<std::string> classes = options.classes;
    for (std::size_t k = classes.size(); k < outputs; ++k) classes.push_back(std::to_string(k));
    json["classes"] = classes;
  } else if (!options.classes.empty()) {
    return Error{"there are names of classes, but the model's output is an image"};
  }
  if (!normalise->mean.empty()) {
    json["normalise"] = {{"mean", normalise->mean}, {"std", normalise->deviation}};
  }
  json["layers"] = imported.layers;
  return json;
}

std::vector<std::uint8_t> model_bytes(const OrderedJson& architecture,
                                      const std::vector<ImportedTensor>& tensors) {
  SafetensorsWriter writer;
  writer.add_metadata("signflip", json_text(architecture));
  for (const ImportedTensor& tensor : tensors) {
    writer.add_f32(tensor.name, tensor.shape, tensor.values);
  }
  return writer.finish();
}

}  // namespace signflip
