// Rules that hold for the value of every option of every command, in one place: a value is never
// empty, and a number is written as one and fits its type. CLI11 alone takes an empty value for the
// type's default and lets numbers wrap.
#pragma once

#include <span>

#include "core/result.h"
#include "options.h"

namespace signflip::cli {

/// Adds these rules to all options of all subcommands; call it once all of them are registered.
void check_all_values(CLI::App& app);

/// An error where an argument is `--option=` with nothing behind: CLI11 would take the next
/// argument for the value.
Status check_arguments(std::span<const char* const> arguments);

/// An option that was given without effect: what it needs, or nothing where `effective`.
struct Requirement {
  const char* option;
  bool effective;
  const char* needs;  ///< "--method trades"
};
/// An error for the first option that was given although it has no effect.
Status check_effects(const Command& command, std::span<const Requirement> requirements);

}  // namespace signflip::cli
