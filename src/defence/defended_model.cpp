#include "defence/defended_model.h"

#include "nn/inference.h"

namespace signflip {

Result<DefendedModel> DefendedModel::behind(NamedNetwork denoiser) const {
  const Status fits = check_denoiser(*denoiser.network, network());
  if (!fits) return fits.error();
  DefendedModel model(network_);
  model.front_ = std::make_shared<const DenoisedModel>(*denoiser.network, network());
  model.denoiser_ = std::move(denoiser);
  return model;
}

Result<DefendedModel> DefendedModel::behind(InputTransform transform) const {
  const Status fits = check_transform(transform, network().input_shape());
  if (!fits) return fits.error();
  DefendedModel model(network_);
  model.front_ = std::make_shared<const TransformedModel>(transform, network());
  model.transform_ = [transform, shape = network().input_shape()](std::span<const float> image,
                                                                  std::span<float> to) {
    transform.apply(shape, image, to);
  };
  return model;
}

const DifferentiableModel& DefendedModel::judge() const {
  if (front_) return *front_;
  return network();
}

const DifferentiableModel& DefendedModel::seen(bool gray_box) const {
  if (gray_box) return network();
  return judge();
}

std::vector<float> DefendedModel::seen_by_network(std::span<const float> images,
                                                  std::size_t count) const {
  std::vector<float> seen(images.begin(), images.end());
  if (denoiser() != nullptr) {
    Activations activations(*denoiser(), count);
    const auto denoised = forward(*denoiser(), images, count, activations);
    seen.assign(denoised.begin(), denoised.end());
  } else if (transform_) {
    const std::size_t size = network().input_shape().size();
    for (std::size_t at = 0; at < images.size(); at += size) {
      transform_(images.subspan(at, size), std::span(seen).subspan(at, size));
    }
  }
  return seen;
}

std::string DefendedModel::title() const {
  if (!denoiser_.network) return network_.name;
  return denoiser_.name + " > " + network_.name;
}

}  // namespace signflip
