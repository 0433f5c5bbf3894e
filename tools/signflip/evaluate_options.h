// The options of evaluate: what they are called, which models and attacks they name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attack_options.h"
#include "plans.h"
#include "target.h"

namespace signflip::cli {

struct EvaluateOptions {
  std::string experiment, dataset, data, split = "test", attacks, json, csv, device = "cpu";
  std::size_t limit = 0;
  std::vector<std::uint64_t> seeds;
  bool restart = false, per_class = false;
  std::optional<int> goal;  ///< the class that attacks aim at
  int threads = 0;
  AttackOptions parameters;
  Target target, source;
  Command command;  ///< says which options were given
};

/// A model to be measured, and the one that attacks look at instead, where that names a model.
struct Subject {
  Target target, source;
};

/// Adds the command to `app`; `options` must live as long.
Command add_evaluate_command(const Command& app, EvaluateOptions& options);

/// The models to be measured, those of the command line or of an experiment. Fills in defaults.
Result<std::vector<Subject>> find_subjects(EvaluateOptions& options);

/// An error where an option was given that changes nothing.
Status check_used(const EvaluateOptions& options, std::span<const Plan> plans);

}  // namespace signflip::cli
