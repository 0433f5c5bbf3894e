// Text from files and arguments as a terminal or a page may show it: what would move the cursor,
// colour the screen or reverse the reading order is written out. Not HTML (report/markup.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace signflip {

/// `text` with each character that is not seen written as an escape: control characters as \n, \t
/// or \x1B, direction marks and other invisible code points as \u{202E}, bytes that are no UTF-8
/// (RFC 3629) as \xFF. Characters in `kept` stay ("\n" for text of several lines). Zero-width
/// joiners stay: emoji and Persian need them.
std::string visible_text(std::string_view text, std::string_view kept = {});

/// At most `most` bytes of visible_text(text, kept), cut between characters, then "…" and how many
/// bytes the text has.
std::string shortened(std::string_view text, std::size_t most, std::string_view kept = {});

}  // namespace signflip
