// What a model session answers beyond the page's first view; apart, so that its module links none
// of it.
#include "core/batches.h"
#include "nn/saliency.h"
#include "page/model_session.h"

namespace signflip {

Result<ModelSession> ModelSession::behind(std::string_view transform,
                                          std::string_view gradient) const {
  auto front = transform_from_text(transform);
  if (!front) return front.error();
  if (!gradient.empty()) {
    const auto through = gradient_from_text(gradient, front->kind);
    if (!through) return through.error();
    front->gradient = *through;
  }
  auto model = model_.behind(*front);
  if (!model) return model.error();
  return ModelSession(std::move(*model));
}

Result<std::vector<float>> ModelSession::seen_by_network(const std::vector<float>& images) const {
  const auto tensor = to_tensor(images);
  if (!tensor) return tensor.error();
  std::vector<float> all;
  all.reserve(images.size());
  for_each_shard(tensor->count(), [&](std::size_t first, std::size_t count) {
    const auto seen = model_.seen_by_network(tensor->images(first, count), count);
    all.insert(all.end(), seen.begin(), seen.end());
  });
  return all;
}

Result<std::vector<float>> ModelSession::grad_cam(const std::vector<float>& images,
                                                  std::span<const int> classes) const {
  auto seen = seen_by_network(images);
  if (!seen) return seen.error();
  const auto tensor = to_tensor(std::move(*seen));
  if (!tensor) return tensor.error();
  const Status known = check_labels("Grad-CAM", *tensor, classes);
  if (!known) return known.error();
  const auto maps = signflip::grad_cam(network(), *tensor, classes);
  if (!maps) return maps.error();
  return std::vector<float>(maps->values().begin(), maps->values().end());
}

}  // namespace signflip
