#include "nn/json_place.h"

#include <algorithm>
#include <optional>

#include "nn/json.h"

namespace signflip {
namespace {

/// Takes any value and keeps the position of the first error.
class PlaceOfError : public nlohmann::json_sax<Json> {
 public:
  std::optional<std::size_t> position;  ///< bytes read, the wrong token included
  std::string token;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string& last,
                   const nlohmann::detail::exception&) override {
    position = at;
    token = last;
    return false;
  }
};

}  // namespace

std::string json_error_place(std::string_view text) {
  PlaceOfError place;
  Json::sax_parse(text.begin(), text.end(), &place);
  if (!place.position) return {};
  const std::size_t read = std::clamp<std::size_t>(*place.position, 1, text.size() + 1);
  std::size_t start = read - 1;
  const std::size_t token = read - std::min(place.token.size(), read);
  // A token that is whole is in the wrong place; in another the last character is wrong.
  if (Json::accept(place.token) && text.substr(token).starts_with(place.token)) start = token;
  const std::string_view before = text.substr(0, start);
  const std::size_t line = before.rfind('\n');
  const std::size_t column =
      line == std::string_view::npos ? before.size() : before.size() - line - 1;
  return "line " + std::to_string(std::count(before.begin(), before.end(), '\n') + 1) +
         ", column " + std::to_string(column + 1);
}

}  // namespace signflip
