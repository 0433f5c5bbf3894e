// Parameters as attacks declare them, and those that several share, so that they are called and
// explained alike.
#pragma once

#include <span>
#include <string_view>

#include "attack/parameters.h"

namespace signflip {

/// The numbers of a parameter; see ParameterSpec.
struct Scale {
  double fallback = 0, minimum = 0, maximum = 1;
  double step = 0, slider = 0;
  bool automatic = false;
};

constexpr ParameterSpec real_parameter(std::string_view name, std::string_view title, Scale scale,
                                       std::string_view help) {
  return {.name = name,
          .title = title,
          .kind = ParameterKind::real,
          .fallback = scale.fallback,
          .minimum = scale.minimum,
          .maximum = scale.maximum,
          .help = help,
          .step = scale.step,
          .slider = scale.slider,
          .automatic = scale.automatic};
}

constexpr ParameterSpec integer_parameter(std::string_view name, std::string_view title,
                                          Scale scale, std::string_view help) {
  ParameterSpec spec = real_parameter(name, title, scale, help);
  spec.kind = ParameterKind::integer;
  return spec;
}

constexpr ParameterSpec boolean_parameter(std::string_view name, std::string_view title,
                                          bool fallback, std::string_view help) {
  ParameterSpec spec = real_parameter(name, title, {.fallback = fallback ? 1.0 : 0.0}, help);
  spec.kind = ParameterKind::boolean;
  return spec;
}

/// The first choice is the default.
constexpr ParameterSpec choice_parameter(std::string_view name, std::string_view title,
                                         std::span<const std::string_view> choices,
                                         std::string_view help) {
  ParameterSpec spec =
      real_parameter(name, title, {.maximum = static_cast<double>(choices.size() - 1)}, help);
  spec.kind = ParameterKind::choice;
  spec.choices = choices;
  return spec;
}

inline constexpr std::string_view kNormChoices[] = {"linf", "l2"};

/// Epsilon of attacks that know only L∞.
inline constexpr ParameterSpec kEpsilonLinf = real_parameter(
    "epsilon", "Budget ε", {.fallback = 0.3, .minimum = 0, .maximum = 1, .step = 0.01},
    "how far any pixel may move; 1 is from black to white");

/// Epsilon of attacks that also know L2, whose balls are larger (make_parameters() refuses an
/// epsilon above 1 for L∞).
inline constexpr ParameterSpec kEpsilon = real_parameter(
    "epsilon", "Budget ε",
    {.fallback = 0.3, .minimum = 0, .maximum = 100, .step = 0.01, .slider = 1},
    "how far the image may move in the chosen norm: any pixel (linf) or all together (l2)");

constexpr ParameterSpec norm_parameter(std::span<const std::string_view> choices) {
  return choice_parameter("norm", "Norm", choices, "how the size of the change is measured");
}

inline constexpr ParameterSpec kNorm = norm_parameter(kNormChoices);

/// AttackEntry::random of attacks that never draw, always do, or from their second start on.
inline bool never_random(const Parameters&) { return false; }
inline bool always_random(const Parameters&) { return true; }
inline bool random_after_restart(const Parameters& parameters) {
  return parameters.integer("restarts") > 1;
}

constexpr ParameterSpec steps_parameter(double fallback) {
  return integer_parameter("steps", "Steps",
                           {.fallback = fallback,
                            .minimum = 1,
                            .maximum = 10000,
                            .step = 1,
                            .slider = 2 * fallback > 100 ? 2 * fallback : 100},
                           "how many gradient steps to take");
}

/// What "restarts" is for attacks that start at random.
inline constexpr ParameterSpec kRestarts = integer_parameter(
    "restarts", "Restarts", {.fallback = 1, .minimum = 1, .maximum = 100, .step = 1, .slider = 10},
    "how many random starts to try; each one attacks only the images that survived");

/// How many rivals the targeted forms of APGD and FAB try.
inline constexpr ParameterSpec kTargetClasses =
    integer_parameter("target-classes", "Target classes",
                      {.fallback = 9, .minimum = 1, .maximum = 1000, .step = 1, .slider = 9},
                      "how many of the likeliest wrong classes to aim at, one after the other");

/// The budget of Square, alone or in an ensemble.
inline constexpr ParameterSpec kQueries = integer_parameter(
    "queries", "Queries",
    {.fallback = 5000, .minimum = 1, .maximum = 1000000, .step = 100, .slider = 10000},
    "how many times the model may be asked about one image");

}  // namespace signflip
