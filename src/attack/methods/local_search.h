// Greedy local search (Narodytska and Kasiviswanathan 2016, arXiv:1612.06299, Algorithm
// LocSearchAdv): a black-box attack that probes single pixels and changes the most telling ones.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// L0 small, counted in positions. In rounds: each candidate position is probed alone, the `pixels`
/// whose probes bring the goal nearest are changed, and the positions around them (squares of
/// half-width `radius`) are the candidates of the next round. The first candidates are a random
/// tenth of the image (rounded up). A changed position is no candidate for the next `rest` rounds.
///
/// On pixels that lie around 0, as the paper's do: v = (x − middle of the box) / width of the box,
/// from −½ to ½. A probe sets all channels of a position to v' = probe·sign(v); a change sets them
/// to factor·v, less or plus 1 where that is outside −½ … ½ (the paper's Cyclic), so that with the
/// default black becomes three quarters white.
///
/// probe (the paper's p): from −100 to 100. Beyond ±½ the model is asked about images outside the
/// box, as in the paper; within, never. What comes out is always in the box. The default, −0.5,
/// flips black and white, which is where the change goes too; the paper's positive values push
/// black pixels blacker (of 20 digits on our standard MNIST net all fall at −0.5, with 14 pixels on
/// average, but 15 at 10, with 207). factor (r): default 1.5, 0 to 2. radius (d): default 5, 0 to
/// 100. pixels (t): default 5, 1 to 1000. rounds (R): default 150, 1 to 10000. rest: default 30, 0
/// to 10000. At most pixels·rounds positions change.
///
/// Where the paper is silent or differs: probes are ordered by the log odds of the label, which
/// order them as its probability does but do not round to 0 or 1, hence the probe need not be
/// adapted during the search; ties go to the first position; where all candidates rest, a random
/// tenth of the others follows; k-misclassification only for k = 1; with a target, its log odds
/// take the label's place.
///
/// Without success the result is the best round's image (the clean one where none was better).
/// Cost, in queries: 1, and in each round one a candidate (at most (2·radius+1)²·pixels) and 1.
extern const AttackEntry kLocalSearch;

}  // namespace signflip
