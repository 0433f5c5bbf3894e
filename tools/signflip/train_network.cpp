#include "train_network.h"

#include <algorithm>
#include <cmath>

#include "data/class_names.h"
#include "data/file.h"
#include "nn/architecture_json.h"
#include "outputs.h"
#include "train/methods.h"

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
  Sequential network = std::move(model->file.network);
  if (!options.name.empty()) network.rename(options.name);
  // It learns the dataset's classes, whatever it knew before; the same in another order would be a
  // mistake. Another number of them is an error of the method's.
  const std::vector<std::string>& known = network.architecture().classes;
  if (known.size() == data.class_names.size()) {
    if (std::ranges::is_permutation(known, data.class_names)) {
      const Status same = check_same_classes("--init", known, data);
      if (!same) return same.error();
    }
    const Status named = network.rename_classes(data.class_names);
    if (!named) return named.error();
  }
  return network;
}

Result<Architecture> read_architecture(const std::string& file) {
  const auto bytes = read_file(file, kMaxTextBytes);
  if (!bytes) return bytes.error();
  return architecture_from_text({reinterpret_cast<const char*>(bytes->data()), bytes->size()},
                                file);
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
  if (!has_ending(options.architecture, ".json")) return std::optional<PictureSize>();
  const auto architecture = read_architecture(options.architecture);
  if (!architecture) return architecture.error();
  if (architecture->input == ImageShape{}) return std::optional<PictureSize>();
  return std::optional(picture_size(architecture->input));
}

Result<Sequential> make_network(const TrainOptions& options, const Dataset& data,
                                OrderedJson& references) {
  if (!options.init.empty()) return take_over(options, data, references);
  Architecture architecture;
  if (has_ending(options.architecture, ".json")) {
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
    if (options.no_normalise && !architecture.mean.empty()) {
      return Error{"--no-normalise was given, but " + options.architecture +
                   " has a normalisation of its own"};
    }
    if (architecture.mean.empty() && !options.no_normalise) set_normalisation(data, architecture);
  }
  if (!options.name.empty()) architecture.name = options.name;
  auto network = Sequential::create(std::move(architecture));
  if (!network)
    return Error{"--architecture " + options.architecture + ": " + network.error().message};
  initialise(*network, options.config.method, options.config.seed);
  return network;
}

}  // namespace signflip::cli
