// Numbers to and from text, for sentences and small files. Instead of printf and strtod, whose
// long-double arithmetic would be a tenth of the WASM module.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signflip {

/// Ten significant digits at most, as printf's %.10g: "0.3", "10", "1e-08".
std::string number_text(double value);
inline std::string number_text(float value) { return number_text(static_cast<double>(value)); }

/// A decimal number, whole text: "0.3", "-2", "1e-2". Correctly rounded up to 15 digits with a
/// decimal exponent within ±22, else to about 1e-15 relative. Not blanks, "inf", "nan" or
/// hexadecimal; nothing where the value is too large for a double.
std::optional<double> parse_decimal(std::string_view text);

/// A decimal number or a fraction of two: "8/255".
std::optional<double> parse_number(std::string_view text);

}  // namespace signflip
