// Checking and describing a training configuration.
#include "train/config.h"

#include <array>

namespace signflip {
namespace {

std::string_view schedule_name(Schedule schedule) {
  switch (schedule) {
    case Schedule::constant:
      return "constant";
    case Schedule::step:
      return "step";
    case Schedule::cyclic:
      return "cyclic";
    case Schedule::cosine:
      break;
  }
  return "cosine";
}

std::string_view optimiser_name(OptimiserKind kind) {
  switch (kind) {
    case OptimiserKind::sgd:
      return "sgd";
    case OptimiserKind::adamw:
      return "adamw";
    case OptimiserKind::adam:
      break;
  }
  return "adam";
}

struct Range {
  const char* name;
  double value, low, high;
};

}  // namespace

Result<Method> method_from_name(const std::string& name) {
  if (name == "standard") return Method::standard;
  if (name == "mixed") return Method::mixed;
  return Error{"there is no training method '" + name + "'; known are " +
               std::string(method_names())};
}

std::string_view method_name(Method method) {
  return method == Method::mixed ? "mixed" : "standard";
}

std::string_view method_names() { return "standard, mixed"; }

Status check(const TrainingConfig& config) {
  const std::array ranges = {
      Range{"--epsilon", config.epsilon, 0.0, 1.0},
      Range{"--steps", static_cast<double>(config.steps), 1, 1000},
      Range{"--epochs", static_cast<double>(config.epochs), 1, 100000},
      Range{"--batch-size", static_cast<double>(config.batch_size), 1, 65536},
      Range{"--learning-rate", config.learning_rate, 0.0, 100.0},
      Range{"--weight-decay", static_cast<double>(config.optimiser.weight_decay), 0.0, 1.0},
      Range{"--momentum", static_cast<double>(config.optimiser.momentum), 0.0, 0.9999},
      Range{"--label-smoothing", config.label_smoothing, 0.0, 0.99},
      Range{"--average", config.average, 0.0, 0.999999},
      Range{"--validation", config.validation, 0.0, 0.9},
      Range{"--shift", static_cast<double>(config.augmentation.shift), 0.0, 0.5},
      Range{"--scale", static_cast<double>(config.augmentation.scale), 0.0, 0.5},
      Range{"--rotation", static_cast<double>(config.augmentation.rotation), 0.0, 180.0},
      Range{"--brightness", static_cast<double>(config.augmentation.brightness), 0.0, 1.0},
      Range{"--contrast", static_cast<double>(config.augmentation.contrast), 0.0, 1.0}};
  for (const Range& range : ranges) {
    if (!(range.value >= range.low && range.value <= range.high)) {
      const auto text = [](double value) { return OrderedJson(value).dump(); };
      return Error{std::string(range.name) + " is " + text(range.value) +
                   ", expected a number from " + text(range.low) + " to " + text(range.high)};
    }
  }
  if (config.method == Method::mixed && config.batch_size < 2) {
    return Error{
        "--batch-size is 1, but mixed training needs at least one clean and one attacked "
        "image a batch"};
  }
  return {};
}

OrderedJson to_json(const TrainingConfig& config) {
  OrderedJson json;
  json["method"] = method_name(config.method);
  if (config.method != Method::standard) {
    json["attack"] = config.attack;
    json["epsilon"] = config.epsilon;
    if (config.attack != "fgsm") json["steps"] = config.steps;
  }
  json["epochs"] = config.epochs;
  json["batch_size"] = config.batch_size;
  json["learning_rate"] = config.learning_rate;
  json["optimiser"] = optimiser_name(config.optimiser.kind);
  if (config.optimiser.kind == OptimiserKind::sgd) json["momentum"] = config.optimiser.momentum;
  json["weight_decay"] = config.optimiser.weight_decay;
  json["schedule"] = schedule_name(config.schedule);
  json["label_smoothing"] = config.label_smoothing;
  json["average"] = config.average;
  json["validation"] = config.validation;
  json["seed"] = config.seed;
  json["augmentation"] = {{"shift", config.augmentation.shift},
                          {"whole_pixels", config.augmentation.whole_pixels},
                          {"scale", config.augmentation.scale},
                          {"rotation", config.augmentation.rotation},
                          {"brightness", config.augmentation.brightness},
                          {"contrast", config.augmentation.contrast}};
  return json;
}

}  // namespace signflip
