// The one-pixel attack (Su, Vargas and Sakurai 2017/2019, arXiv:1710.08864): differential evolution
// over where a pixel is and what colour it gets. Black box.
#pragma once

#include "attack/catalog.h"

namespace signflip {

/// L0: at most `pixels` positions change, whatever it takes there. A candidate is, for each of its
/// pixels, a row, a column and a colour (C values), all real numbers. The first generation is
/// uniform over positions and normal over colours (mean: the middle of the box, deviation: half its
/// width, the paper's N(128,127)). Each generation, every candidate i faces one child
/// x_r1 + factor·(x_r2 − x_r3), with r1, r2, r3 different candidates other than i, no crossover,
/// clipped to the image and the box; the one nearer to the goal stays. Nearness is the log odds of
/// the label (falling) or of the target (rising), which order candidates as the paper's
/// probabilities do but never round to 0 or 1. Of candidates with the same position twice the later
/// colour counts.
///
/// It ends with the first candidate that reaches the goal. Without success the result is the best
/// candidate of all, or the clean image where that is no worse.
///
/// pixels: default 1, 1 to 5. generations: default 100, 0 to 10000. population: default 400, 4 to
/// 10000. factor: default 0.5, 0 to 2.
///
/// Cost: at most 1 + population·(generations + 1) queries.
extern const AttackEntry kOnePixel;

}  // namespace signflip
