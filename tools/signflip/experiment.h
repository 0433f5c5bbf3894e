// An experiment that the page saved as JSON: model, dataset, attack and its parameters, for
// evaluate to repeat on a whole dataset. Reads and checks the file; it runs nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.h"

namespace signflip::cli {

/// What stands in front of a model: the path of a denoiser's file that exists, or a transform and
/// its gradient as --transform and --transform-gradient take them; or all empty.
struct ExperimentFront {
  std::string denoiser, transform, transform_gradient;
};

/// A model that the page attacked: paths of files that exist, or empty.
struct ExperimentModel {
  std::string model;
  ExperimentFront front;
  std::string from;  ///< the images were crafted on this one
  ExperimentFront from_front;
  bool gray_box = false;
};

/// What the file says; empty where it says nothing.
struct Experiment {
  std::string dataset, attack;
  std::vector<ExperimentModel> models;  ///< at least one; it may be empty
  std::optional<std::uint64_t> seed;
  std::optional<int> target;  ///< the class that the page's attack aimed at
  std::vector<std::pair<std::string, std::string>> parameters;  ///< kebab-case names, as text
};

/// Reads {"experiment": 1, "dataset", "models": [{"model", "denoiser", "transform",
/// "transform_gradient", "gray_box", "from", and the three with "from_" before them}, …], "attack",
/// "parameters": {…}, "seed", "target"}, all but the first optional; without "models" the file
/// itself may have one model's members. Others are for people and not looked at. Model files are
/// looked for as they are named, then beside the file, then in models/. The error names the file
/// and what does not fit.
Result<Experiment> read_experiment(const std::filesystem::path& path);

}  // namespace signflip::cli
