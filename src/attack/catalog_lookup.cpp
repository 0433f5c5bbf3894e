// Look-ups in the catalogue; the list itself is in catalog.cpp.
#include "attack/catalog.h"

#include <vector>

#include "core/names.h"
#include "core/nearest_name.h"

namespace signflip {

const AttackEntry* find_attack(std::string_view name) {
  for (const AttackEntry& entry : catalog()) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

Result<const AttackEntry*> require_attack(std::string_view name) {
  if (const AttackEntry* const entry = find_attack(name)) return entry;
  std::vector<std::string_view> names;
  for (const AttackEntry& known : catalog()) names.push_back(known.name);
  return Error{concat("there is no attack '", name, "'; known are ",
                      listed(catalog(), [](const AttackEntry& known) { return known.name; }),
                      did_you_mean(name, names))};
}

std::string_view norm_of(const AttackEntry& attack, const Parameters& parameters) {
  return parameters.has("norm") ? parameters.choice("norm") : attack.norm;
}

std::string_view family_name(Family family) {
  static constexpr Named<Family> kFamilies[] = {{Family::fixed_budget, "fixed-budget"},
                                                {Family::minimum_norm, "minimum-norm"},
                                                {Family::few_pixels, "few-pixels"},
                                                {Family::ensemble, "ensemble"}};
  return name_of<Family>(kFamilies, family);
}

}  // namespace signflip
