// Session.
#include "wasm/session.h"

#include <algorithm>

#include "core/concat.h"
#include "core/softmax.h"

namespace signflip {

Result<Session> Session::load(std::span<const std::uint8_t> bytes) {
  auto model = load_model(bytes, "the model file");
  if (!model) return model.error();
  return Session(std::move(*model));
}

Result<Session> Session::behind(const Session& denoiser) const {
  const Status fits = check_denoiser(denoiser.network(), network());
  if (!fits) return fits.error();
  Session session = *this;
  session.denoiser_ = denoiser.file_;
  session.denoised_ =
      std::make_shared<const DenoisedModel>(session.denoiser_->network, session.file_->network);
  return session;
}

const DifferentiableModel& Session::model() const {
  if (denoised_) return *denoised_;
  return network();
}

Result<Tensor> Session::to_tensor(std::vector<float> images) const {
  const ImageShape shape = network().input_shape();
  if (images.empty() || images.size() % shape.size() != 0) {
    return Error{concat("the images hold ", images.size(), " values, expected a multiple of ",
                        shape.size(), " (", to_string(shape), ")")};
  }
  const std::size_t count = images.size() / shape.size();
  return Tensor(count, shape, std::move(images));
}

Result<Session::Prediction> Session::predict(const std::vector<float>& images) const {
  const auto tensor = to_tensor(images);
  if (!tensor) return tensor.error();
  const std::size_t count = tensor->count(), size = network().output_shape().size();
  const bool classifier = !network().architecture().classes.empty();
  const std::size_t stretch = std::min<std::size_t>(count, kShardSize);
  Prediction result;
  result.logits.reserve(count * size);
  const auto pass = model().new_pass(stretch);
  for (std::size_t first = 0; first < count; first += stretch) {
    const std::size_t here = std::min(stretch, count - first);
    const auto z = pass->forward(tensor->images(first, here), here);
    result.logits.insert(result.logits.end(), z.begin(), z.end());
  }
  if (!classifier) return result;
  result.probabilities = result.logits;
  for (std::size_t n = 0; n < count; ++n) {
    const auto row = std::span(result.probabilities).subspan(n * size, size);
    result.labels.push_back(argmax(std::span<const float>(row)));
    softmax(std::span<const float>(row), row);
  }
  return result;
}

Result<std::vector<float>> Session::gradient(const std::vector<float>& images,
                                             const std::vector<int>& labels) const {
  const auto tensor = to_tensor(images);
  if (!tensor) return tensor.error();
  const std::size_t classes = network().architecture().classes.size();
  const bool known = std::all_of(labels.begin(), labels.end(), [&](int label) {
    return label >= 0 && static_cast<std::size_t>(label) < classes;
  });
  if (labels.size() != tensor->count() || !known) {
    return Error{concat("gradient needs a label from 0 to ", classes, "−1 for each of ",
                        tensor->count(), " images")};
  }
  std::vector<float> gradient(tensor->size()), dlogits(classes);
  const auto pass = model().new_pass(1);
  for (std::size_t n = 0; n < tensor->count(); ++n) {
    cross_entropy_gradient(pass->forward(tensor->image(n), 1), labels[n], std::span(dlogits));
    pass->input_gradient(dlogits, std::span(gradient).subspan(n * tensor->image_shape().size(),
                                                              tensor->image_shape().size()));
  }
  return gradient;
}

Result<AttackOutcome> Session::attack(const AttackOptions& options,
                                      const std::vector<float>& images, std::vector<int> labels,
                                      const std::vector<int>& targets) const {
  const auto entry = require_attack(options.name);
  if (!entry) return entry.error();
  auto parameters = make_parameters(**entry, options.parameters);
  if (!parameters) return parameters.error();
  if (network().architecture().classes.empty()) {
    return Error{"this model is a denoiser: it has no classes to attack"};
  }
  if (options.gray_box && !denoised_) {
    return Error{"a gray-box attack needs a model behind a denoiser"};
  }
  if (labels.empty()) {
    auto clean = predict(images);
    if (!clean) return clean.error();
    labels = std::move(clean->labels);
  }
  const auto tensor = to_tensor(images);
  if (!tensor) return tensor.error();
  AttackRequest request{*entry, std::move(*parameters), options.seed, 0, options.observer};
  request.judge = options.judge;
  ThreadPool pool(1);
  const DifferentiableModel& seen = options.gray_box ? network() : model();
  return run_attack(seen, model(), request, *tensor, labels, targets, pool, options.progress);
}

}  // namespace signflip
