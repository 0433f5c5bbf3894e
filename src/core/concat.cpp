// Sentences from pieces.
#include "core/concat.h"

#include "core/exact_text.h"

namespace signflip {

void Piece::append_to(std::string& sentence) const {
  switch (kind_) {
    case Kind::text:
      sentence += text_;
      break;
    case Kind::real: {
      // A value that fits a float most likely was one, and is told from its neighbours by fewer
      // digits.
      const auto narrow = static_cast<float>(real_);
      sentence += static_cast<double>(narrow) == real_ ? exact_text(narrow) : exact_text(real_);
      break;
    }
    case Kind::negative:
      sentence += '-';
      [[fallthrough]];
    case Kind::whole:
      sentence += std::to_string(whole_);
      break;
  }
}

std::string join(std::span<const Piece> pieces) {
  std::string sentence;
  for (const Piece& piece : pieces) piece.append_to(sentence);
  return sentence;
}

}  // namespace signflip
