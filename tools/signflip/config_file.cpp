#include "config_file.h"

#include <algorithm>
#include <optional>
#include <string_view>

#define TOML_EXCEPTIONS 0
// Malformed text breaks assertions of toml++ 3.3, which then goes on to its error.
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>

#include "cli11.h"
#include "core/nearest_name.h"
#include "core/number.h"
#include "core/visible_text.h"
#include "data/file.h"

namespace signflip::cli {
namespace {

/// The name by which an option stands in a file: "batch-size".
std::string key_of(const CLI::Option& option) {
  return option.get_lnames().empty() ? option.get_name(true) : option.get_lnames()[0];
}

/// Options that decide something about the command line itself.
bool belongs_to_files(const CLI::Option& option) {
  const std::string key = key_of(option);
  return key != "help" && key != "config" && key != "print-config";
}

const CLI::Option* find_option(const CLI::App& command, std::string_view key) {
  for (const CLI::Option* const option : command.get_options()) {
    const auto& names = option->get_lnames();
    if (!belongs_to_files(*option)) continue;
    if (key_of(*option) == key || std::ranges::find(names, key) != names.end()) return option;
  }
  return nullptr;
}

/// A value as it would be typed; nothing for dates, lists and tables.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* const text = node.as_string()) return text->get();
  if (const auto* const whole = node.as_integer()) return std::to_string(whole->get());
  if (const auto* const real = node.as_floating_point()) return number_text(real->get());
  if (const auto* const flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return {};
}

bool same_value(const std::string& a, const std::string& b) {
  const auto x = parse_number(a), y = parse_number(b);
  return x && y ? *x == *y : a == b;
}

class Reader {
 public:
  Reader(const std::string& file, const CLI::App& command) : file_(file), command_(command) {}

  Status read(const toml::table& table, bool top) {
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      if (top && node.is_table() && find_command(*command_.get_parent(), name) != nullptr) {
        if (name != command_.get_name()) continue;
        const Status read = this->read(*node.as_table(), false);
        if (!read) return read;
        continue;
      }
      const Status taken = take(name, node);
      if (!taken) return taken;
    }
    return {};
  }

  std::vector<Setting> settings;

 private:
  Error wrong(const toml::node& node, const std::string& what) const {
    return {file_ + ", line " + std::to_string(node.source().begin.line) + ": " + what};
  }

  Error unknown(const std::string& key, const toml::node& node) const {
    std::vector<std::string> known;
    for (const CLI::Option* const option : command_.get_options()) {
      if (belongs_to_files(*option)) known.push_back(key_of(*option));
    }
    const std::vector<std::string_view> views(known.begin(), known.end());
    return wrong(node,
                 command_.get_name() + " has no option '" + key + "'" + did_you_mean(key, views));
  }

  Status take(const std::string& key, const toml::node& node) {
    const CLI::Option* const option = find_option(command_, key);
    if (option == nullptr) return unknown(key, node);
    for (const Setting& other : settings) {
      if (other.option == option) return wrong(node, key + " is there twice");
    }
    std::vector<std::string> values;
    if (const toml::array* const list = node.as_array()) {
      for (const toml::node& item : *list) {
        const auto text = text_of(item);
        if (!text) return wrong(item, key + " has a list, date or table in it, expected values");
        values.push_back(*text);
      }
      if (values.empty()) return wrong(node, key + " is an empty list, expected values");
      if (option->get_items_expected_max() <= 1) values = {CLI::detail::join(values, ",")};
    } else if (const auto text = text_of(node)) {
      values.push_back(*text);
    } else {
      return wrong(node, key + " is a date or a table, expected a value");
    }
    if (std::ranges::find(values, "") != values.end()) {
      return wrong(node, key + " wants a value, not \"\"");
    }
    if (option->get_items_expected_max() == 0) {
      if (!node.is_boolean()) {
        return wrong(node, key + " is " + values[0] + ", expected true or false");
      }
      if (values[0] == "false") return {};
    } else if (values.size() == 1 && same_value(values[0], option->get_default_str())) {
      return {};
    }
    settings.push_back({option, std::move(values)});
    return {};
  }

  const std::string& file_;
  const CLI::App& command_;
};

/// A value in TOML: bare where it is one of its numbers, else in quotes.
std::string toml_value(const CLI::Option& option, const std::string& text) {
  const bool is_text = option.get_type_name().starts_with("TEXT");
  const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
  constexpr std::size_t kMostDigits = 18;  // of a whole number that TOML's 64 bits hold
  if (option.get_type_name() == "BOOL" && (text == "true" || text == "false")) return text;
  const bool plain =
      digits.size() <= kMostDigits && parse_decimal(text) && digits[0] >= '0' && digits[0] <= '9' &&
      !(digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') &&
      digits.find(".e") == std::string_view::npos && !digits.ends_with('.');
  if (plain && !is_text) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(code));
      quoted += escape;
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  const auto any = [](const CLI::App*) { return true; };
  for (const CLI::App* const command : app.get_subcommands(any)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

Result<std::vector<Setting>> read_config(const std::string& file, const CLI::App& command) {
  const auto bytes = read_file(file, kMaxTextBytes);
  if (!bytes) return Error{"--config: " + bytes.error().message};
  const auto parsed = toml::parse(
      std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()), file);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    return Error{file + ", line " + std::to_string(at.line) + ", column " +
                 std::to_string(at.column) +
                 " is not TOML: " + std::string(parsed.error().description())};
  }
  Reader reader(file, command);
  const Status read = reader.read(parsed.table(), true);
  if (!read) return read.error();
  return std::move(reader.settings);
}

Result<std::string> config_text(const CLI::App& command) {
  std::string text = "# signflip " + command.get_name() + " --config FILE\n";
  for (const CLI::Option* const option : command.get_options()) {
    if (!belongs_to_files(*option)) continue;
    const std::string key = key_of(*option);
    const bool given = option->count() > 0;
    if (option->get_items_expected_max() == 0) {
      text += key + " = " + (given ? "true" : "false") + "\n";
      continue;
    }
    if (!given && option->get_default_str().empty()) {
      text += "# " + key + " =\n";
      continue;
    }
    std::vector<std::string> values = {option->get_default_str()};
    if (given) values = option->results();
    for (std::string& value : values) {
      std::string written = toml_value(*option, value);
      if (visible_text(written) != written) {
        return Error{option->get_name() + " is " + value +
                     ", which --print-config cannot write: expected text in UTF-8 that is seen"};
      }
      value = std::move(written);
    }
    text += key + " = " +
            (values.size() == 1 ? values[0] : "[" + CLI::detail::join(values, ", ") + "]") + "\n";
  }
  return text;
}

}  // namespace signflip::cli
