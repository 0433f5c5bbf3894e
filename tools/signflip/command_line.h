// The names on the command line: which command, which of its options, and those that --config adds.
// Names that are not known are refused here, with the nearest known one; CLI11 parses the values.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "options.h"

namespace signflip::cli {

struct CommandLine {
  std::vector<std::string> arguments;  ///< for CLI11, without the program's name
  CLI::App* command = nullptr;         ///< null where none is named
  bool print_config = false;
  std::string config;                  ///< the file of --config, or empty
  std::vector<std::string> from_file;  ///< the options that it set: "--epsilon"
};

/// Adds --config and --print-config to all commands.
void add_config_options(CLI::App& app);

/// Reads `arguments` as main() got them. Options of the command line precede those of --config.
Result<CommandLine> read_command_line(CLI::App& app, std::span<const char* const> arguments);

/// The same error, which names the file where it is about an option that --config set.
Error name_file(const CommandLine& line, const Error& error);

}  // namespace signflip::cli
