// Sentences from pieces.
#include "core/concat.h"

namespace signflip {

void Piece::append_to(std::string& sentence) const {
  switch (kind_) {
    case Kind::text:
      sentence += text_;
      break;
    case Kind::real:
      sentence += number_text(real_);
      break;
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
