// How a command says which options it has. What parses them is CLI11, which only the sources that
// include cli11.h see; a command is compiled without it.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>

#include "core/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace signflip::cli {

/// An option of a command, while it is described.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  Option required() const;
  /// What the variable holds now stands in the help, and counts in --config as not given.
  Option shows_default() const;
  Option default_text(const std::string& text) const;
  Option one_of(std::initializer_list<const char*> values) const;
  Option one_of(std::initializer_list<int> values) const;
  Option between(int least, int most) const;
  /// What the help calls its value; NUMBER and NUMBERS are checked as option_values.h says.
  Option type_name(const std::string& name) const;
  /// Several values in one word.
  Option separated_by(char delimiter) const;
  /// One value each time that it is given.
  Option takes_one_each() const;
  /// The command's footer explains it (help.h).
  Option explained_below() const;

 private:
  CLI::Option* option_;
};

/// The program or one of its commands: a name for what CLI11 holds, copied freely.
class Command {
 public:
  Command() = default;
  explicit Command(CLI::App& app) : app_(&app) {}

  /// A command with examples at the end of its help.
  Command add_command(const std::string& name, const std::string& description,
                      const std::string& example) const;
  /// Names such as "--out", or "files" for a place; the value is read into `value`, which must live
  /// as long. For the types that options.cpp lists.
  template <class Value>
  Option add_option(const std::string& names, Value& value, const std::string& help = {}) const;
  Option add_flag(const std::string& names, bool& value, const std::string& help) const;
  /// An option whose text `read` takes; its error is the command line's.
  Option add_text_option(const std::string& names, std::function<Status(const std::string&)> read,
                         const std::string& help) const;
  /// Text in front of the footer, and a blank line.
  void begin_footer(const std::string& text) const;
  /// What happens once the command line is read and names this command.
  void when_given(std::function<void()> act) const;

  /// Whether the command line, or its --config, gave this option.
  bool has(const std::string& option) const;

 private:
  CLI::App* app_ = nullptr;
};

}  // namespace signflip::cli
