// A picture of pictures in rows and columns, with words below each: images, what an attack changed,
// what became of them.
#pragma once

#include <string>
#include <vector>

#include "core/tensor.h"
#include "data/image.h"

namespace signflip::cli {

struct SheetLine {
  enum class Style { plain, soft, wrong };
  std::string text;
  Style style = Style::plain;
};

/// A picture and at most two lines below it.
struct SheetCell {
  Picture picture;
  std::vector<SheetLine> lines;
};

/// One row of cells below the `titles`, one for each, all pictures of the same size. Pixels are
/// drawn as squares, large enough to see; lines that are too long are cut. At least one row; of
/// more than 50 the number of the others is said.
Picture draw_sheet(const std::vector<std::string>& titles,
                   const std::vector<std::vector<SheetCell>>& rows);

struct AttackSheetRow {
  std::string name;
  Picture clean, adversarial;  ///< of the same size
  std::string before, after;   ///< the classes
  float linf = 0.0F, l2 = 0.0F;
};

/// Row by row: image, perturbation (grey: none; amplified, as its heading says), adversarial image.
/// `attack` is for the heading.
Picture draw_attack_sheet(const std::string& attack, const std::vector<AttackSheetRow>& rows);

/// Image n, values in [0,1], as a picture.
Picture to_picture(const Tensor& images, std::size_t n);

}  // namespace signflip::cli
