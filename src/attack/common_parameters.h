// Parameters that several attacks share, so that they are called and explained alike.
#pragma once

#include <string_view>

#include "attack/parameters.h"

namespace signflip {

inline constexpr std::string_view kNormChoices[] = {"linf", "l2"};

/// Epsilon of attacks that know only L∞.
inline constexpr ParameterSpec kEpsilonLinf{
    .name = "epsilon",
    .title = "Budget ε",
    .kind = ParameterKind::real,
    .fallback = 0.3,
    .minimum = 0,
    .maximum = 1,
    .help = "how far any pixel may move; 1 is from black to white",
    .step = 0.01};

/// Epsilon of attacks that also know L2, whose balls are larger (make_parameters() refuses an
/// epsilon above 1 for L∞).
inline constexpr ParameterSpec kEpsilon{
    .name = "epsilon",
    .title = "Budget ε",
    .kind = ParameterKind::real,
    .fallback = 0.3,
    .minimum = 0,
    .maximum = 100,
    .help = "how far the image may move in the chosen norm: any pixel (linf) or all together (l2)",
    .step = 0.01,
    .slider = 1};

inline constexpr ParameterSpec kNorm{.name = "norm",
                                     .title = "Norm",
                                     .kind = ParameterKind::choice,
                                     .fallback = 0,
                                     .minimum = 0,
                                     .maximum = 1,
                                     .choices = kNormChoices,
                                     .help = "how the size of the change is measured"};

constexpr ParameterSpec steps_parameter(double fallback) {
  return {.name = "steps",
          .title = "Steps",
          .kind = ParameterKind::integer,
          .fallback = fallback,
          .minimum = 1,
          .maximum = 10000,
          .help = "how many gradient steps to take",
          .step = 1,
          .slider = 2 * fallback > 100 ? 2 * fallback : 100};
}

/// What "restarts" is for attacks that start at random.
inline constexpr ParameterSpec kRestarts{
    .name = "restarts",
    .title = "Restarts",
    .kind = ParameterKind::integer,
    .fallback = 1,
    .minimum = 1,
    .maximum = 100,
    .help = "how many random starts to try; each one attacks only the images that survived",
    .step = 1,
    .slider = 10};

/// How many rivals the targeted forms of APGD and FAB try.
inline constexpr ParameterSpec kTargetClasses{
    .name = "target-classes",
    .title = "Target classes",
    .kind = ParameterKind::integer,
    .fallback = 9,
    .minimum = 1,
    .maximum = 1000,
    .help = "how many of the likeliest wrong classes to aim at, one after the other",
    .step = 1,
    .slider = 9};

/// The budget of Square, alone or in an ensemble.
inline constexpr ParameterSpec kQueries{
    .name = "queries",
    .title = "Queries",
    .kind = ParameterKind::integer,
    .fallback = 5000,
    .minimum = 1,
    .maximum = 1000000,
    .help = "how many times the model may be asked about one image",
    .step = 100,
    .slider = 10000};

}  // namespace signflip
