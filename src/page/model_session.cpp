#include "page/model_session.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "attack/written_image.h"
#include "certify/certify.h"
#include "core/batches.h"
#include "core/concat.h"
#include "core/exact/softmax.h"
#include "core/model_input.h"
#include "nn/inference.h"
#include "nn/model_file.h"
#include "nn/saliency.h"

namespace signflip {
namespace {

/// The index of the last dense layer, or the number of layers.
std::size_t last_dense(const Sequential& network) {
  for (std::size_t i = network.layers().size(); i-- > 0;) {
    if (std::holds_alternative<Dense>(network.layers()[i].layer)) return i;
  }
  return network.layers().size();
}

}  // namespace

Result<ModelSession> ModelSession::load(std::span<const std::uint8_t> bytes,
                                        std::string_view name) {
  auto file = load_model(bytes, name);
  if (!file) return file.error();
  const std::string title = file->network.architecture().name;
  return ModelSession(
      DefendedModel({title, std::make_shared<const Sequential>(std::move(file->network))}));
}

Result<ModelSession> ModelSession::behind(const ModelSession& denoiser) const {
  auto model = model_.behind(denoiser.model_.named_network());
  if (!model) return model.error();
  return ModelSession(std::move(*model));
}

Result<Tensor> ModelSession::to_tensor(std::vector<float> images) const {
  const ImageShape shape = network().input_shape();
  if (images.empty() || images.size() % shape.size() != 0) {
    return Error{concat("the images hold ", images.size(), " values, expected a multiple of ",
                        shape.size(), " (", to_string(shape), ")")};
  }
  const std::size_t count = images.size() / shape.size();
  return Tensor(count, shape, std::move(images));
}

Result<Tensor> ModelSession::to_pictures(const std::vector<float>& images) const {
  auto tensor = to_tensor(images);
  if (!tensor) return tensor;
  const Status fine = check_pixels(*tensor, model().bounds());
  if (!fine) return fine.error();
  return tensor;
}

Result<ModelSession::Prediction> ModelSession::predict(const std::vector<float>& images) const {
  const auto tensor = to_pictures(images);
  if (!tensor) return tensor.error();
  const std::size_t size = network().output_shape().size();
  Prediction result;
  result.logits.reserve(tensor->count() * size);
  forward_batches(model(), *tensor, [&](std::size_t, std::size_t, std::span<const float> z) {
    result.logits.insert(result.logits.end(), z.begin(), z.end());
  });
  if (network().architecture().classes.empty()) return result;
  result.probabilities = result.logits;
  for (std::size_t n = 0; n < tensor->count(); ++n) {
    const auto row = std::span(result.probabilities).subspan(n * size, size);
    result.labels.push_back(argmax(std::span<const float>(row)));
    softmax(std::span<const float>(row), row);
  }
  return result;
}

Status ModelSession::check_labels(const char* what, const Tensor& images,
                                  std::span<const int> labels) const {
  const std::size_t classes = network().architecture().classes.size();
  const bool known = std::all_of(labels.begin(), labels.end(), [&](int label) {
    return label >= 0 && static_cast<std::size_t>(label) < classes;
  });
  if (labels.size() == images.count() && known) return {};
  return Error{concat(what, " needs a label from 0 to ", classes, "−1 for each of ", images.count(),
                      " images")};
}

Result<std::vector<float>> ModelSession::gradient(const std::vector<float>& images,
                                                  std::span<const int> labels) const {
  const auto tensor = to_pictures(images);
  if (!tensor) return tensor.error();
  const Status known = check_labels("gradient", *tensor, labels);
  if (!known) return known.error();
  const Tensor gradients = loss_gradients(model(), *tensor, labels);
  return std::vector<float>(gradients.values().begin(), gradients.values().end());
}

Result<AttackOutcome> ModelSession::attack(const AttackOptions& options,
                                           const std::vector<float>& images,
                                           std::vector<int> labels,
                                           std::span<const int> targets) const {
  const auto entry = require_attack(options.name);
  if (!entry) return entry.error();
  auto parameters = make_parameters(**entry, options.parameters);
  if (!parameters) return parameters.error();
  if (network().architecture().classes.empty()) {
    return Error{"this model is a denoiser: it has no classes to attack"};
  }
  if (options.gray_box && !defended()) {
    return Error{"a gray-box attack needs a model behind a denoiser or a transform"};
  }
  if (labels.empty()) {
    auto clean = predict(images);
    if (!clean) return clean.error();
    labels = std::move(clean->labels);
  }
  const auto tensor = to_tensor(images);
  if (!tensor) return tensor.error();
  AttackRequest request{*entry, std::move(*parameters), options.seed, options.first_image,
                        options.observer};
  request.judge = options.judge;
  ThreadPool pool(1);
  return run_attack(model_.seen(options.gray_box), model(), request, *tensor, labels, targets, pool,
                    options.progress);
}

Result<std::vector<std::uint8_t>> ModelSession::written(
    const AttackOptions& options, const std::vector<float>& clean,
    const std::vector<float>& adversarial) const {
  const auto entry = require_attack(options.name);
  if (!entry) return entry.error();
  const auto parameters = make_parameters(**entry, options.parameters);
  if (!parameters) return parameters.error();
  const auto images = to_tensor(clean);
  if (!images) return images.error();
  if (adversarial.size() != clean.size() || images->count() != 1) {
    return Error{concat("a picture is of one image and its adversarial one, not of ", clean.size(),
                        " and ", adversarial.size(), " values")};
  }
  std::vector<float> rounded(adversarial.size());
  round_to_written(**entry, *parameters, clean, adversarial, rounded);
  std::vector<std::uint8_t> bytes;
  bytes.reserve(rounded.size());
  for (const float value : rounded) {
    bytes.push_back(static_cast<std::uint8_t>(std::lround(255.0F * value)));
  }
  return bytes;
}

std::size_t ModelSession::feature_count() const {
  const std::size_t last = last_dense(network());
  return last < network().layers().size() ? network().layers()[last].in.size() : 0;
}

Result<std::vector<float>> ModelSession::features(const std::vector<float>& images) const {
  const std::size_t width = feature_count();
  if (width == 0) return Error{"this network has no dense layer whose input could be shown"};
  const auto tensor = to_tensor(images);
  if (!tensor) return tensor.error();
  const std::size_t last = last_dense(network()), capacity = shard_capacity(tensor->count());
  Activations activations(network(), capacity);
  std::vector<float> found, seen;
  found.reserve(tensor->count() * width);
  for_each_shard(tensor->count(), [&](std::size_t first, std::size_t count) {
    std::span<const float> x = tensor->images(first, count);
    if (defended()) x = seen = model_.seen_by_network(x, count);
    forward(network(), x, count, activations);
    const float* const values = activations.input_of(last);
    found.insert(found.end(), values, values + count * width);
  });
  return found;
}

Result<std::vector<double>> ModelSession::certified_radii(const std::vector<float>& images,
                                                          std::span<const int> labels) const {
  if (defended()) return Error{"nothing can be proved of a model behind a denoiser or a transform"};
  const auto tensor = to_tensor(images);
  if (!tensor) return tensor.error();
  ThreadPool pool(1);
  const CertifyRequest request{.epsilon = 0.0, .maximum_radius = 1.0};
  auto found = certify(network(), request, *tensor, labels, pool);
  if (!found) return found.error();
  return std::move(found->radius);
}

}  // namespace signflip
