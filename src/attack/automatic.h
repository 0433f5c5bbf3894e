// What parameters that are 0 for "chosen from the others" come to, for results that say what was
// used.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// The value with which `attack` runs: that of the parameter, or its own choice where the parameter
/// is automatic and 0.
double used_value(const AttackEntry& attack, const Parameters& parameters,
                  const ParameterSpec& spec);

}  // namespace signflip
