#include "target.h"

#include <chrono>

#include "device/device_attack.h"

namespace signflip::cli {

void Target::add_to(const Command& command) {
  command.add_option("--model", model_path_, "model file (.safetensors)").required();
  add_defences_to(command);
}

void Target::add_several_to(const Command& command) {
  command
      .add_option("--model", model_paths_,
                  "model file (.safetensors); given several times, each is measured, and --json "
                  "writes a list")
      .takes_one_each();
  add_defences_to(command);
}

std::vector<Target> Target::one_for_each() const {
  std::vector<Target> targets;
  for (const std::string& path : model_paths_) {
    targets.push_back(*this);
    targets.back().model_path_ = path;
  }
  return targets;
}

void Target::add_defences_to(const Command& command) {
  command.add_option("--denoiser", denoiser_path_, "denoiser in front of the model");
  command.add_option("--transform", transform_,
                     "input transform in front of the model: bits:N, median:N, blur:DEVIATION or "
                     "jpeg:QUALITY");
  command.add_option("--transform-gradient", transform_gradient_,
                     "what attacks differentiate it as: identity (BPDA), or own, which blur has "
                     "exactly and jpeg as a smooth approximation (default: own where there is "
                     "one)");
  command.add_flag("--gray-box", gray_box_, "craft without knowing of the denoiser or transform");
}

void Target::add_source_to(const Command& command) {
  name_ = "--from";
  command.add_option("--from", model_path_, "craft on this model instead (transfer)");
  command.add_option("--from-denoiser", denoiser_path_, "denoiser in front of it");
}

void Target::suggest(const std::string& model, const ExperimentFront& front, bool gray_box) {
  if (model_path_.empty()) model_path_ = model;
  if (!denoiser_path_.empty() || !transform_.empty()) return;
  denoiser_path_ = front.denoiser;
  transform_ = front.transform;
  if (transform_gradient_.empty()) transform_gradient_ = front.transform_gradient;
  gray_box_ = gray_box_ || (gray_box && !(front.denoiser.empty() && front.transform.empty()));
}

namespace {

NamedNetwork named(const std::shared_ptr<const LoadedModel>& model) {
  return {std::filesystem::path(model->path).filename().string(), {model, &model->file.network}};
}

}  // namespace

Status Target::load() {
  if (model_path_.empty())
    return Error{name_ + " is missing: expected a model file (.safetensors)"};
  if (gray_box_ && denoiser_path_.empty() && transform_.empty()) {
    return Error{
        "--gray-box was given, but there is no --denoiser or --transform for the attack to ignore"};
  }
  if (!transform_gradient_.empty() && (transform_.empty() || gray_box_)) {
    return Error{"--transform-gradient was given, but " +
                 std::string(gray_box_ ? "with --gray-box attacks ignore the transform"
                                       : "there is no --transform")};
  }
  if (!denoiser_path_.empty() && !transform_.empty()) {
    return Error{"--denoiser and --transform were both given, expected one of them"};
  }
  auto model = load_model_from(model_path_);
  if (!model) return model.error();
  if (model->file.network.architecture().classes.empty()) {
    return Error{name_ + " is " + model_path_ +
                 ", which is a denoiser: name a classifier, and the denoiser with " +
                 (name_ == "--from" ? "--from-denoiser" : "--denoiser")};
  }
  model_ = std::make_shared<const LoadedModel>(std::move(*model));
  defended_.emplace(named(model_));
  if (!transform_.empty()) {
    const Status placed = place_transform();
    if (!placed) return placed;
  }
  if (denoiser_path_.empty()) return {};
  auto denoiser = load_model_from(denoiser_path_);
  if (!denoiser) return denoiser.error();
  denoiser_ = std::make_shared<const LoadedModel>(std::move(*denoiser));
  auto defended = defended_->behind(named(denoiser_));
  if (!defended) return defended.error();
  defended_ = std::move(*defended);
  return {};
}

Status Target::place_transform() {
  auto transform = transform_from_text(transform_);
  if (!transform) return Error{"--transform: " + transform.error().message};
  if (!transform_gradient_.empty()) {
    const auto gradient = gradient_from_text(transform_gradient_, transform->kind);
    if (!gradient) return Error{"--transform-gradient: " + gradient.error().message};
    transform->gradient = *gradient;
  }
  auto defended = defended_->behind(*transform);
  if (!defended) return Error{"--transform: " + defended.error().message};
  defended_ = std::move(*defended);
  transform_gradient_ = gradient_name(transform->gradient);
  return {};
}

void Target::describe(OrderedJson& json) const {
  json["model"] = cli::describe(*model_);
  if (denoiser_) json["denoiser"] = cli::describe(*denoiser_);
  if (!transform_.empty()) json["transform"] = transform_;
  if (!transform_.empty() && !gray_box_) json["transform_gradient"] = transform_gradient_;
  if (gray_box_) json["gray_box"] = true;
}

void Target::describe_source(OrderedJson& json) const {
  json["from"] = cli::describe(*model_);
  if (denoiser_) json["from_denoiser"] = cli::describe(*denoiser_);
}

Status check_device(const DifferentiableModel& crafted_on, const AttackRequest& request) {
  if (dynamic_cast<const Sequential*>(&crafted_on) == nullptr) {
    return Error{
        "--device is cuda, which attacks a model alone, not through --denoiser or --transform: "
        "use --device cpu"};
  }
  const auto attack = device::device_climb(*request.attack, request.parameters);
  if (!attack) return Error{"--device is cuda, but " + attack.error().message};
  return {};
}

Result<AttackOutcome> run_attack_with(device::Device* device, const DifferentiableModel& crafted_on,
                                      const DifferentiableModel& judged_on,
                                      const AttackRequest& request, const Tensor& images,
                                      std::span<const int> labels, std::span<const int> targets,
                                      ThreadPool& pool, const Progress& progress) {
  const auto run = [&]() -> Result<AttackOutcome> {
    if (device == nullptr) {
      return run_attack(crafted_on, judged_on, request, images, labels, targets, pool, progress);
    }
    const Status fits = check_device(crafted_on, request);
    if (!fits) return fits.error();
    return device::run_attack_on(*device, dynamic_cast<const Sequential&>(crafted_on), judged_on,
                                 request, images, labels, targets, pool, progress);
  };
  const auto start = std::chrono::steady_clock::now();
  auto outcome = run();
  if (!outcome) return outcome;
  outcome->seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace signflip::cli
