#include "attack_options.h"

#include <algorithm>

namespace signflip::cli {

bool AttackOptions::has_parameter(const AttackEntry& attack, const std::string& name) {
  return std::ranges::any_of(attack.parameters,
                             [&](const ParameterSpec& spec) { return spec.name == name; });
}

void AttackOptions::add_to(CLI::App& command) {
  for (const AttackEntry& attack : catalog()) {
    for (const ParameterSpec& spec : attack.parameters) {
      const std::string name(spec.name);
      if (given_.contains(name)) continue;
      std::string users;
      for (const AttackEntry& other : catalog()) {
        if (has_parameter(other, name))
          users += (users.empty() ? "" : ", ") + std::string(other.name);
      }
      command.add_option("--" + name, given_[name], std::string(spec.help) + " (" + users + ")")
          ->group("Attack parameters")
          ->type_name("");
    }
  }
}

Status AttackOptions::suggest(const std::string& name, const std::string& text) {
  const auto found = given_.find(name);
  if (found == given_.end()) return Error{"no attack has a parameter \"" + name + "\""};
  if (found->second.empty()) found->second = text;
  return {};
}

Result<Parameters> AttackOptions::parameters(const AttackEntry& attack,
                                             const std::string& epsilon) const {
  std::vector<std::pair<std::string, std::string>> own;
  for (const auto& [name, given] : given_) {
    const std::string& text = name == "epsilon" && !epsilon.empty() ? epsilon : given;
    if (!text.empty() && has_parameter(attack, name)) own.emplace_back(name, text);
  }
  return make_parameters(attack, own);
}

Status AttackOptions::check_all_used(const std::vector<const AttackEntry*>& attacks) const {
  for (const auto& [name, text] : given_) {
    if (text.empty()) continue;
    const bool used = std::ranges::any_of(
        attacks, [&](const AttackEntry* attack) { return has_parameter(*attack, name); });
    if (used) continue;
    std::string names;
    for (const AttackEntry* attack : attacks) {
      names += (names.empty() ? "" : ", ") + std::string(attack->name);
    }
    return Error{"--" + name + " was given, but " + (names.empty() ? "no attack" : names) +
                 (attacks.size() == 1 ? " has" : " have") + " no such parameter"};
  }
  return {};
}

std::string attack_names() {
  std::string names;
  for (const AttackEntry& attack : catalog()) {
    names += (names.empty() ? "" : ", ") + std::string(attack.name);
  }
  return names;
}

}  // namespace signflip::cli
