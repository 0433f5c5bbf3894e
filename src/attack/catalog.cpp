// The catalogue: one line per attack.
#include "attack/catalog.h"
#include "attack/methods/apgd.h"
#include "attack/methods/autoattack.h"
#include "attack/methods/cw.h"
#include "attack/methods/deepfool.h"
#include "attack/methods/fab.h"
#include "attack/methods/gradient_steps.h"
#include "attack/methods/jsma.h"
#include "attack/methods/lbfgs.h"
#include "attack/methods/local_search.h"
#include "attack/methods/one_pixel.h"
#include "attack/methods/square.h"

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
