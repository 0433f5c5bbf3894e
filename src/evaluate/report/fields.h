// Reads the members of one JSON object with their checks; the first that is not as expected becomes
// the error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "nn/json_view.h"

namespace signflip::report {

/// The first error of a file: later ones are not kept.
using FirstError = std::optional<Error>;

/// The members of an object. A member that is absent or null counts as not given. Values that are
/// not as expected set the error and read as not given.
class Fields {
 public:
  struct Range {
    double minimum, maximum;
  };
  static constexpr Range kFraction{0.0, 1.0};
  /// Far from overflow in sums and differences.
  static constexpr Range kAny{-1e100, 1e100};
  static constexpr Range kNotNegative{0.0, 1e100};

  /// `place` names the object in errors: "r.json: results[2]". `error` must outlive this.
  Fields(JsonView object, std::string place, FirstError& error);

  /// The value of a member that is given, else an invalid view. Of several the last counts.
  JsonView find(std::string_view name) const;
  const std::vector<JsonView::Member>& members() const { return members_; }

  std::string text(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::optional<double> number(std::string_view name, Range range) const;
  std::optional<std::uint64_t> whole(std::string_view name) const;

  /// The same for members that must be there.
  std::string required_text(std::string_view name) const;
  double required_number(std::string_view name, Range range) const;

  /// The place of a member, for errors.
  std::string place_of(std::string_view name) const;
  void complain(std::string_view name, const std::string& expected) const;

 private:
  std::string place_;
  std::vector<JsonView::Member> members_;
  FirstError* error_;
};

/// "r.json: results" → "r.json: results[2]".
std::string indexed(const std::string& place, std::size_t index);

/// A member that is a list of texts; empty where it is not given.
std::vector<std::string> read_names(const Fields& fields, std::string_view name);

/// A scalar as a person would write it: numbers short, strings bare.
std::string scalar_text(JsonView value);

}  // namespace signflip::report
