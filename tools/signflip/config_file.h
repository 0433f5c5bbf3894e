// The file of --config: TOML whose keys are the names of a command's options.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "options.h"

namespace signflip::cli {

/// The subcommand of that name, or null.
const CLI::App* find_command(const CLI::App& app, const std::string& name);

/// What a file says of one option: one value, or several where the option takes several.
struct Setting {
  const CLI::Option* option = nullptr;
  std::vector<std::string> values;
};

/// Reads `file` for `command`. Keys stand at the top level or in a table with the command's name;
/// tables of other commands are passed over. A list is joined with commas where the option takes
/// one value. A value that is the option's default is as good as none and left out, and so is a
/// flag that is false. Errors name file, line and key.
Result<std::vector<Setting>> read_config(const std::string& file, const CLI::App& command);

/// A file that read_config() reads as the options that `command` was given. Options without a value
/// stand in comments. An error where a value has bytes that are no UTF-8, which TOML has no place
/// for, or characters that a terminal does not show.
Result<std::string> config_text(const CLI::App& command);

}  // namespace signflip::cli
