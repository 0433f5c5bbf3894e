// A reader of JSON: checks a text once, then returns views into it. Not a writer: nlohmann-json
// (json.h) writes. Reading by nlohmann-json would be a fifth of the WASM module's bytes: only
// native code does that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip {

/// One value inside a text that must outlive it. Text that is not JSON, or nested deeper than
/// kMaximumDepth, is an invalid view: of no kind and without members.
class JsonView {
 public:
  static constexpr int kMaximumDepth = 64;

  JsonView() = default;
  /// The value that the whole text holds.
  explicit JsonView(std::string_view text);

  bool is_object() const { return starts_with('{'); }
  bool is_array() const { return starts_with('['); }
  bool is_string() const { return starts_with('"'); }
  bool is_null() const { return starts_with('n'); }
  bool is_number() const {
    return !text_.empty() && (text_[0] == '-' || (text_[0] >= '0' && text_[0] <= '9'));
  }

  /// The member of that name; invalid where there is none. The last one if there are several.
  JsonView operator[](std::string_view name) const;
  bool contains(std::string_view name) const { return (*this)[name].valid(); }
  bool valid() const { return !text_.empty(); }

  struct Member;
  std::vector<Member> members() const;
  std::vector<JsonView> items() const;

  /// The value of true and false.
  std::optional<bool> boolean() const;
  /// The value of a number.
  double number() const;
  /// The value of a number that is whole, not negative and below 2^53.
  std::optional<std::uint64_t> whole() const;
  /// The value of a string.
  std::string string() const;

  /// The value as it stands in the text, without blanks and cut to 40 bytes, for messages.
  std::string shown() const;

 private:
  bool starts_with(char c) const { return !text_.empty() && text_[0] == c; }

  std::string_view text_;  // one value, no blanks around it
};

/// An error where the object has a key that is not among these, or one of them twice: what a file
/// asks for and this program does not do must not be passed over. `what` is the object's name.
Status check_keys(std::string_view what, const JsonView& object,
                  const std::vector<std::string_view>& known);

struct JsonView::Member {
  std::string name;
  JsonView value;
};

}  // namespace signflip
