// Nets of tutorials that many people have weights of, for state_dicts that come without one.
#pragma once

#include <span>
#include <string_view>

namespace signflip {

struct KnownNet {
  std::string_view name;
  std::string_view architecture;  ///< JSON as in model files, with its input
};

std::span<const KnownNet> known_nets();

}  // namespace signflip
