// Target.
#include "target.h"

namespace signflip::cli {

void Target::add_to(CLI::App& command) {
  command.add_option("--model", model_path_, "model file (.safetensors)")->required();
  command.add_option("--denoiser", denoiser_path_, "denoiser in front of the model");
  command.add_flag("--gray-box", gray_box_, "craft without knowing of the denoiser");
}

Status Target::load() {
  if (gray_box_ && denoiser_path_.empty()) {
    return Error{"--gray-box was given, but there is no --denoiser for the attack to ignore"};
  }
  auto model = load_model_from(model_path_);
  if (!model) return model.error();
  if (model->file.network.architecture().classes.empty()) {
    return Error{"--model is " + model_path_ +
                 ", which is a denoiser: name a classifier, and the "
                 "denoiser with --denoiser"};
  }
  model_.emplace(std::move(*model));
  if (denoiser_path_.empty()) return {};
  auto denoiser = load_model_from(denoiser_path_);
  if (!denoiser) return denoiser.error();
  denoiser_.emplace(std::move(*denoiser));
  const Status fits = check_denoiser(denoiser_->file.network, network());
  if (!fits) return fits;
  defended_.emplace(denoiser_->file.network, network());
  return {};
}

const DifferentiableModel& Target::judge() const {
  if (defended_) return *defended_;
  return network();
}

const DifferentiableModel& Target::seen() const {
  if (gray_box_) return network();
  return judge();
}

void Target::describe(OrderedJson& json) const {
  json["model"] = cli::describe(*model_);
  if (denoiser_) json["denoiser"] = cli::describe(*denoiser_);
  if (gray_box_) json["gray_box"] = true;
}

}  // namespace signflip::cli
