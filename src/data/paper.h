// What a photograph of a written digit has beside ink: uneven light, and things that reach in from
// the edge. Grey pictures only.
#pragma once

#include "data/image.h"

namespace signflip {

/// The square grey picture with its paper made even; unchanged where the paper's brightness varies
/// by fewer than kEvenPaper of 255 grey levels, or nothing would stand out from it any more. The
/// paper is what a grey-scale closing leaves of dark ink on it, an opening of light ink on a board,
/// with a window of a third of the side: wider than strokes are (Serra 1982). Shadows multiply, so
/// the picture is divided by its paper; glare adds, so a board is subtracted. Which of the two it
/// is, is what leaves the smoother paper.
Picture with_even_paper(const Picture& grey);

inline constexpr int kEvenPaper = 40;

/// Ink (128 and more) that is connected with the picture's edge becomes black where that leaves at
/// least half of the ink: a corner in shadow, the edge of the table, but not a digit that fills the
/// picture.
void blank_what_comes_from_outside(Picture& ink);

}  // namespace signflip
