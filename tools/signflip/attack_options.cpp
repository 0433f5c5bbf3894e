#include "attack_options.h"

#include <algorithm>

#include "core/concat.h"
#include "core/number.h"
#include "help.h"

namespace signflip::cli {
namespace {

constexpr const char* kList = "NUMBERS";

const char* type_name(const ParameterSpec& spec) {
  switch (spec.kind) {
    case ParameterKind::boolean:
      return "BOOL";
    case ParameterKind::choice:
      return "CHOICE";
    case ParameterKind::integer:
      return "INT";
    case ParameterKind::real:
      break;
  }
  return "NUMBER";
}

/// "0 to 100", "linf or l2", "true or false".
std::string range_text(const ParameterSpec& spec) {
  if (spec.kind == ParameterKind::boolean) return "true or false";
  if (spec.kind != ParameterKind::choice) {
    return number_text(spec.minimum) + " to " + number_text(spec.maximum);
  }
  std::string names;
  for (std::size_t i = 0; i < spec.choices.size(); ++i) {
    names += (i == 0 ? "" : i + 1 == spec.choices.size() ? " or " : ", ");
    names += spec.choices[i];
  }
  return names;
}

/// The parameters of every attack: type, default, range and meaning.
std::string parameters_help(bool sweeps) {
  std::string text = wrapped(
      "Parameters of the attacks, with defaults and ranges. One option holds for each attack of "
      "the "
      "list that has it. Numbers may be fractions: 8/255.");
  if (sweeps) {
    text +=
        "\n" +
        wrapped(
            "--epsilon also takes a list (0,0.1,8/255) or a range from, to and count (0:0.3:13).");
  }
  text += "\n";
  for (const AttackEntry& attack : catalog()) {
    text += "\n" +
            wrapped(std::string(attack.name) + ": " + std::string(attack.title) + ", " +
                    std::string(attack.paper)) +
            "\n";
    const Parameters defaults(attack.parameters);
    for (std::size_t i = 0; i < attack.parameters.size(); ++i) {
      const ParameterSpec& spec = attack.parameters[i];
      text +=
          help_row("--" + std::string(spec.name) + " " + type_name(spec) + "=" + defaults.text(i),
                   range_text(spec) + "; " + std::string(spec.help));
    }
  }
  return text;
}

}  // namespace

bool AttackOptions::has_parameter(const AttackEntry& attack, const std::string& name) {
  return std::ranges::any_of(attack.parameters,
                             [&](const ParameterSpec& spec) { return spec.name == name; });
}

void AttackOptions::add_to(const Command& command, bool sweeps) {
  for (const AttackEntry& attack : catalog()) {
    for (const ParameterSpec& spec : attack.parameters) {
      const std::string name(spec.name);
      if (given_.contains(name)) continue;
      command.add_option("--" + name, given_[name], std::string(spec.help))
          .explained_below()
          .type_name(sweeps && name == "epsilon" ? kList : type_name(spec));
    }
  }
  command.begin_footer(parameters_help(sweeps));
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
  auto parameters = make_parameters(attack, own);
  if (!parameters || !parameters->has("restarts") || !parameters->has("random-start")) {
    return parameters;
  }
  if (parameters->integer("restarts") > 1 && !parameters->boolean("random-start")) {
    return Error{concat("--restarts is ", parameters->integer("restarts"),
                        ", but without --random-start each start of ", attack.name,
                        " is the same")};
  }
  return parameters;
}

Status AttackOptions::check_all_used(const std::vector<const AttackEntry*>& attacks,
                                     const std::string& used_otherwise) const {
  for (const auto& option : given_) {
    const auto& [name, text] = option;
    if (text.empty() || name == used_otherwise) continue;
    // Clang up to 15 captures no structured binding.
    const bool used = std::ranges::any_of(
        attacks, [&](const AttackEntry* attack) { return has_parameter(*attack, option.first); });
    if (used) continue;
    std::string names;
    for (const AttackEntry* attack : attacks) {
      names += (names.empty() ? "" : ", ") + std::string(attack->name);
    }
    if (names.empty()) return Error{"--" + name + " was given, but no attack has such a parameter"};
    return Error{"--" + name + " was given, but " + names +
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
