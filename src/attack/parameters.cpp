#include "attack/parameters.h"

#include <cassert>
#include <cmath>
#include <optional>

#include "attack/catalog.h"
#include "core/concat.h"
#include "core/names.h"
#include "core/number.h"

namespace signflip {
namespace {

std::string quoted(std::string_view text) { return concat("'", text, "'"); }

std::string allowed(const ParameterSpec& spec) {
  switch (spec.kind) {
    case ParameterKind::boolean:
      return "true or false";
    case ParameterKind::choice:
      return "one of " + listed(spec.choices, [](std::string_view choice) { return choice; });
    case ParameterKind::integer:
    case ParameterKind::real:
      break;
  }
  return concat(spec.kind == ParameterKind::integer ? "a whole number" : "a number", " from ",
                spec.minimum, " to ", spec.maximum);
}

Error refusal(const ParameterSpec& spec, std::string_view found) {
  return Error{concat(spec.name, " must be ", allowed(spec), ", found ", quoted(found))};
}

bool fits(const ParameterSpec& spec, double value) {
  if (spec.kind != ParameterKind::real && value != std::floor(value)) return false;
  return value >= spec.minimum && value <= spec.maximum;  // false for NaN
}

}  // namespace

Parameters::Parameters(std::span<const ParameterSpec> specs) : specs_(specs) {
  for (const ParameterSpec& spec : specs) values_.push_back(spec.fallback);
}

double Parameters::value(std::string_view name) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].name == name) return values_[i];
  }
  assert(false && "the attack has no such parameter");
  return 0;
}

double Parameters::real(std::string_view name) const { return value(name); }
int Parameters::integer(std::string_view name) const { return static_cast<int>(value(name)); }
bool Parameters::boolean(std::string_view name) const { return value(name) != 0; }

std::string_view Parameters::choice(std::string_view name) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].name == name) return specs_[i].choices[static_cast<std::size_t>(values_[i])];
  }
  assert(false && "the attack has no such parameter");
  return {};
}

bool Parameters::has(std::string_view name) const {
  for (const ParameterSpec& spec : specs_) {
    if (spec.name == name) return true;
  }
  return false;
}

Status Parameters::set(std::string_view name, double value) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].name != name) continue;
    if (!fits(specs_[i], value)) return refusal(specs_[i], number_text(value));
    values_[i] = value;
    return {};
  }
  const std::string takes = listed(specs_, [](const ParameterSpec& spec) { return spec.name; });
  return Error{concat("there is no parameter ", quoted(name),
                      (takes.empty() ? "; the attack takes none" : "; the attack takes " + takes))};
}

Status Parameters::set_text(std::string_view name, std::string_view text) {
  for (const ParameterSpec& spec : specs_) {
    if (spec.name != name) continue;
    std::optional<double> value;
    if (spec.kind == ParameterKind::choice) {
      for (std::size_t c = 0; c < spec.choices.size(); ++c) {
        if (spec.choices[c] == text) value = static_cast<double>(c);
      }
    } else if (spec.kind == ParameterKind::boolean) {
      if (text == "true" || text == "1" || text == "yes" || text == "on") value = 1;
      if (text == "false" || text == "0" || text == "no" || text == "off") value = 0;
    } else {
      value = parse_number(text);
    }
    if (!value || !fits(spec, *value)) return refusal(spec, text);
    return set(name, *value);
  }
  return set(name, 0);  // says which names there are
}

std::string Parameters::text(std::size_t index) const {
  const ParameterSpec& spec = specs_[index];
  const double value = values_[index];
  if (spec.kind == ParameterKind::choice) {
    return std::string(spec.choices[static_cast<std::size_t>(value)]);
  }
  if (spec.kind == ParameterKind::boolean) return value != 0 ? "true" : "false";
  return number_text(value);
}

Result<Parameters> make_parameters(const AttackEntry& attack,
                                   std::span<const std::pair<std::string, std::string>> given) {
  Parameters parameters(attack.parameters);
  const std::string prefix = "attack " + std::string(attack.name) + ": ";
  for (const auto& [name, text] : given) {
    const Status status = parameters.set_text(name, text);
    if (!status) return Error{prefix + status.error().message};
  }
  if (parameters.has("epsilon") && norm_of(attack, parameters) == "linf" &&
      parameters.real("epsilon") > 1) {
    return Error{concat(prefix,
                        "epsilon must be a number from 0 to 1 in the linf norm (pixels are in "
                        "[0,1]; 8 of 255 grey levels are 8/255), found ",
                        quoted(number_text(parameters.real("epsilon"))))};
  }
  return parameters;
}

}  // namespace signflip
