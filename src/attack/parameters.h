// What an attack can be told, as data: names, ranges and defaults, from which the command line
// makes options and the page makes controls. Not a parser of whole command lines.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace signflip {

struct AttackEntry;

enum class ParameterKind { real, integer, boolean, choice };

/// One parameter. Booleans are 0 or 1; a choice is an index into `choices`.
struct ParameterSpec {
  std::string_view name;   ///< kebab-case, as on the command line: "step-size"
  std::string_view title;  ///< as a person would say it: "Step size"
  ParameterKind kind = ParameterKind::real;
  double fallback = 0;  ///< the default
  double minimum = 0;
  double maximum = 1;
  std::span<const std::string_view> choices = {};
  std::string_view help = {};
  double step = 0;         ///< a sensible step for a slider; 0: none in particular
  double slider = 0;       ///< where a slider should end, if before `maximum`; 0: at `maximum`
  bool automatic = false;  ///< 0 means "chosen from the others"; `help` says how
};

/// The values for one attack, by name. Defaults where nothing was given. Asking for a name that the
/// attack does not have is a mistake in the program (asserted; 0 in release builds).
class Parameters {
 public:
  Parameters() = default;
  /// The defaults of `specs`, which must outlive this (the catalogue's do).
  explicit Parameters(std::span<const ParameterSpec> specs);

  double real(std::string_view name) const;
  int integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::string_view choice(std::string_view name) const;
  bool has(std::string_view name) const;

  /// Sets one value. Error if the name is unknown or the value is out of range.
  Status set(std::string_view name, double value);
  /// The same from text: a number ("0.3", "1e-2", "8/255"), true/false, or one of the choices.
  Status set_text(std::string_view name, std::string_view text);

  /// All specs and, in the same order, their values.
  std::span<const ParameterSpec> specs() const { return specs_; }
  std::span<const double> values() const { return values_; }
  /// The value as a person would type it: "0.3", "10", "true", "linf".
  std::string text(std::size_t index) const;

 private:
  double value(std::string_view name) const;

  std::span<const ParameterSpec> specs_;
  std::vector<double> values_;
};

/// Text values as typed on a command line or sent from JavaScript, on top of the defaults. Error
/// for unknown names, non-numbers and values out of range: it names the parameter, what was found
/// and what is allowed. With norm "linf" an epsilon above 1 is refused (pixels are in [0,1]).
Result<Parameters> make_parameters(const AttackEntry& attack,
                                   std::span<const std::pair<std::string, std::string>> given);

}  // namespace signflip
