// The attacks of the page's first view, instead of all (attack/catalog.cpp): what is not listed
// here is not linked, and need not be downloaded before the first picture appears.
#include "attack/catalog.h"
#include "attack/methods/gradient_steps.h"

namespace signflip {

std::span<const AttackEntry> catalog() {
  static const AttackEntry entries[] = {kFgsm, kBim, kMim, kPgd};
  return entries;
}

}  // namespace signflip
