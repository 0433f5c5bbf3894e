// What evaluate is asked to run: each attack of a list, at each epsilon of another.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attack_options.h"
#include "evaluate/evaluate.h"

namespace signflip::cli {

/// "clean" or an attack with its parameters.
struct Plan {
  bool clean = false;
  AttackRequest request;
  bool names_seed = false;  ///< another plan differs in the seed alone
};

/// The values of "0.3", of a list "0,0.1,8/255" or of a range "0:0.3:13" (13 values from 0 to 0.3),
/// each as a text that parse_number() reads.
Result<std::vector<std::string>> epsilon_values(const std::string& text);

/// Reads a list of attacks, in which "all" stands for clean and every attack that suits. Attacks
/// with a budget come once per epsilon, all once per seed. `goal`: the class that they aim at,
/// where they do.
Result<std::vector<Plan>> make_plans(const std::string& attacks, const AttackOptions& options,
                                     std::optional<int> goal, std::span<const std::uint64_t> seeds);

/// The radii that --epsilon names; none where it was not given.
Result<std::vector<double>> epsilons_of(const AttackOptions& options);

/// The budgets of the plans that have one, each once.
std::vector<Budget> budgets_of(std::span<const Plan> plans);

/// Whether the plans differ in epsilon.
bool differ_in_epsilon(std::span<const Plan> plans);

/// What decides a plan's result, for comparing runs.
OrderedJson to_json(const Plan& plan);

}  // namespace signflip::cli
