// Look-ups in the catalogue; the list itself is in catalog.cpp.
#include "attack/catalog.h"

#include <string>

namespace signflip {

const AttackEntry* find_attack(std::string_view name) {
  for (const AttackEntry& entry : catalog()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

Result<const AttackEntry*> require_attack(std::string_view name) {
  if (const AttackEntry* const entry = find_attack(name)) return entry;
  std::string known;
  for (const AttackEntry& entry : catalog()) {
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  return Error{"there is no attack '" + std::string(name) + "'; known are " + known};
}

std::string_view norm_of(const AttackEntry& attack, const Parameters& parameters) {
  return parameters.has("norm") ? parameters.choice("norm") : attack.norm;
}

std::string_view family_name(Family family) {
  switch (family) {
    case Family::fixed_budget:
      return "fixed-budget";
    case Family::minimum_norm:
      return "minimum-norm";
    case Family::few_pixels:
      return "few-pixels";
    case Family::ensemble:
      return "ensemble";
  }
  return "";
}

}  // namespace signflip
