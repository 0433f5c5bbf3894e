#include "option_values.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli11.h"
#include "core/number.h"

namespace signflip::cli {
namespace {

std::string wants_a_value(const std::string& option) { return option + " wants a value, not \"\""; }

/// Whether all of `text` is a decimal number that fits `Whole`.
template <class Whole>
bool is_whole(std::string_view text) {
  Whole value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Whether `text` is numbers between commas or colons.
bool is_list_or_range(std::string_view text) {
  while (true) {
    const std::size_t end = text.find_first_of(",:");
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (!parse_number(part)) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

/// What CLI11 reads with strtoull, strtoll and strtold: "010" would be octal, "-1" would wrap,
/// "nan" would pass.
std::string expected_number(std::string_view type, std::string_view text) {
  const bool octal = text.size() > 1 && (text[0] == '0' || text.starts_with("-0"));
  if (type == "UINT" && (octal || !is_whole<std::uint64_t>(text))) {
    return "a whole number from 0 to 18446744073709551615";
  }
  if (type == "INT" && (octal || !is_whole<std::int32_t>(text))) {
    return "a whole number from -2147483648 to 2147483647";
  }
  if (type == "NUMBERS" && !is_list_or_range(text)) {
    return "a number such as 0.3 or 8/255, a list of them or a range";
  }
  if (type == "NUMBER" && !parse_number(text)) return "a number such as 0.3 or 8/255";
  if (type == "FLOAT" && !parse_decimal(text)) return "a number such as 0.3";
  return {};
}

void check_values_of(CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return;  // a flag
  const std::string name = option.get_name();
  const std::string full_type = option.get_type_name();  // "INT:INT in [0 - 1024]"
  const std::string type = full_type.substr(0, full_type.find(':'));
  // Before the option's own checks. Not a ValidationError, whose text CLI11 would put behind the
  // option's name a second time.
  option.transform(CLI::Validator(
      [name, type](std::string& text) -> std::string {
        if (text.empty()) throw CLI::ConversionError(wants_a_value(name));
        const std::string expected = expected_number(type, text);
        if (!expected.empty()) {
          throw CLI::ConversionError(name + " is '" + text + "', expected " + expected);
        }
        return {};
      },
      ""));
}

}  // namespace

void check_all_values(CLI::App& app) {
  for (CLI::App* const command : app.get_subcommands({})) {
    for (CLI::Option* const option : command->get_options()) check_values_of(*option);
  }
}

Status check_arguments(std::span<const char* const> arguments) {
  for (const std::string_view argument : arguments) {
    if (!argument.starts_with("--") || argument.find('=') != argument.size() - 1) continue;
    return Error{wants_a_value(std::string(argument.substr(0, argument.size() - 1)))};
  }
  return {};
}

Status check_effects(const Command& command, std::span<const Requirement> requirements) {
  for (const auto& [option, effective, needs] : requirements) {
    if (effective || !command.has(option)) continue;
    return Error{std::string(option) + " was given, but has an effect only with " + needs};
  }
  return {};
}

}  // namespace signflip::cli
