// How errors write shapes: 60000×28×28.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace signflip {

inline std::string shape_text(std::span<const std::size_t> shape) {
  std::string text;
  for (const std::size_t dimension : shape) {
    text += (text.empty() ? "" : "×") + std::to_string(dimension);
  }
  return text.empty() ? "()" : text;
}

}  // namespace signflip
