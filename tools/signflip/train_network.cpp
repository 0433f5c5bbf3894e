#include "train_network.h"

#include <algorithm>
#include <cmath>

#include "data/file.h"
#include "nn/architecture_json.h"
#include "nn/json_place.h"

namespace signflip::cli {
namespace {

/// Mean and deviation of each channel over the training images, to four digits.
void set_normalisation(const Dataset& data, Architecture& architecture) {
  const auto channels = static_cast<std::size_t>(data.image.channels);
  std::vector<double> sum(channels), squares(channels);
  for (std::size_t i = 0; i < data.pixels.size(); ++i) {
    const double pixel = data.pixels[i] / 255.0;
    sum[i % channels] += pixel;
    squares[i % channels] += pixel * pixel;
  }
  const std::size_t pixels = data.pixels.size() / channels;
  const auto count = static_cast<double>(pixels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = sum[c] / count;
    const double deviation = std::sqrt(std::max(squares[c] / count - mean * mean, 0.0));
    const auto digits = [](double value) {
      return static_cast<float>(std::round(value * 1e4) / 1e4);
    };
    architecture.mean.push_back(digits(mean));
    architecture.deviation.push_back(std::max(digits(deviation), 1e-3F));
  }
}

/// The weights that --init names, to go on from.
Result<Sequential> take_over(const TrainOptions& options, const Dataset& data,
                             OrderedJson& references) {
  auto model = load_model_from(options.init);
  if (!model) return Error{"--init: " + model.error().message};
  refer(references, "init", *model);
  if (options.name.empty()) return std::move(model->file.network);
  Architecture architecture = model->file.network.architecture();
  architecture.name = options.name;
  if (!architecture.classes.empty()) architecture.classes = data.class_names;
  auto network = Sequential::create(std::move(architecture));
  if (!network) return network.error();
  std::ranges::copy(model->file.network.parameters(), network->parameters().begin());
  std::ranges::copy(model->file.network.statistics(), network->statistics().begin());
  network->prepare();
  return network;
}

Result<Architecture> read_architecture(const std::string& file) {
  const auto bytes = read_file(file, kMaxTextBytes);
  if (!bytes) return bytes.error();
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const std::string malformed = json_error_place(text);
  if (!malformed.empty()) return Error{file + " is not JSON: " + malformed};
  auto read = architecture_from_json(JsonView(text));
  if (!read) return Error{file + ": " + read.error().message};
  return read;
}

}  // namespace

void refer(OrderedJson& references, const char* name, const LoadedModel& model) {
  references[name] = std::filesystem::path(model.path).filename().string();
  references[std::string(name) + "_sha256"] = model.sha256;
}

Result<std::optional<PictureSize>> wished_size(const TrainOptions& options) {
  if (!options.size.empty()) return picture_size_from(options.size);
  if (!options.init.empty()) {
    const auto model = load_model_from(options.init);
    if (!model) return Error{"--init: " + model.error().message};
    return std::optional(picture_size(model->file.network.input_shape()));
  }
  if (!options.architecture.ends_with(".json")) return std::optional<PictureSize>();
  const auto architecture = read_architecture(options.architecture);
  if (!architecture) return architecture.error();
  if (architecture->input == ImageShape{}) return std::optional<PictureSize>();
  return std::optional(picture_size(architecture->input));
}

Result<Sequential> make_network(const TrainOptions& options, const Dataset& data,
                                OrderedJson& references) {
  if (!options.init.empty()) return take_over(options, data, references);
  Architecture architecture;
  if (options.architecture.ends_with(".json")) {
    auto read = read_architecture(options.architecture);
    if (!read) return read.error();
    architecture = std::move(*read);
    say_removed(options.architecture, architecture);
    if (architecture.input == ImageShape{}) architecture.input = data.image;
  } else {
    auto known = named_architecture(options.architecture, data.image, data.classes);
    if (!known) return Error{"--architecture: " + known.error().message};
    architecture = std::move(*known);
  }
  if (options.config.method != Method::denoiser) {
    architecture.classes = data.class_names;
    if (architecture.mean.empty() && !options.no_normalise) set_normalisation(data, architecture);
  }
  if (!options.name.empty()) architecture.name = options.name;
  auto network = Sequential::create(std::move(architecture));
  if (!network)
    return Error{"--architecture " + options.architecture + ": " + network.error().message};
  if (options.config.method == Method::ibp) {
    network->initialise_for_intervals(options.config.seed);
  } else {
    network->initialise(options.config.seed);
  }
  return network;
}

}  // namespace signflip::cli
