// The catalogue: one line an attack.
#include "attack/catalog.h"

#include <string>

#include "attack/apgd.h"
#include "attack/autoattack.h"
#include "attack/gradient_steps.h"
#include "attack/square.h"

namespace signflip {

std::span<const AttackEntry> catalog() {
  // A local, so that the entries of the other files are there whatever the order of start-up.
  static const AttackEntry entries[] = {
      kFgsm, kBim, kMim, kPgd, kApgdCe, kApgdDlr, kApgdT, kSquare, kAutoAttack,
  };
  return entries;
}

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
