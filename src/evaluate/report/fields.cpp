#include "evaluate/report/fields.h"

#include <cmath>

#include "core/number.h"

namespace signflip::report {
namespace {

std::string range_text(Fields::Range range) {
  if (range.maximum < 1e100) {
    return "a number from " + number_text(range.minimum) + " to " + number_text(range.maximum);
  }
  return range.minimum < 0.0 ? "a finite number" : "a number that is not negative";
}

}  // namespace

Fields::Fields(JsonView object, std::string place, FirstError& error)
    : place_(std::move(place)), members_(object.members()), error_(&error) {
  if (object.is_object() || error) return;
  error = Error{place_ + " is " + (object.valid() ? object.shown() : "missing") +
                ", expected an object"};
}

JsonView Fields::find(std::string_view name) const {
  JsonView found;
  for (const JsonView::Member& member : members_) {
    if (member.name == name) found = member.value;
  }
  return found.is_null() ? JsonView() : found;
}

std::string Fields::place_of(std::string_view name) const {
  // "r.json" and "r.json line 2" are files, "r.json: results[2]" a value in one.
  return place_ + (place_.find(": ") == std::string::npos ? ": " : ".") + std::string(name);
}

void Fields::complain(std::string_view name, const std::string& expected) const {
  if (*error_) return;
  const JsonView value = find(name);
  *error_ = Error{place_of(name) + " is " + (value.valid() ? value.shown() : "missing") +
                  ", expected " + expected};
}

std::string Fields::text(std::string_view name) const {
  const JsonView value = find(name);
  if (value.valid() && !value.is_string()) complain(name, "a text");
  return value.string();
}

bool Fields::flag(std::string_view name) const {
  const JsonView value = find(name);
  const std::string shown = value.shown();
  if (value.valid() && shown != "true" && shown != "false") complain(name, "true or false");
  return shown == "true";
}

std::optional<double> Fields::number(std::string_view name, Range range) const {
  const JsonView value = find(name);
  if (!value.valid()) return {};
  const double number = value.number();
  if (value.is_number() && number >= range.minimum && number <= range.maximum) return number;
  complain(name, range_text(range));
  return {};
}

std::optional<std::uint64_t> Fields::whole(std::string_view name) const {
  const JsonView value = find(name);
  const auto number = value.whole();
  if (value.valid() && !number) complain(name, "a whole number that is not negative");
  return number;
}

std::string Fields::required_text(std::string_view name) const {
  if (!find(name).valid()) complain(name, "a text");
  return text(name);
}

double Fields::required_number(std::string_view name, Range range) const {
  if (!find(name).valid()) complain(name, range_text(range));
  return number(name, range).value_or(0.0);
}

std::string indexed(const std::string& place, std::size_t index) {
  return place + "[" + std::to_string(index) + "]";
}

std::vector<std::string> read_names(const Fields& fields, std::string_view name) {
  std::vector<std::string> names;
  const JsonView value = fields.find(name);
  for (const JsonView item : value.items()) names.push_back(item.string());
  if (value.valid() && !value.is_array()) fields.complain(name, "a list of names");
  return names;
}

std::string scalar_text(JsonView value) {
  if (value.is_string()) return value.string();
  if (value.is_number() && std::isfinite(value.number())) return number_text(value.number());
  return value.shown();
}

}  // namespace signflip::report
