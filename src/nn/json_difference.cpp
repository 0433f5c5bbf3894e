#include "nn/json_difference.h"

#include <set>

namespace signflip {
namespace {

std::string difference(const Json& found, const Json& expected, const std::string& place) {
  if (found == expected) return {};
  if (found.is_object() && expected.is_object()) {
    std::set<std::string> keys;
    for (const auto& [key, value] : found.items()) keys.insert(key);
    for (const auto& [key, value] : expected.items()) keys.insert(key);
    for (const std::string& key : keys) {
      const std::string inner = place.empty() ? key : place + "." + key;
      if (!found.contains(key))
        return "it has no " + inner + ", this run has " + expected[key].dump();
      if (!expected.contains(key))
        return "it has " + inner + " " + found[key].dump() + ", this run has none";
      const std::string text = difference(found[key], expected[key], inner);
      if (!text.empty()) return text;
    }
  }
  if (found.is_array() && expected.is_array()) {
    if (found.size() != expected.size()) {
      return "its " + place + " are " + std::to_string(found.size()) + ", this run's " +
             std::to_string(expected.size());
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::string text =
          difference(found[i], expected[i], place + "[" + std::to_string(i) + "]");
      if (!text.empty()) return text;
    }
  }
  return "its " + place + " is " + found.dump() + ", this run's is " + expected.dump();
}

}  // namespace

std::string first_difference(const Json& found, const Json& expected) {
  return difference(found, expected, "");
}

}  // namespace signflip
