#include "train/config.h"

#include <algorithm>
#include <array>

#include "core/names.h"

namespace signflip {
namespace {

constexpr Named<Method> kMethods[] = {
    {Method::standard, "standard"}, {Method::mixed, "mixed"},      {Method::finetune, "finetune"},
    {Method::fast, "fast"},         {Method::pgd, "pgd"},          {Method::trades, "trades"},
    {Method::ibp, "ibp"},           {Method::denoiser, "denoiser"}};

constexpr Named<Method> kDefaultAttacks[] = {
    {Method::standard, ""},    {Method::mixed, "fgsm"},   {Method::finetune, "fgsm"},
    {Method::fast, "rs-fgsm"}, {Method::pgd, "pgd"},      {Method::trades, ""},
    {Method::ibp, "none"},     {Method::denoiser, "fgsm"}};

struct Range {
  const char* name;
  double value, low, high;
};

}  // namespace

Result<Method> method_from_name(const std::string& name) {
  return value_named<Method>(kMethods, "training method", name);
}

std::string_view method_name(Method method) { return name_of<Method>(kMethods, method); }

std::string method_names() { return listed<Method>(kMethods); }

std::string_view default_attack(Method method) { return name_of<Method>(kDefaultAttacks, method); }

double TrainingConfig::epsilon_at(double epochs_done) const {
  if (epochs_done < warm_up) return 0;
  return ramp > 0 ? epsilon * std::min((epochs_done - warm_up) / ramp, 1.0) : epsilon;
}

Status check(const TrainingConfig& config) {
  const std::array ranges = {
      Range{"epsilon", config.epsilon, 0.0, 1.0},
      Range{"validation-epsilon", config.validation_epsilon, 0.0, 1.0},
      Range{"steps", static_cast<double>(config.steps), 1, 1000},
      Range{"warm-up", config.warm_up, 0, 100000},
      Range{"ramp", config.ramp, 0, 100000},
      Range{"beta", config.beta, 0.0, 1000.0},
      Range{"kappa", config.kappa, 0.0, 1.0},
      Range{"guidance", config.guidance, 0.0, 1000.0},
      Range{"epochs", static_cast<double>(config.epochs), 1, 100000},
      Range{"batch-size", static_cast<double>(config.batch_size), 1, 65536},
      Range{"learning-rate", config.learning_rate, 1e-9, 100.0},
      Range{"weight-decay", static_cast<double>(config.optimiser.weight_decay), 0.0, 1.0},
      Range{"momentum", static_cast<double>(config.optimiser.momentum), 0.0, 0.9999},
      Range{"clip", config.clip, 0.0, 1e6},
      Range{"label-smoothing", config.label_smoothing, 0.0, 0.99},
      Range{"average", config.average, 0.0, 0.999999},
      Range{"balance", config.balance, 0.0, 1.0},
      Range{"validation", config.validation, 0.0, 0.9},
      Range{"shift", static_cast<double>(config.augmentation.shift), 0.0, 0.5},
      Range{"scale", static_cast<double>(config.augmentation.scale), 0.0, 0.5},
      Range{"rotation", static_cast<double>(config.augmentation.rotation), 0.0, 180.0},
      Range{"brightness", static_cast<double>(config.augmentation.brightness), 0.0, 10.0},
      Range{"contrast", static_cast<double>(config.augmentation.contrast), 0.0, 1.0},
      Range{"cutout", static_cast<double>(config.augmentation.cutout), 0.0, 1.0}};
  for (const Range& range : ranges) {
    if (!(range.value >= range.low && range.value <= range.high)) {
      return Error{concat(range.name, " is ", range.value, ", expected a number from ", range.low,
                          " to ", range.high)};
    }
  }
  const double rising = config.warm_up + config.ramp;
  if (config.method != Method::standard && rising > 0 && config.epsilon > 0 &&
      (rising > config.epochs || config.warm_up >= config.epochs)) {
    return Error{concat("warm-up and ramp are ", config.warm_up, " and ", config.ramp,
                        " epochs, but there are ", config.epochs, ": epsilon would never be ",
                        config.epsilon)};
  }
  if (config.method == Method::mixed && config.batch_size < 2) {
    return Error{
        "batch-size is 1, but mixed training needs at least one clean and one attacked "
        "image per batch"};
  }
  if (config.method == Method::finetune &&
      (config.finetune_epochs < 1 || config.finetune_epochs >= config.epochs)) {
    return Error{"finetune-epochs is " + std::to_string(config.finetune_epochs) +
                 ", expected at least 1 and fewer than the " + std::to_string(config.epochs) +
                 " epochs"};
  }
  return {};
}

OrderedJson to_json(const TrainingConfig& config) {
  OrderedJson json;
  json["method"] = method_name(config.method);
  if (config.method != Method::standard) {
    if (config.method != Method::trades) json["attack"] = config.attack;
    json["epsilon"] = config.epsilon;
    json["steps"] = config.steps;
    json["warm_up"] = config.warm_up;
    json["ramp"] = config.ramp;
  }
  if (config.validation_epsilon > 0) json["validation_epsilon"] = config.validation_epsilon;
  if (config.method == Method::trades) json["beta"] = config.beta;
  if (config.method == Method::ibp) json["kappa"] = config.kappa;
  if (config.method == Method::denoiser) json["guidance"] = config.guidance;
  if (config.method == Method::finetune) json["finetune_epochs"] = config.finetune_epochs;
  json["epochs"] = config.epochs;
  json["batch_size"] = config.batch_size;
  json["learning_rate"] = config.learning_rate;
  json["optimiser"] = optimiser_name(config.optimiser.kind);
  if (config.optimiser.kind == OptimiserKind::sgd) json["momentum"] = config.optimiser.momentum;
  json["weight_decay"] = config.optimiser.weight_decay;
  json["schedule"] = schedule_name(config.schedule);
  if (config.clip > 0) json["clip"] = config.clip;
  json["label_smoothing"] = config.label_smoothing;
  json["average"] = config.average;
  if (config.balance > 0) json["balance"] = config.balance;
  json["validation"] = config.validation;
  json["seed"] = config.seed;
  json["augmentation"] = {{"shift", config.augmentation.shift},
                          {"whole_pixels", config.augmentation.whole_pixels},
                          {"scale", config.augmentation.scale},
                          {"rotation", config.augmentation.rotation},
                          {"brightness", config.augmentation.brightness},
                          {"contrast", config.augmentation.contrast}};
  // Only where they are used, so that models of before stay the same, byte for byte.
  if (config.augmentation.flip) json["augmentation"]["flip"] = true;
  if (config.augmentation.cutout > 0) json["augmentation"]["cutout"] = config.augmentation.cutout;
  return json;
}

}  // namespace signflip
