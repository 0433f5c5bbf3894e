#include "import_check.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/predictions.h"

namespace signflip::cli {
namespace {

/// A cause is named where it explains so much more of the images.
constexpr double kGain = 0.1;
/// Above this nothing needs explaining.
constexpr double kGood = 0.9;
/// Another order of classes is named only where the model is right at least so often in it.
constexpr double kRenamed = 0.8;
/// Below chance + this, accuracy is "near chance".
constexpr double kNearChance = 0.15;

std::string percent(double fraction) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f%%", 100.0 * fraction);
  return text;
}

/// What the images may have been when the net was trained, as a function of pixel and channel.
struct Cause {
  std::string text;
  std::function<float(float pixel, std::size_t channel)> pixel;
};

struct Moments {
  std::vector<double> mean, deviation;
};

Moments moments(const Tensor& images) {
  const auto channels = static_cast<std::size_t>(images.image_shape().channels);
  Moments m{std::vector<double>(channels), std::vector<double>(channels)};
  const auto values = images.values();
  for (std::size_t i = 0; i < values.size(); ++i) m.mean[i % channels] += values[i];
  const std::size_t pixels = std::max<std::size_t>(1, values.size() / channels);
  const auto count = static_cast<double>(pixels);
  for (double& mean : m.mean) mean /= count;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double d = values[i] - m.mean[i % channels];
    m.deviation[i % channels] += d * d;
  }
  for (double& d : m.deviation) d = std::max(1e-3, std::sqrt(d / count));
  return m;
}

std::string list(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) {
    char number[32];
    std::snprintf(number, sizeof number, "%.4g", value);
    text += (text.empty() ? "" : ",") + std::string(number);
  }
  return text;
}

/// The likelier first: of two that explain as much, the first is named.
std::vector<Cause> causes(const Sequential& network, const Tensor& images) {
  const Architecture& a = network.architecture();
  std::vector<Cause> result;
  if (!a.mean.empty()) {
    result.push_back({"its input is normalised twice: import it without --mean and --std",
                      [&a](float x, std::size_t c) { return a.deviation[c] * x + a.mean[c]; }});
  } else {
    const Moments m = moments(images);
    result.push_back({"it was trained on normalised images: import it with --mean " + list(m.mean) +
                          " --std " + list(m.deviation) + ", or the values of its training",
                      [m](float x, std::size_t c) {
                        return (x - static_cast<float>(m.mean[c])) /
                               static_cast<float>(m.deviation[c]);
                      }});
    result.push_back({"it was trained on pixels from -1 to 1: import it with --mean 0.5 --std 0.5",
                      [](float x, std::size_t) { return 2.0F * x - 1.0F; }});
  }
  result.push_back({"it was trained on pixels 0 to 255: import it with --pixel-range 255",
                    [](float x, std::size_t) { return 255.0F * x; }});
  result.push_back({"it was trained on dark for light: this dataset's images are inverted to it",
                    [](float x, std::size_t) { return 1.0F - x; }});
  return result;
}

Tensor changed(const Tensor& images, const Cause& cause) {
  Tensor result = images;
  const auto channels = static_cast<std::size_t>(images.image_shape().channels);
  const auto values = result.values();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = cause.pixel(values[i], i % channels);
  return result;
}

/// Red and blue exchanged.
Tensor reversed_channels(const Tensor& images) {
  Tensor result = images;
  const auto channels = static_cast<std::size_t>(images.image_shape().channels);
  const auto values = result.values();
  for (std::size_t i = 0; i < values.size(); i += channels) {
    std::reverse(values.begin() + static_cast<std::ptrdiff_t>(i),
                 values.begin() + static_cast<std::ptrdiff_t>(i + channels));
  }
  return result;
}

/// The accuracy if each class of the model were the label that it mostly stands for. 0 where that
/// is no other order: two classes would be the same label, or too many images would still be wrong.
double best_renamed(const std::vector<int>& predicted, const Dataset& dataset,
                    std::size_t classes) {
  std::vector<std::size_t> counts(classes * classes);
  for (std::size_t n = 0; n < predicted.size(); ++n) {
    if (predicted[n] < 0) continue;
    ++counts[static_cast<std::size_t>(predicted[n]) * classes +
             static_cast<std::size_t>(dataset.labels[n])];
  }
  std::size_t right = 0;
  std::vector<bool> taken(classes);
  for (std::size_t k = 0; k < classes; ++k) {
    const auto row = counts.begin() + static_cast<std::ptrdiff_t>(k * classes);
    const auto most = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes));
    if (*most == 0) continue;  // the model never says so
    const auto label = static_cast<std::size_t>(most - row);
    if (taken[label]) return 0.0;
    taken[label] = true;
    right += *most;
  }
  const double accuracy = static_cast<double>(right) / static_cast<double>(predicted.size());
  return accuracy >= kRenamed ? accuracy : 0.0;
}

}  // namespace

Result<ImportCheck> check_import(const Sequential& network, const Dataset& dataset, int threads) {
  if (dataset.image != network.input_shape()) {
    return Error{concat("the model takes images of ", to_string(network.input_shape()),
                        ", but those of ", dataset.name, " are ", to_string(dataset.image))};
  }
  const std::size_t classes = network.architecture().classes.size();
  if (static_cast<std::size_t>(dataset.classes) != classes) {
    return Error{concat("the model has ", classes, " classes, but ", dataset.name, " has ",
                        dataset.classes)};
  }
  ThreadPool pool(threads);
  const Tensor images = dataset.tensor(0, dataset.count());
  const std::vector<int> predicted = classes_of(network, images, pool);
  ImportCheck check{accuracy_of(predicted, dataset.labels), dataset.count(), {}};
  if (check.accuracy >= kGood) return check;
  double best = check.accuracy + kGain;
  const auto consider = [&](double accuracy, const std::string& text) {
    if (accuracy <= best) return;
    best = accuracy;
    check.warning = concat("the model is right on only ", percent(check.accuracy), " of ",
                           dataset.name, "; on ", percent(accuracy), " where ", text);
  };
  for (const Cause& cause : causes(network, images)) {
    const auto labels = classes_of(network, changed(images, cause), pool);
    consider(accuracy_of(labels, dataset.labels), cause.text);
  }
  if (dataset.image.channels == 3) {
    const auto labels = classes_of(network, reversed_channels(images), pool);
    consider(accuracy_of(labels, dataset.labels), "red and blue are exchanged (BGR)");
  }
  consider(best_renamed(predicted, dataset, classes),
           "its classes are in another order than the dataset's: reorder the dataset's or "
           "export the model with its own order");
  const double chance = 1.0 / static_cast<double>(classes);
  if (check.warning.empty() && check.accuracy < chance + kNearChance) {
    check.warning = concat("the model is right on only ", percent(check.accuracy), " of ",
                           dataset.name, ", near chance (", percent(chance),
                           "): neither the range of pixels nor normalisation nor the order of "
                           "classes explains it, so perhaps activations, strides or pools differ");
  }
  return check;
}

}  // namespace signflip::cli
