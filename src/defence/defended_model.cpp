#include "defence/defended_model.h"

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

std::string DefendedModel::title() const {
  if (!denoiser_.network) return network_.name;
  return denoiser_.name + " > " + network_.name;
}

}  // namespace signflip
