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

/// A piece of text or a number, not owned. Two words to fill where it is made, because every
/// message makes several.
class Piece {
 public:
  constexpr Piece(std::string_view text)
      : text_(text.data()), kind_(static_cast<std::int32_t>(text.size())) {}
  Piece(const std::string& text) : Piece(std::string_view(text)) {}
  constexpr Piece(const char* text) : Piece(std::string_view(text)) {}
  template <std::floating_point T>
  Piece(T number) : real_(static_cast<double>(number)), kind_(kReal) {}
  template <std::signed_integral T>
  Piece(T number) : signed_(number), kind_(kSigned) {}
  template <std::unsigned_integral T>
  Piece(T number) : whole_(number), kind_(kWhole) {}

  void append_to(std::string& message) const;

 private:
  static constexpr std::int32_t kReal = -1, kSigned = -2, kWhole = -3;
  union {
    const char* text_;
    std::uint64_t whole_;
    std::int64_t signed_;
    double real_;
  };
  std::int32_t kind_;  ///< of a text: its length
};

std::string join(std::span<const Piece> pieces);

template <class... Pieces>
[[gnu::always_inline]] inline std::string concat(const Pieces&... pieces) {
  const Piece list[] = {Piece(pieces)...};
  return join(list);
}

}  // namespace signflip
