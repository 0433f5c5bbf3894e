#include "help.h"

#include <sstream>

#include "cli11.h"

namespace signflip::cli {
namespace {

constexpr std::size_t kWidth = 80, kSecondColumn = 28;

/// Words of `text` from column `at` on; further lines begin at column `indent`.
std::string flowed(const std::string& text, std::size_t at, std::size_t indent) {
  std::istringstream words(text);
  std::string word, out;
  bool first = true;
  while (words >> word) {
    const std::size_t width = columns(word);
    if (!first && at + 1 + width > kWidth) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
    } else if (!first) {
      out += ' ';
      ++at;
    }
    out += word;
    at += width;
    first = false;
  }
  return out;
}

/// The values that a check leaves, from CLI11's "{cpu,cuda}" and "INT in [0 - 1024]".
std::string allowed_values(const std::string& type) {
  const std::size_t colon = type.find(':');
  if (colon == std::string::npos) return {};
  std::string rest = type.substr(colon + 1);
  const std::size_t range = rest.find(" in [");
  if (range != std::string::npos) {
    rest = rest.substr(range + 5);
    rest.pop_back();
    rest.replace(rest.find(" - "), 3, " to ");
    return "; " + rest;
  }
  if (rest.front() != '{') return {};
  std::string names;
  for (const char c : rest.substr(1, rest.size() - 2)) names += c == ',' ? ", " : std::string(1, c);
  return "; one of " + names;
}

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    return wrapped(app->get_description()) + "\n";
  }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    if (group == kExplainedBelow) return {};
    return CLI::Formatter::make_group(std::move(group), is_positional, std::move(options));
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    const std::string type = option->get_type_name();
    std::string name = make_option_name(option, is_positional);
    if (option->get_items_expected_max() != 0) {
      if (!is_positional) name += " " + type.substr(0, type.find(':'));
      if (!option->get_default_str().empty()) name += "=" + option->get_default_str();
      if (option->get_required()) name += " REQUIRED";
    }
    std::string text = option->get_description() + allowed_values(type);
    if (text.starts_with("; ")) text = text.substr(2);
    return help_row(name, text);
  }

  std::string make_subcommand(const CLI::App* command) const override {
    return help_row(command->get_name(), command->get_description());
  }
};

}  // namespace

std::size_t columns(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

std::string wrapped(const std::string& text, std::size_t indent) {
  return flowed(text, indent, indent);
}

std::string help_row(const std::string& name, const std::string& text) {
  std::string row = "  " + name;
  const std::size_t width = columns(row);
  if (width + 2 > kSecondColumn) {
    row += "\n" + std::string(kSecondColumn, ' ');
  } else {
    row += std::string(kSecondColumn - width, ' ');
  }
  return row + flowed(text, kSecondColumn, kSecondColumn) + "\n";
}

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

}  // namespace signflip::cli
