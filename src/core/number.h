// Numbers to and from text, for messages and small files. Instead of printf and strtod, whose
// long-double arithmetic would be a tenth of the WASM module.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace signflip {

/// The fewest digits that parse_decimal() reads as this value again, so that a message shows what
/// makes a value wrong: "0.3", "10", "1e-08", "1.0000000000000002". A value that fits a float most
/// likely was one, and is told from its neighbours by fewer digits: "1.0000001".
std::string number_text(double value);

/// A decimal number, whole text: "0.3", "-2", "1e-2". Correctly rounded up to 15 digits with a
/// decimal exponent within ±22, else to about 1e-15 relative. Not blanks, "inf", "nan" or
/// hexadecimal; nothing where the value is too large for a double.
std::optional<double> parse_decimal(std::string_view text);

/// A whole number, digits alone: "14", "00014". Nothing where an int does not hold it.
std::optional<int> parse_whole(std::string_view text);

/// Whether these are "0", "1", "2", …: what classes are called that have no names.
bool are_plain_numbers(std::span<const std::string> names);

/// A decimal number or a fraction of two: "8/255".
std::optional<double> parse_number(std::string_view text);

}  // namespace signflip
