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

/// What the file says; empty where it says nothing.
struct Experiment {
  std::string dataset, attack;
  std::string model, denoiser, from;  ///< paths of files that exist
  bool gray_box = false;
  std::optional<std::uint64_t> seed;
  std::optional<int> target;  ///< the class that the page's attack aimed at
  std::vector<std::pair<std::string, std::string>> parameters;  ///< kebab-case names, as text
};

/// Reads {"experiment": 1, "dataset", "model", "denoiser", "gray_box", "from", "attack",
/// "parameters": {…}, "seed", "target"}, all but the first optional; other members are for people
/// and not looked at. Models are looked for as they are named, then beside the file, then in
/// models/. A sentence that names the file where something does not fit.
Result<Experiment> read_experiment(const std::filesystem::path& path);

}  // namespace signflip::cli
