// TestedModel.
#include "wasm/tested_model.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "core/concat.h"
#include "core/rng.h"
#include "core/softmax.h"
#include "data/image.h"
#include "defence/denoised_model.h"
#include "nn/inference.h"

namespace signflip {
namespace {

/// The last dense layer's place, or the number of layers.
std::size_t last_dense(const Sequential& network) {
  for (std::size_t i = network.layers().size(); i-- > 0;) {
    if (std::holds_alternative<Dense>(network.layers()[i].layer)) return i;
  }
  return network.layers().size();
}

Error wrong_size(std::size_t values, ImageShape shape) {
  return Error{concat("the images hold ", values, " values, expected a multiple of ", shape.size(),
                      " (", to_string(shape), ")")};
}

/// Signs that agree with those of u on half of its nonzero values and differ on the others, drawn
/// at random; elsewhere any. With an odd number of them one stays 0, so that the two are
/// orthogonal.
std::vector<float> orthogonal_signs(std::span<const float> u, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> v(u.size());
  std::vector<std::uint32_t> moved;
  for (std::size_t i = 0; i < u.size(); ++i) {
    if (u[i] != 0.0F) {
      moved.push_back(static_cast<std::uint32_t>(i));
    } else {
      v[i] = rng.below(2) == 0 ? -1.0F : 1.0F;
    }
  }
  rng.shuffle(std::span<std::uint32_t>(moved));
  const std::size_t half = moved.size() / 2;
  for (std::size_t k = 0; k < 2 * half; ++k) v[moved[k]] = k < half ? u[moved[k]] : -u[moved[k]];
  return v;
}

}  // namespace

Result<TestedModel> TestedModel::load(std::span<const std::uint8_t> classifier,
                                      std::span<const std::uint8_t> denoiser) {
  auto file = load_model(classifier, "the model file");
  if (!file) return file.error();
  if (file->network.architecture().classes.empty()) {
    return Error{"this model is a denoiser: it has no classes to attack"};
  }
  auto parts = std::make_unique<Parts>(std::move(*file));
  parts->model = &parts->classifier.network;
  if (!denoiser.empty()) {
    auto front = load_model(denoiser, "the denoiser's file");
    if (!front) return front.error();
    parts->denoiser = std::make_unique<ModelFile>(std::move(*front));
    const Status fits = check_denoiser(parts->denoiser->network, parts->classifier.network);
    if (!fits) return fits.error();
    parts->denoised =
        std::make_unique<DenoisedModel>(parts->denoiser->network, parts->classifier.network);
    parts->model = parts->denoised.get();
  }
  return TestedModel(std::move(parts));
}

Result<Tensor> TestedModel::images(std::span<const std::uint8_t> bytes) const {
  std::vector<float> pixels(bytes.size());
  std::transform(bytes.begin(), bytes.end(), pixels.begin(), unit_pixel);
  return images(std::move(pixels));
}

Result<Tensor> TestedModel::images(std::vector<float> pixels) const {
  const ImageShape shape = classifier().input_shape();
  if (pixels.empty() || pixels.size() % shape.size() != 0) return wrong_size(pixels.size(), shape);
  const std::size_t count = pixels.size() / shape.size();
  return Tensor(count, shape, std::move(pixels));
}

TestedModel::Reading TestedModel::read(const Tensor& images) const {
  const std::size_t stretch = std::min(images.count(), kShardSize);
  const auto pass = model().new_pass(stretch);
  const auto classes = static_cast<std::size_t>(model().classes());
  std::vector<float> probabilities(classes);
  Reading reading;
  for (std::size_t first = 0; first < images.count(); first += stretch) {
    const std::size_t here = std::min(stretch, images.count() - first);
    const auto z = pass->forward(images.images(first, here), here);
    for (std::size_t n = 0; n < here; ++n) {
      softmax(z.subspan(n * classes, classes), std::span(probabilities));
      const int label = argmax(z.subspan(n * classes, classes));
      reading.labels.push_back(label);
      reading.confidences.push_back(probabilities[static_cast<std::size_t>(label)]);
    }
  }
  return reading;
}

Result<AttackOutcome> TestedModel::attack(const AttackOptions& options, const Tensor& images,
                                          std::span<const int> labels) const {
  const auto entry = require_attack(options.name);
  if (!entry) return entry.error();
  auto parameters = make_parameters(**entry, options.parameters);
  if (!parameters) return parameters.error();
  std::vector<int> targets;
  if (!(*entry)->untargeted) {
    // An attack that needs a target gets the next class, as on the page's view of one image.
    for (const int label : labels) targets.push_back((label + 1) % model().classes());
  }
  const AttackRequest request{*entry, std::move(*parameters), options.seed, options.first_image,
                              options.observer};
  ThreadPool pool(1);
  return run_attack(model(), model(), request, images, labels, targets, pool, options.progress);
}

std::size_t TestedModel::feature_count() const {
  const std::size_t last = last_dense(classifier());
  return last < classifier().layers().size() ? classifier().layers()[last].in.size() : 0;
}

Result<std::vector<float>> TestedModel::features(const Tensor& images) const {
  const std::size_t width = feature_count();
  if (width == 0) return Error{"this network has no dense layer whose input could be shown"};
  const std::size_t last = last_dense(classifier());
  const std::size_t stretch = std::min(images.count(), kShardSize);
  Activations activations(classifier(), stretch);
  std::unique_ptr<Activations> before;
  if (parts_->denoiser) before = std::make_unique<Activations>(parts_->denoiser->network, stretch);
  std::vector<float> found;
  found.reserve(images.count() * width);
  for (std::size_t first = 0; first < images.count(); first += stretch) {
    const std::size_t here = std::min(stretch, images.count() - first);
    std::span<const float> x = images.images(first, here);
    if (before) x = forward(parts_->denoiser->network, x, here, *before);
    forward(classifier(), x, here, activations);
    const float* const values = activations.input_of(last);
    found.insert(found.end(), values, values + here * width);
  }
  return found;
}

Result<Plane> TestedModel::plane(const Tensor& image, int label, std::uint64_t seed) const {
  if (image.count() != 1 || label < 0 || label >= model().classes()) {
    return Error{concat("a slice needs one image and a label from 0 to ", model().classes() - 1,
                        ", not ", image.count(), " and ", label)};
  }
  const auto pass = model().new_pass(1);
  std::vector<float> dlogits(static_cast<std::size_t>(model().classes()));
  Plane plane;
  plane.u.resize(image.size());
  cross_entropy_gradient(pass->forward(image.values(), 1), label, std::span(dlogits));
  pass->input_gradient(dlogits, plane.u);
  bool any = false;
  for (float& value : plane.u) {
    value = value > 0.0F ? 1.0F : value < 0.0F ? -1.0F : 0.0F;
    any = any || value != 0.0F;
  }
  if (!any) return Error{"the gradient is 0 at this image: there is no direction to look in"};
  plane.v = orthogonal_signs(plane.u, seed);
  return plane;
}

Result<TestedModel::Reading> TestedModel::slice(const Tensor& image, const Plane& plane,
                                                std::span<const float> a,
                                                std::span<const float> b) const {
  const std::size_t size = image.size();
  if (plane.u.size() != size || plane.v.size() != size || a.size() != b.size() || a.empty()) {
    return Error{concat("a slice needs two directions of ", size,
                        " values and as many a as b, not ", plane.u.size(), ", ", plane.v.size(),
                        ", ", a.size(), " and ", b.size())};
  }
  const Bounds bounds = model().bounds();
  Tensor points(a.size(), image.image_shape());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto point = points.values().subspan(i * size, size);
    for (std::size_t p = 0; p < size; ++p) {
      point[p] = std::clamp(image.values()[p] + a[i] * plane.u[p] + b[i] * plane.v[p], bounds.low,
                            bounds.high);
    }
  }
  return read(points);
}

}  // namespace signflip
