// "Did you mean …?" for names that are not known.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace signflip {

/// The known name that `name` most likely was meant for: at most one letter in four is wrong,
/// missing, added or swapped with its neighbour, or `name` is its beginning. Empty where there is
/// none.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);

/// "; did you mean X?" for the end of an error, or empty.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

}  // namespace signflip
