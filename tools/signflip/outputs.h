// Files that a command will write, checked before work starts: one rule for all commands.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace signflip::cli {

/// A file that an option names; an empty one is none.
struct Output {
  std::string option, file;
  /// The endings of formats that it can have, in lower case; capitals mean the same.
  std::vector<std::string_view> endings;
  /// Whether it must have one of them. Else only endings of other formats are refused.
  bool strict = false;
  /// Whether "-" means stdout; else it is refused.
  bool on_stdout = false;
};

/// A file that an option names and that is read.
struct Input {
  std::string option, file;
};

Output json_output(const std::string& file);

/// An error where an output is "-" and cannot be on stdout, where its folder is missing or cannot
/// be written to, where its ending is that of another format, or where it is also another output or
/// an input. What is not a regular file (/dev/null, a pipe) may have any name.
Status check_outputs(std::span<const Output> outputs, std::span<const Input> inputs = {});

/// Makes the folder that an option names where it is missing; the folder around it must be there.
Status prepare_folder(const std::string& option, const std::string& folder);

/// Whether `file` ends in `ending`, in capitals or not.
bool has_ending(const std::string& file, std::string_view ending);

}  // namespace signflip::cli
