// The attacks' own parameters as command-line options, made from the catalogue: --epsilon,
// --step-size and so on. An option exists once, however many attacks know it.
#pragma once

#include <map>

#include "attack/runner.h"
#include "command.h"

namespace signflip::cli {

class AttackOptions {
 public:
  /// Adds one option per parameter name in the catalogue, and their help to the command's footer.
  /// `sweeps`: epsilon may be a list or a range (plans.h).
  void add_to(const Command& command, bool sweeps);

  /// A value that counts where the command line gives none. An error for a name that no attack
  /// has.
  Status suggest(const std::string& name, const std::string& text);

  /// Whether a parameter was given, and its text.
  bool is_given(const std::string& name) const { return !given_.at(name).empty(); }
  const std::string& given(const std::string& name) const { return given_.at(name); }

  static bool has_parameter(const AttackEntry& attack, const std::string& name);

  /// The parameters for one attack: the given options that it has, else its defaults. `epsilon`
  /// takes the place of the given one where it is not empty.
  Result<Parameters> parameters(const AttackEntry& attack, const std::string& epsilon = {}) const;

  /// An error if an option was given that none of the attacks has.
  Status check_all_used(const std::vector<const AttackEntry*>& attacks,
                        const std::string& used_otherwise = {}) const;

 private:
  std::map<std::string, std::string> given_;  // by parameter name; empty: not given
};

/// "fgsm, bim, …", for help texts.
std::string attack_names();

}  // namespace signflip::cli
