// nlohmann-json without exceptions, so that the same code runs as WASM. Text that is not JSON gives
// a discarded value, which is not an object, an array or anything else. So does text nested deeper
// than kMaximumJsonDepth, because the library copies and prints by recursion.
#pragma once

#define JSON_NOEXCEPTION 1
#define JSON_USE_IMPLICIT_CONVERSIONS 0
#include <nlohmann/json.hpp>
#include <string_view>

namespace signflip {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr int kMaximumJsonDepth = 64;

/// How deep the brackets of `text` nest; those inside strings do not count.
inline int json_depth(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest) deepest = depth;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

/// The value that `text` holds, or a discarded value.
inline Json parse_json(std::string_view text) {
  if (json_depth(text) > kMaximumJsonDepth) return Json(Json::value_t::discarded);
  return Json::parse(text.begin(), text.end(), nullptr, false);
}

}  // namespace signflip
