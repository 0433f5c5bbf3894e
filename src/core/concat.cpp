#include "core/concat.h"

namespace signflip {

void Piece::append_to(std::string& message) const {
  switch (kind_) {
    case Kind::text:
      message += text_;
      break;
    case Kind::real:
      message += number_text(real_);
      break;
    case Kind::negative:
      message += '-';
      [[fallthrough]];
    case Kind::whole:
      message += std::to_string(whole_);
      break;
  }
}

std::string join(std::span<const Piece> pieces) {
  std::string message;
  for (const Piece& piece : pieces) piece.append_to(message);
  return message;
}

}  // namespace signflip
