#include "core/concat.h"

namespace signflip {

void Piece::append_to(std::string& message) const {
  switch (kind_) {
    case kReal:
      message += number_text(real_);
      break;
    case kSigned:
      message += std::to_string(signed_);
      break;
    case kWhole:
      message += std::to_string(whole_);
      break;
    default:
      message.append(text_, static_cast<std::size_t>(kind_));
  }
}

std::string join(std::span<const Piece> pieces) {
  std::string message;
  for (const Piece& piece : pieces) piece.append_to(message);
  return message;
}

}  // namespace signflip
