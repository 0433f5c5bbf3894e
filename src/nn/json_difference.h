// Where two configurations differ, for errors that name it.
#pragma once

#include <string>

#include "nn/json.h"

namespace signflip {

/// "its seed is 1, this run's is 2" for the first member, in alphabetical order, in which `found`
/// differs from `expected`; members of members are named "dataset.limit", of lists "attacks[2]".
/// Empty where nothing differs.
std::string first_difference(const Json& found, const Json& expected);

}  // namespace signflip
