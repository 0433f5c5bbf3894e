#include "command_line.h"

#include <algorithm>
#include <string_view>

#include "cli11.h"
#include "config_file.h"
#include "core/nearest_name.h"

namespace signflip::cli {
namespace {

Error unknown_command(const CLI::App& app, const std::string& word) {
  std::string names;
  std::vector<std::string> known;
  for (const CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(command->get_name());
    names += (names.empty() ? "" : ", ") + known.back();
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  return {"there is no command '" + word + "'; known are " + names + did_you_mean(word, views)};
}

Error unknown_option(const CLI::App& command, const std::string& word) {
  std::vector<std::string> known;
  for (const CLI::Option* const option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string nearest = did_you_mean(word, views);
  return {command.get_name() + " has no option " + word +
          (nearest.empty() ? ": signflip " + command.get_name() + " --help lists them" : nearest)};
}

bool asks_for_help(std::string_view word) { return word == "-h" || word == "--help"; }

/// The words behind a command, sorted into options and others.
class Words {
 public:
  explicit Words(CLI::App& command) : command_(command) {}

  Status read(std::span<const std::string> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "--") {
        arguments_ += words.size() - i - 1;
        break;
      }
      if (asks_for_help(word)) {
        help_ = true;
        return {};
      }
      if (word.size() < 2 || word[0] != '-') {
        ++arguments_;
        if (!takes_arguments()) return unexpected(word);
        continue;
      }
      const std::size_t equals = word.find('=');
      const std::string name = word.substr(0, equals);
      const CLI::Option* const option =
          name.starts_with("--") ? command_.get_option_no_throw(name) : nullptr;
      if (option == nullptr) return unknown_option(command_, name);
      const bool given = std::ranges::find(given_, option) != given_.end();
      if (given && option->get_items_expected_max() <= 1) {
        return Error{name + " was given twice"};
      }
      given_.push_back(option);
      if (option->get_items_expected_max() == 0) continue;  // a flag
      if (equals == std::string::npos) ++i;
      const bool several = option->get_items_expected_max() > 1 && option->get_allow_extra_args();
      while (several && i + 1 < words.size() && !words[i + 1].starts_with("--")) ++i;
      if (i < words.size() && name == "--config") {
        config_ = equals == std::string::npos ? words[i] : word.substr(equals + 1);
      }
    }
    return {};
  }

  bool has(const CLI::Option* option) const {
    return std::ranges::find(given_, option) != given_.end() ||
           (option->get_positional() && arguments_ > 0);
  }
  bool help() const { return help_; }
  const std::string& config() const { return config_; }

 private:
  bool takes_arguments() const {
    return std::ranges::any_of(command_.get_options(),
                               [](const CLI::Option* option) { return option->get_positional(); });
  }
  Error unexpected(const std::string& word) const {
    return {command_.get_name() + " has no place for '" + word +
            "': the names of options begin with --"};
  }

  CLI::App& command_;
  std::vector<const CLI::Option*> given_;
  std::size_t arguments_ = 0;
  std::string config_;
  bool help_ = false;
};

/// Adds what the file says and the command line does not.
Status add_file(CommandLine& line, const Words& words) {
  line.config = words.config();
  const auto settings = read_config(line.config, *line.command);
  if (!settings) return settings.error();
  std::vector<std::string> behind;
  for (const Setting& setting : *settings) {
    if (words.has(setting.option)) continue;
    line.from_file.push_back(setting.option->get_name());
    for (const std::string& value : setting.values) {
      const auto& names = setting.option->get_lnames();
      if (names.empty()) {
        behind.push_back(value);
      } else if (setting.option->get_items_expected_max() == 0) {
        line.arguments.push_back("--" + names[0]);
      } else {
        line.arguments.push_back("--" + names[0] + "=" + value);
      }
    }
  }
  if (!behind.empty()) {
    line.arguments.emplace_back("--");
    std::ranges::move(behind, std::back_inserter(line.arguments));
  }
  return {};
}

}  // namespace

void add_config_options(CLI::App& app) {
  for (CLI::App* const command : app.get_subcommands({})) {
    command
        ->add_option("--config",
                     "TOML file with options by their names, as batch-size = 64; "
                     "the command line precedes it")
        ->type_name("FILE");
    command->add_flag("--print-config")
        ->description("print all options as such a file and do nothing else");
  }
}

Result<CommandLine> read_command_line(CLI::App& app, std::span<const char* const> arguments) {
  CommandLine line;
  line.arguments.assign(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (line.arguments.empty() || line.arguments[0].starts_with("-")) return line;
  const std::string& name = line.arguments[0];
  if (find_command(app, name) == nullptr) return unknown_command(app, name);
  line.command = app.get_subcommand(name);
  Words words(*line.command);
  const Status read = words.read(std::span<const std::string>(line.arguments).subspan(1));
  if (!read) return read.error();
  if (words.help()) return line;
  line.print_config = words.has(line.command->get_option("--print-config"));
  if (words.config().empty()) return line;
  const Status added = add_file(line, words);
  if (!added) return added.error();
  return line;
}

Error name_file(const CommandLine& line, const Error& error) {
  const std::string& message = error.message;
  for (const std::string& option : line.from_file) {
    if (message.starts_with(option) && !message.substr(option.size()).starts_with("-")) {
      return {line.config + ": " + message};
    }
  }
  return error;
}

}  // namespace signflip::cli
