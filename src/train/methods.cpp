// The list of methods, and what most of them have in common.
#include "train/methods.h"

#include "train/classifier_method.h"
#include "train/denoiser_method.h"
#include "train/interval_training.h"

namespace signflip {

Status TrainingMethod::check_output(const Sequential& network, const Dataset& data) const {
  if (network.classes() == data.classes && network.output_shape().height == 1) return {};
  return Error{"the architecture's output is " + to_string(network.output_shape()) + ", but " +
               data.name + " has " + std::to_string(data.classes) + " classes"};
}

Result<std::unique_ptr<TrainingMethod>> make_method(const TrainingConfig& config,
                                                    const Sequential& network,
                                                    const Sequential* classifier) {
  if (config.method == Method::denoiser) {
    if (classifier == nullptr) {
      return Error{
          "classifier is missing: method denoiser needs the model that the denoiser is for"};
    }
    return make_denoiser_method(config, *classifier);
  }
  if (config.method == Method::ibp) return make_interval_method(config);
  return make_classifier_method(config, network);
}

void initialise(Sequential& network, Method method, std::uint64_t seed) {
  if (method == Method::ibp) return network.initialise_for_intervals(seed);
  network.initialise(seed);
}

}  // namespace signflip
