// The catalogue: one line an attack. In a file of its own, so that a program may link another list
// (src/wasm/first_catalog.cpp).
#include "attack/apgd.h"
#include "attack/autoattack.h"
#include "attack/catalog.h"
#include "attack/cw.h"
#include "attack/deepfool.h"
#include "attack/fab.h"
#include "attack/gradient_steps.h"
#include "attack/jsma.h"
#include "attack/lbfgs.h"
#include "attack/local_search.h"
#include "attack/one_pixel.h"
#include "attack/square.h"

namespace signflip {

std::span<const AttackEntry> catalog() {
  // A local, so that the entries of the other files are there whatever the order of start-up.
  static const AttackEntry entries[] = {
      kFgsm,     kBim, kMim,   kPgd, kApgdCe, kApgdDlr, kApgdT,       kSquare,   kAutoAttack,
      kDeepFool, kCw,  kLbfgs, kFab, kFabT,   kJsma,    kLocalSearch, kOnePixel,
  };
  return entries;
}

}  // namespace signflip
