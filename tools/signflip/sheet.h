// A picture of pictures: images, what an attack changed, and what became of them, with labels.
#pragma once

#include <string>
#include <vector>

#include "data/image.h"

namespace signflip::cli {

struct SheetRow {
  std::string name;
  Picture clean, adversarial;  ///< of the same size
  std::string before, after;   ///< the classes
  float linf = 0.0F, l2 = 0.0F;
};

/// Row by row: image, perturbation (grey: none; amplified, as its heading says), adversarial image.
/// Pixels are drawn as squares, large enough to see. `attack` is for the heading.
Picture draw_sheet(const std::string& attack, const std::vector<SheetRow>& rows);

}  // namespace signflip::cli
