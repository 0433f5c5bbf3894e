// The attacks' own parameters as command-line options, made from the catalogue: --epsilon,
// --step-size and so on. An option exists once, however many attacks know it.
#pragma once

#include <map>

#include "attack/runner.h"
#include "command.h"

namespace signflip::cli {

class AttackOptions {
 public:
  /// Adds one option for each parameter name in the catalogue.
  void add_to(CLI::App& command);

  /// A value that counts where the command line gives none. A sentence for a name that no attack
  /// has.
  Status suggest(const std::string& name, const std::string& text);

  /// The parameters for one attack: the given options that it has, else its defaults.
  Result<Parameters> parameters(const AttackEntry& attack) const;

  /// A sentence if an option was given that none of the attacks has.
  Status check_all_used(const std::vector<const AttackEntry*>& attacks) const;

 private:
  std::map<std::string, std::string> given_;  // by parameter name; empty: not given
};

/// "fgsm, bim, …", for help texts.
std::string attack_names();

}  // namespace signflip::cli
