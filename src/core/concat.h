// Puts a message together from pieces: concat("layer ", i, " has ", n, " units"). One call instead
// of a chain of additions, each of which would cost a temporary and its destructor in the module.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/number.h"

namespace signflip {

/// A piece of text or a number, not owned.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}
  Piece(const std::string& text) : text_(text) {}
  Piece(const char* text) : text_(text) {}
  template <std::floating_point T>
  Piece(T number) : kind_(Kind::real), real_(static_cast<double>(number)) {}
  template <std::signed_integral T>
  Piece(T number)
      : kind_(number < 0 ? Kind::negative : Kind::whole),
        whole_(number < 0 ? 0 - static_cast<std::uint64_t>(number)
                          : static_cast<std::uint64_t>(number)) {}
  template <std::unsigned_integral T>
  Piece(T number) : kind_(Kind::whole), whole_(number) {}

  void append_to(std::string& message) const;

 private:
  enum class Kind { text, whole, negative, real };
  Kind kind_ = Kind::text;
  std::string_view text_ = {};
  std::uint64_t whole_ = 0;
  double real_ = 0;
};

std::string join(std::span<const Piece> pieces);

template <class... Pieces>
std::string concat(const Pieces&... pieces) {
  const Piece list[] = {Piece(pieces)...};
  return join(list);
}

}  // namespace signflip
