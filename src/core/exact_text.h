// Numbers in sentences about what is refused: with all the digits that make them wrong.
#pragma once

#include <string>

namespace signflip {

/// The fewest digits that parse_decimal() reads as this value again: "1.0000001" for the float
/// after 1, where number_text() could show a value that is allowed.
std::string exact_text(float value);
std::string exact_text(double value);

}  // namespace signflip
