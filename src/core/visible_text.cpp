#include "core/visible_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace signflip {
namespace {

/// The length of the UTF-8 sequence that `text` begins with, or 0 where it is none (RFC 3629).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/// The code point of a well-formed sequence.
std::uint32_t code_point(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first;
  std::uint32_t code = first & (0xFFU >> (sequence.size() + 1));
  for (const char c : sequence.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return code;
}

bool is_control(std::uint32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

/// Invisible, or changes how its neighbours are ordered (Unicode's Bidi_Control and friends).
bool is_invisible(std::uint32_t code) {
  constexpr std::uint32_t kRanges[][2] = {{0x061C, 0x061C}, {0x180E, 0x180E}, {0x200B, 0x200B},
                                          {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                                          {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [&](const auto& range) { return code >= range[0] && code <= range[1]; });
}

std::string hexadecimal(std::uint32_t value, std::size_t digits) {
  std::string text;
  for (; value > 0 || text.size() < digits; value >>= 4) {
    text.insert(text.begin(), "0123456789ABCDEF"[value & 15]);
  }
  return text;
}

std::string escaped(std::uint32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\r') return "\\r";
  if (code == '\t') return "\\t";
  if (code < 0x100) return "\\x" + hexadecimal(code, 2);
  return "\\u{" + hexadecimal(code, 4) + "}";
}

/// Calls show(piece) for each character, until that returns false.
template <class Show>
void for_each_character(std::string_view text, std::string_view kept, const Show& show) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(sequence.size());
    const std::uint32_t code =
        length > 0 ? code_point(sequence) : static_cast<unsigned char>(sequence[0]);
    const bool stays = length == 1 && kept.find(sequence[0]) != std::string_view::npos;
    const bool hidden = length == 0 || is_control(code) || is_invisible(code);
    if (!show(hidden && !stays ? escaped(code) : std::string(sequence))) return;
  }
}

}  // namespace

std::string visible_text(std::string_view text, std::string_view kept) {
  std::string result;
  result.reserve(text.size());
  for_each_character(text, kept, [&](const std::string& piece) {
    result += piece;
    return true;
  });
  return result;
}

std::string shortened(std::string_view text, std::size_t most, std::string_view kept) {
  std::string result;
  bool whole = true;
  for_each_character(text, kept, [&](const std::string& piece) {
    whole = result.size() + piece.size() <= most;
    if (whole) result += piece;
    return whole;
  });
  if (whole) return result;
  return result + "… (" + std::to_string(text.size()) + " bytes)";
}

}  // namespace signflip
